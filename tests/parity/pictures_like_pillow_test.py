"""Test: predict sees in a file what Pillow sees in it: formats, depths, transparency, and sizes that are brought to 32x32.

pictures_like_pillow_test.py PROGRAM. Each picture is predicted twice, as it is and as the 32x32 PNG that Pillow makes of it. Where
nothing is resized and nothing is lost, the logits are the same to the last bit; where something is resized, they differ by what one step
of rounding in a byte makes. Exit codes: 0 passed, 1 failed, 77 skipped: Pillow or NumPy is not installed.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"


def program(*arguments):
    return subprocess.run([sys.argv[1], *map(str, arguments)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def on_white(image):
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def to_square(image, fit):
    if fit == "crop":
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    return image.resize((32, 32), Image.Resampling.BILINEAR)


def save_all(folder, photo):
    """Writes one picture in all ways; name -> what Pillow sees, and whether our reading is to be the same to the last bit."""
    ramp = Image.linear_gradient("L").resize(photo.size)
    with_alpha = photo.copy()
    with_alpha.putalpha(ramp)
    cut_out = photo.copy()
    cut_out.putalpha(ramp.point(lambda value: 255 if value > 99 else 0))
    deep = numpy.asarray(photo.convert("L"), numpy.uint16) * 257  # 16 bits whose upper 8 are those of the picture
    ways = {
        "rgb.png": photo, "rgb.bmp": photo, "grey.png": photo.convert("L"), "grey.bmp": photo.convert("L"), "two.png": photo.convert("1"),
        "palette.png": photo.quantize(50), "palette.bmp": photo.quantize(50), "alpha.png": with_alpha, "cut_out.png": cut_out,
        "grey_alpha.png": with_alpha.convert("LA"), "deep.png": Image.fromarray(deep), "good.jpg": photo, "grey.jpeg": photo.convert("L"),
        "progressive.jpg": photo, "cmyk.jpg": photo.convert("CMYK")}
    seen = {}
    for name, image in ways.items():
        options = {"quality": 95, "progressive": "progressive" in name} if name.endswith(("jpg", "jpeg")) else {}
        image.save(folder / name, **options)
        source = photo.convert("L") if name == "deep.png" else Image.open(folder / name)
        seen[name] = on_white(source)
    return seen


def logits(checkpoint, folder, fit):
    results = json.loads(program("predict", "--checkpoint", checkpoint, folder, "--top-k", 10, "--fit", fit, "--json"))
    return {pathlib.Path(result["image"]).name: {entry["class"]: entry["logit"] for entry in result["predictions"]}
            for result in results}


def compare(checkpoint, folder, photo, fit):
    (folder / "ours").mkdir(parents=True)
    (folder / "pillow").mkdir()
    seen = save_all(folder / "ours", photo)
    for name, image in seen.items():
        to_square(image, fit).save(folder / "pillow" / f"{name}.png")
    ours, pillow = logits(checkpoint, folder / "ours", fit), logits(checkpoint, folder / "pillow", fit)
    assert ours.keys() == seen.keys()
    scale = max(abs(value) for value in ours["rgb.png"].values())
    for name, values in ours.items():
        difference = max(abs(value - pillow[f"{name}.png"][label]) for label, value in values.items()) / scale
        lossy = name.endswith(("jpg", "jpeg"))
        rounded = "alpha" in name or photo.size != (32, 32)
        bound = 0.05 if lossy else 0.02 if rounded else 0
        assert difference <= bound, (photo.size, fit, name, difference)
    print(f"{photo.size} {fit}: {len(ours)} pictures")


record = numpy.fromfile(SAMPLE / "test_batch.bin", numpy.uint8).reshape(-1, 3073)[3, 1:].reshape(3, 32, 32)
image_32 = Image.fromarray(numpy.ascontiguousarray(record.transpose(1, 2, 0)))
with tempfile.TemporaryDirectory() as temporary:
    top = pathlib.Path(temporary)
    program("train", "--data", SAMPLE, "--widths", "8,8,8", "--hidden", 16, "--epochs", 1, "--out", top / "run", "--no-progress")
    for size in [(32, 32), (90, 61), (200, 300), (20, 25)]:
        for way in ("crop", "stretch"):
            compare(top / "run" / "last.safetensors", top / f"{size}{way}",
                    image_32 if size == (32, 32) else image_32.resize(size, Image.Resampling.BICUBIC), way)
