#!/usr/bin/env python3
"""Draws the bundled sample from CIFAR-10's binary version.

    draw.py FOLDER    the folder that holds data_batch_1.bin to data_batch_5.bin and test_batch.bin

Of each file and class, 50 records are chosen at even distances and written, in their original order, to a file of the
same name beside this script. Nothing is random: the same folder gives the same sample.
"""
import shutil
import sys
from pathlib import Path

RECORD_BYTES = 1 + 3 * 32 * 32
CLASSES = 10
PER_CLASS = 50
FILES = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]


def evenly_spaced(items, count):
    return [items[i * len(items) // count] for i in range(count)]


def draw(content):
    records = [content[i:i + RECORD_BYTES] for i in range(0, len(content), RECORD_BYTES)]
    chosen = []
    for label in range(CLASSES):
        chosen += evenly_spaced([i for i, record in enumerate(records) if record[0] == label], PER_CLASS)
    return b"".join(records[i] for i in sorted(chosen))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source, target = Path(sys.argv[1]), Path(__file__).parent
    for name in FILES:
        (target / name).write_bytes(draw((source / name).read_bytes()))
    shutil.copyfile(source / "batches.meta.txt", target / "batches.meta.txt")


if __name__ == "__main__":
    main()
