#!/usr/bin/env python3
"""Writes resize.safetensors beside this script: what Pillow's antialiased resize(BILINEAR) makes of pictures of some
sizes, cropped to the square in their middle or stretched, at 32x32. Bytes, (height, width, 3).

Needs NumPy, Pillow and safetensors.
"""

from pathlib import Path

import numpy
from PIL import Image
from safetensors.numpy import save_file

SIDE = 32


def picture(height, width):
    """Edges, slopes and noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [(9 * x + 5 * y) % 256, 255 * ((x // 7 + y // 5) % 2), numpy.random.default_rng(0).integers(0, 256, (height, width))]
    return numpy.stack(channels, axis=2).astype(numpy.uint8)


tensors = {}
for height, width in [(67, 45), (40, 99), (9, 13)]:
    pixels = picture(height, width)
    length = min(height, width)
    top, left = (height - length) // 2, (width - length) // 2
    for name, part in [("crop", pixels[top:top + length, left:left + length]), ("stretch", pixels)]:
        resized = Image.fromarray(part).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        tensors[f"{name}_{height}x{width}"] = numpy.asarray(resized)
    tensors[f"in_{height}x{width}"] = pixels
save_file(tensors, Path(__file__).parent / "resize.safetensors")
