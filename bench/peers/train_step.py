#!/usr/bin/env python3
"""Training steps per second and peak memory: cifar_engine against PyTorch, on the same cores, in one run.

    python3 bench/peers/train_step.py [--widths 32,64,128,256,256] [--threads 2 | --threads 1,2] [--rounds 3]

Needs PyTorch and NumPy (pip install torch numpy). Each program trains the same network on the bundled sample, batch 128,
Adam, float32, no augmentation, images normalised as they are read, in a process of its own; they alternate, A B A B, since
machines are noisy. What is compared is the median over all intervals of all rounds; the memory is each process's largest
resident set. With several numbers of threads they alternate too, and each program is also compared with itself.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from measure import DEFAULT_WIDTHS, ROOT, SAMPLE, WAIT_POLICY, WARM_UP, run

INTERVAL = 5  # steps


def ours(args, threads):
    """Images per second of each interval, and memory."""
    with tempfile.TemporaryDirectory() as folder:
        _, memory = run([ROOT / "cifar_engine", "train", "--data", SAMPLE, "--widths", args.widths,
                         "--batch-size", str(args.batch_size), "--max-steps", str(args.steps),
                         "--threads", str(threads), "--log-every", str(INTERVAL), "--augment", "none",
                         "--no-progress", "--out", folder, "--overwrite"])
        events = [json.loads(line) for line in open(Path(folder) / "metrics.jsonl")]
    return [event["images_per_second"] for event in events if event["event"] == "step"][WARM_UP:], memory


def torchs(args, threads):
    output, memory = run([sys.executable, __file__, "--as-pytorch", "--widths", args.widths, "--batch-size",
                          str(args.batch_size), "--steps", str(args.steps), "--threads", str(threads)])
    return json.loads(output)[WARM_UP:], memory


def train_with_pytorch(args):
    """The same steps in PyTorch; prints the images per second of each interval as JSON."""
    import time

    import numpy
    import torch

    sys.path.insert(0, str(ROOT / "tests" / "vectors"))
    from torch_attention_net import AttentionNet, normalised

    torch.set_num_threads(args.threads[0])
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
    run([ROOT / "cifar_engine", "--version"])  # builds, so that no measured process has to
    rates, memory = {}, {}
    for round_number in range(args.rounds):
        for threads in args.threads:
            for name, measure in [("cifar_engine", ours), ("PyTorch", torchs)]:
                measured, memory[name, threads] = measure(args, threads)
                rates.setdefault((name, threads), []).extend(measured)
                print(f"round {round_number + 1}  {name:12}  {threads} threads  {statistics.median(measured):7.1f} images/s  "
                      f"{memory[name, threads]:6.0f} MB", flush=True)
    median = {key: statistics.median(values) for key, values in rates.items()}
    for threads in args.threads:
        us, torch = ("cifar_engine", threads), ("PyTorch", threads)
        print(f"widths {args.widths}, batch {args.batch_size}, {threads} threads, waiting {WAIT_POLICY}: "
              f"cifar_engine {median[us]:.1f} images/s and {memory[us]:.0f} MB, "
              f"PyTorch {median[torch]:.1f} images/s and {memory[torch]:.0f} MB, "
              f"ratio {median[us] / median[torch]:.2f}x the speed, {memory[us] / memory[torch]:.2f}x the memory")
    for threads in args.threads[1:]:
        print(f"{threads} threads over {args.threads[0]}: " + ", ".join(
            f"{name} {median[name, threads] / median[name, args.threads[0]]:.2f}x" for name in ("cifar_engine", "PyTorch")))


def thread_counts(text):
    return [int(count) for count in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", default=DEFAULT_WIDTHS)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=thread_counts, default=[2], help="one number, or several: 1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30, help="per round and program, a multiple of %d" % INTERVAL)
    parser.add_argument("--as-pytorch", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    train_with_pytorch(args) if args.as_pytorch else compare(args)


if __name__ == "__main__":
    main()
