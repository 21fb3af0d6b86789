#!/usr/bin/env python3
"""What does each ingredient of recipe fast give? Trains the recipe, shortened, with one of them left out or put in at a time.

    python3 docs/ablation.py DATA OUT [--program ./cifar_engine] [--epochs 6] [--jobs 2] [FLAGS OF TRAIN...]

DATA is the folder of CIFAR-10's binary files. The test images are never read: the last 1,000 images of each training file are
what is measured, in the test file's place, and 45,000 are trained on. Each run has one thread, --jobs of them go on at a time, and
those that OUT holds whole are not run again. All other flags go to every run, such as --widths 32,128,128 for a network of
a quarter of the products; give other flags another OUT. Prints a Markdown table of the runs that are there, in points more or
less than the recipe's; the seeds' rows say how much of that is chance.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RECORD_BYTES, KEPT = 1 + 3072, 9000
RECIPE = "recipe fast"
VARIANTS = {
    RECIPE: [],
    "seed 1": ["--seed", "1"],
    "seed 2": ["--seed", "2"],
    "no stem": ["--stem", "0"],
    "no sums with the input": ["--set", "residual=false"],
    "one block in each stage": ["--blocks", "1,1,1"],
    "pool after batch norm": ["--set", "pool-first=false"],
    "three branches from the start": ["--progressive-branches", "none"],
    "three branches for the last quarter": ["--progressive-branches", "0:1,0.75:3"],
    "no open-attention": ["--initialise", "dirac,whitening"],
    "no dirac": ["--initialise", "open-attention,whitening"],
    "no whitening": ["--initialise", "open-attention,dirac"],
    "none of the three beginnings": ["--initialise", "none"],
    "gradient descent, lr 0.2, decay 0.0005, for Muon": [
        "--optimizer", "sgd", "--lr", "0.2", "--weight-decay", "0.0005", "--decay-factors", "bias:0,norm.weight:0"],
    "constant learning rate": ["--schedule", "constant"],
    "lr 0.05, one-cycle": ["--lr", "0.05", "--schedule", "one-cycle"],
    "batch 256": ["--batch-size", "256"],
    "no label smoothing": ["--label-smoothing", "0"],
    "label smoothing 0.2": ["--label-smoothing", "0.2"],
    "translate 4": ["--augment", "translate:4,alternating-flip"],
    "translate 4, cutout 8": ["--augment", "translate:4,alternating-flip,cutout:8"],
    "no translation": ["--augment", "alternating-flip"],
    "flip by chance": ["--augment", "translate:2,flip"],
    "no dropout": ["--dropout", "0"],
    "lookahead 5": ["--lookahead", "5"],
    "ema 0.99": ["--ema", "0.99"],
    "progressive-resizing 0:16,0.4:32": ["--progressive-resizing", "0:16,0.4:32"],
}


def hold_out(data, folder):
    """Writes the five training files without their last records, and those as the test file."""
    folder.mkdir(parents=True, exist_ok=True)
    held_out = b""
    for number in range(1, 6):
        records = (data / f"data_batch_{number}.bin").read_bytes()
        (folder / f"data_batch_{number}.bin").write_bytes(records[:KEPT * RECORD_BYTES])
        held_out += records[KEPT * RECORD_BYTES:]
    (folder / "test_batch.bin").write_bytes(held_out)
    shutil.copy(data / "batches.meta.txt", folder)


def folder_of(out, name):
    return out / "".join(c if c.isalnum() or c in ".-" else "-" for c in name)


def events(run):
    lines = (run / "metrics.jsonl").read_text().splitlines() if (run / "metrics.jsonl").exists() else []
    return [json.loads(line) for line in lines]


def is_whole(run):
    return any(event["event"] == "test" for event in events(run))


def train(args, shared_flags, name, flags):
    run = folder_of(args.out, name)
    if is_whole(run):
        return
    command = [args.program, "train", "--data", args.out / "heldout", "--recipe", "fast", "--validate", "0", "--epochs", args.epochs,
               "--threads", "1", "--workers", "0", "--no-progress", "--overwrite", "--out", run, *shared_flags, *flags]
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    print(f"{name}: {'done' if ended.returncode == 0 else ended.stderr.strip()}", file=sys.stderr, flush=True)


def row(out, name):
    """Accuracy of one view and of six, training accuracy, seconds of an epoch; in per cent and seconds."""
    epochs = [event for event in events(folder_of(out, name)) if event["event"] == "epoch"]
    views = next(event for event in events(folder_of(out, name)) if event["event"] == "test")
    return (100 * epochs[-1]["test_accuracy"], 100 * views["test_accuracy"], 100 * epochs[-1]["train_accuracy"],
            statistics.median(epoch["seconds"] for epoch in epochs))


def print_table(out):
    rows = {name: row(out, name) for name in VARIANTS if is_whole(folder_of(out, name))}
    recipe = rows.get(RECIPE)
    print("| | held-out accuracy | six views | to the recipe | training accuracy | time of an epoch |\n|---|---|---|---|---|---|")
    for name, (one, six, training, seconds) in rows.items():
        gain = f"{six - recipe[1]:+.2f}" if recipe and name != RECIPE else ""
        time = f"{seconds / recipe[3]:.2f}" if recipe else f"{seconds:.0f} s"
        print(f"| {name} | {one:.2f} % | {six:.2f} % | {gain} | {training:.2f} % | {time} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--program", default="./cifar_engine")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    args, shared_flags = parser.parse_known_args()
    hold_out(args.data, args.out / "heldout")
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda variant: train(args, shared_flags, *variant), VARIANTS.items()))
    print_table(args.out)


if __name__ == "__main__":
    main()
