#!/usr/bin/env python3
"""Training throughput against PyTorch over many widths and batch sizes: is there a shape at which we fall behind?

    python3 bench/peers/no_cliffs.py [--threads 2] [--rounds 2] [--interval-seconds 1]

Needs torch, numpy and safetensors (pip install). Both start from the same weights, as PyTorch initialises them, and take
the same batches of the bundled sample in the same order, normalised before the clock starts, without augmentation. Each
has a process of its own, and they take turns; what is compared is the median over all intervals of all rounds. Prints a
Markdown table; takes some five minutes.
"""

import argparse
import tempfile
from pathlib import Path

import measure

CASES = [(widths, 128) for widths in (measure.DEFAULT_WIDTHS, "30,60,100,200,250", measure.WIDE_WIDTHS)]
CASES += [(measure.DEFAULT_WIDTHS, batch_size) for batch_size in (1, 2, 8, 32, 512)]


def compare(widths, batch_size, args):
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "network.safetensors"
        measure.save_fresh_network(widths, checkpoint)
        rates, memory, _ = measure.in_turns(
            {"ours": measure.OURS, "PyTorch": measure.PYTORCH}, args.rounds, **{"pass": "train"}, checkpoint=checkpoint,
            batch_size=batch_size, threads=args.threads, intervals=args.intervals, interval_seconds=args.interval_seconds)
    print(f"| {widths} | {batch_size} | {rates['ours']:.0f} | {rates['PyTorch']:.0f} | "
          f"{rates['ours'] / rates['PyTorch']:.2f} | {memory['ours'] / memory['PyTorch']:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.add_measuring_flags(parser, rounds=2)
    args = parser.parse_args()
    measure.build()
    print(f"Training, {args.threads} threads, waiting {measure.WAIT_POLICY}.\n\n| widths | batch | cifar_engine, images/s | PyTorch, images/s | speed, ratio "
          "| memory, ratio |\n|---|---|---|---|---|---|", flush=True)
    for widths, batch_size in CASES:
        compare(widths, batch_size, args)


if __name__ == "__main__":
    main()
