#!/usr/bin/env python3
"""Inference throughput and peak memory: cifar_engine against onnxruntime and PyTorch, on the same cores, in one run.

    python3 bench/peers/inference.py [--widths 32,64,128,256,256 | --checkpoint F.safetensors] [--threads 2] [--rounds 3]

Needs torch, onnx, onnxruntime, numpy and safetensors (pip install). All three hold the same weights and are given the
same batches of the bundled sample, normalised, as floats in their own layout, before the clock starts. onnxruntime runs
the PyTorch twin as torch.onnx exports it. Each has a process of its own, and they take turns; what is compared is the
median over all intervals of all rounds, and the largest resident set of the process. Nothing is reported if their
logits differ.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import measure

TOLERANCE = 1e-4  # of the largest logit


def check_logits(outputs):
    expected = outputs["PyTorch"]["logits"]
    for name, output in outputs.items():
        difference = max(abs(a - b) for a, b in zip(output["logits"], expected))
        if not difference <= TOLERANCE * max(map(abs, expected)):
            sys.exit(f"error: wrong result, {name}'s logits are {difference} from PyTorch's, nothing is compared")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", default=measure.DEFAULT_WIDTHS, help="of a freshly initialised network")
    parser.add_argument("--checkpoint", help="a trained network, instead")
    parser.add_argument("--batch-size", type=int, default=128)
    measure.add_measuring_flags(parser, rounds=3)
    args = parser.parse_args()

    measure.build()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, exported = args.checkpoint, Path(folder) / "network.onnx"
        if checkpoint is None:
            checkpoint = Path(folder) / "network.safetensors"
            measure.save_fresh_network(args.widths, checkpoint)
        measure.export(checkpoint, args.batch_size, exported)
        programs = {"cifar_engine": [*measure.OURS, "--checkpoint", checkpoint],
                    "onnxruntime": [*measure.ONNXRUNTIME, "--checkpoint", exported],
                    "PyTorch": [*measure.PYTORCH, "--checkpoint", checkpoint]}
        rates, memory, outputs = measure.in_turns(
            programs, args.rounds, **{"pass": "inference"}, batch_size=args.batch_size, threads=args.threads,
            intervals=args.intervals, interval_seconds=args.interval_seconds)
    check_logits(outputs)
    print(f"inference, {args.checkpoint or 'widths ' + args.widths}, batch {args.batch_size}, {args.threads} threads, "
          f"waiting {measure.WAIT_POLICY}\n\n"
          "| | images/s | cifar_engine's speed over it | peak memory, MB |\n|---|---|---|---|")
    for name in programs:
        print(f"| {name} | {rates[name]:.0f} | {rates['cifar_engine'] / rates[name]:.2f} | {memory[name]:.0f} |")


if __name__ == "__main__":
    main()
