#!/usr/bin/env python3
"""Training steps per second and peak memory: cifar_engine against PyTorch, on the same cores, in one run.

    python3 bench/peers/train_step.py [--widths 32,64,128,256,256] [--threads 2] [--rounds 3]

Needs PyTorch and NumPy (pip install torch numpy). Each program trains the same network on the bundled sample, batch 128,
Adam, float32, no augmentation, in a process of its own; they alternate, A B A B, since machines are noisy. What is compared is the
median over all intervals of all rounds; the memory is each process's largest resident set.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
INTERVAL = 5  # steps
WARM_UP = 1  # intervals: first touches of memory, thread pools, kernel selection


def run(command):
    """Standard output and largest resident set (MB) of a process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(map(str, command))} failed, with status {status}, see its message above")
    return output, usage.ru_maxrss / 1024


def ours(args):
    """Images per second of each interval, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        _, memory = run([ROOT / "cifar_engine", "train", "--data", SAMPLE, "--widths", args.widths,
                         "--batch-size", str(args.batch_size), "--max-steps", str(args.steps),
                         "--threads", str(args.threads), "--log-every", str(INTERVAL), "--augment", "none",
                         "--no-progress", "--out", folder, "--overwrite"])
        events = [json.loads(line) for line in open(Path(folder) / "metrics.jsonl")]
    return [event["images_per_second"] for event in events if event["event"] == "step"][WARM_UP:], memory


def torchs(args):
    output, memory = run([sys.executable, __file__, "--as-pytorch", "--widths", args.widths, "--batch-size",
                          str(args.batch_size), "--steps", str(args.steps), "--threads", str(args.threads)])
    return json.loads(output)[WARM_UP:], memory


def train_with_pytorch(args):
    """The same steps in PyTorch; prints the images per second of each interval as JSON."""
    import time

    import numpy
    import torch

    sys.path.insert(0, str(ROOT / "tests" / "vectors"))
    from torch_attention_net import AttentionNet, normalised

    torch.set_num_threads(args.threads)
    records = numpy.concatenate([numpy.fromfile(SAMPLE / f"data_batch_{i}.bin", numpy.uint8) for i in range(1, 6)])
    records = torch.from_numpy(records.reshape(-1, 3073))
    model = AttentionNet(tuple(map(int, args.widths.split(",")))).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=0.0001)
    per_epoch = len(records) // args.batch_size
    rates, begin = [], time.perf_counter()
    for step in range(1, args.steps + 1):
        first = (step - 1) % per_epoch * args.batch_size
        batch = records[first:first + args.batch_size]
        images = normalised(batch[:, 1:].reshape(-1, 3, 32, 32), torch.float32)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), batch[:, 0].long())
        loss.backward()
        optimizer.step()
        loss.item()
        if step % INTERVAL == 0:
            rates.append(INTERVAL * args.batch_size / (time.perf_counter() - begin))
            begin = time.perf_counter()
    print(json.dumps(rates))


def compare(args):
    rates, memory = {"cifar_engine": [], "PyTorch": []}, {}
    for round_number in range(args.rounds):
        for name, measure in [("cifar_engine", ours), ("PyTorch", torchs)]:
            measured, memory[name] = measure(args)
            rates[name] += measured
            print(f"round {round_number + 1}  {name:12}  {statistics.median(measured):7.1f} images/s  "
                  f"{memory[name]:6.0f} MB", flush=True)
    median = {name: statistics.median(values) for name, values in rates.items()}
    print(f"widths {args.widths}, batch {args.batch_size}, {args.threads} threads: "
          f"cifar_engine {median['cifar_engine']:.1f} images/s and {memory['cifar_engine']:.0f} MB, "
          f"PyTorch {median['PyTorch']:.1f} images/s and {memory['PyTorch']:.0f} MB, "
          f"ratio {median['cifar_engine'] / median['PyTorch']:.2f}x the speed, "
          f"{memory['cifar_engine'] / memory['PyTorch']:.2f}x the memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", default="32,64,128,256,256")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30, help="per round and program, a multiple of %d" % INTERVAL)
    parser.add_argument("--as-pytorch", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    train_with_pytorch(args) if args.as_pytorch else compare(args)


if __name__ == "__main__":
    main()
