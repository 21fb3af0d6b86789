"""Opens the reports of real runs in a headless Chromium, and looks at them as a person would: report_browser_test.py
PROGRAM. Exit code 77, skipped, where there is no Chromium."""
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.dom.minidom

from support import chromium

SKIPPED = 77
SAMPLE = pathlib.Path(__file__).parent.parent / "data" / "sample"

# How well the numbers in coloured cells can be read: the least ratio of luminances, as in WCAG 2.2, 1.4.3.
LEAST_CONTRAST = """(() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const page = parts(getComputedStyle(document.body).backgroundColor);
    const luminance = rgb => rgb.slice(0, 3).map(c => c / 255).map(c => c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    let least = 21;
    for (const cell of document.querySelectorAll('.heat')) {
        const style = getComputedStyle(cell), [r, g, b, alpha = 1] = parts(style.backgroundColor);
        const under = [r, g, b].map((c, i) => alpha * c + (1 - alpha) * page[i]);
        const [low, high] = [luminance(under), luminance(parts(style.color))].sort((a, b) => a - b);
        least = Math.min(least, (high + 0.05) / (low + 0.05));
    }
    return least;
})()"""
TIPS = "[...document.querySelectorAll('.tip')].map(tip => tip.hidden ? '' : tip.textContent)"
PLOT = "(box => [box.x + box.width / 2, box.y + box.height / 2])(document.querySelector('svg.plot').getBoundingClientRect())"


def run(program, *arguments):
    subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=300)


def make_pages(program, folder):
    """A run of two epochs, one that was cut short, and both compared."""
    common = ["--data", SAMPLE, "--hidden", 8, "--threads", 1, "--batch-size", 250, "--log-every", 2, "--epochs", 2]
    run(program, "train", *common, "--widths", "4,6", "--out", folder / "whole")
    run(program, "train", *common, "--widths", "4", "--max-steps", 12, "--validate", 200, "--out", folder / "cut")
    run(program, "report", folder / "whole", folder / "cut", "--out", folder / "compared.html")
    return [folder / "whole" / "report.html", folder / "cut" / "report.html", folder / "compared.html"]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def check_quiet(browser, page):
    check(not browser.complaints, f"the page complains: {browser.complaints}")
    elsewhere = [url for url in browser.requests if not url.startswith("data:") and url != page.resolve().as_uri()]
    check(not elsewhere, f"the page loads {elsewhere}")


def check_layout(browser, width):
    wide = browser.evaluate("document.documentElement.scrollWidth")
    check(wide <= width, f"the page is {wide} pixels wide in a window of {width}")
    broken = browser.evaluate("[...document.images].filter(image => !image.complete || image.naturalWidth === 0).length")
    check(broken == 0, f"{broken} pictures are broken")
    small = browser.evaluate("Math.min(...[...document.querySelectorAll('.plot text')]"
                             ".map(text => text.getBoundingClientRect().height))")
    check(small >= 10, f"text in a chart is {small} pixels high")


def check_colours(browser, dark):
    brightness = browser.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[1]")
    check((brightness < 64) == dark, f"the page's brightness is {brightness}, dark: {dark}")
    contrast = browser.evaluate(LEAST_CONTRAST)
    check(contrast >= 4, f"numbers in coloured cells have a contrast of {contrast:.2f}")


def check_hover(browser, point_at):
    check(not any(browser.evaluate(TIPS)), "values are shown before the pointer is there")
    browser.evaluate("document.querySelector('svg.plot').scrollIntoView({block: 'center'})")
    point_at(*browser.evaluate(PLOT))
    shown = browser.evaluate(TIPS)
    check(re.match(r"epoch \d.*\d\.\d{4}", shown[0]), f"no value is shown: {shown}")
    check(not any(shown[1:]), "values of another chart are shown")
    inside = browser.evaluate("(box => box.left >= 0 && innerWidth >= box.right)"
                              "(document.querySelector('.tip').getBoundingClientRect())")
    check(inside, "the values are shown outside of the window")


def check_page(browser, page):
    for width, dark, phone in ((1100, False, False), (1100, True, False), (390, False, True), (390, True, True)):
        browser.open(page, width=width, dark=dark, phone=phone)
        check_layout(browser, width)
        check_colours(browser, dark)
        check_hover(browser, browser.touch if phone else browser.move_mouse)
        if phone:
            browser.lift_finger()
        else:
            browser.move_mouse(1, 1)
        check(not any(browser.evaluate(TIPS)), "values stay when the pointer has gone")
        check_quiet(browser, page)
    browser.open(page, script=False)
    check(browser.evaluate("document.querySelectorAll('circle > title').length") > 0, "without script nothing tells values")
    check_quiet(browser, page)


def main():
    path = chromium.find()
    if not path:
        print("skipped: there is no Chromium")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder, chromium.Chromium(path) as browser:
        for page in make_pages(sys.argv[1], pathlib.Path(folder)):
            xml.dom.minidom.parse(str(page))
            check_page(browser, page)
            print(f"{page.relative_to(folder)} is as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
