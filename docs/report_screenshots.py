"""Makes the pictures of docs/report.md: report_screenshots.py PROGRAM RUN OTHER_RUN, in docs/report/. Needs Chromium."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))
from support import chromium  # noqa: E402


def main():
    program, *runs = sys.argv[1:]
    pictures = HERE / "report"
    pictures.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium.Chromium(chromium.find()) as browser:
        single, compared = pathlib.Path(folder, "single.html"), pathlib.Path(folder, "compared.html")
        subprocess.run([program, "report", runs[0], "--out", single], check=True)
        subprocess.run([program, "report", *runs, "--out", compared], check=True)
        for name, page, options, height in (("light", single, {}, 1240), ("dark", single, {"dark": True}, 1240),
                                            ("phone", single, {"width": 390, "phone": True}, 1240),
                                            ("compared", compared, {}, None)):
            browser.open(page, **options)
            browser.screenshot(pictures / f"{name}.png", height)


if __name__ == "__main__":
    main()
