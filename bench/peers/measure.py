"""What the scripts of this folder share: processes that are measured in turns, and the data they work on.

A process starts with the largest resident set of the one that made it, so scripts that measure memory must stay small:
what needs torch is left to a process of its own (network_files.py).
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLE = ROOT / "data" / "sample"
DEFAULT_WIDTHS = "32,64,128,256,256"
WIDE_WIDTHS = "64,128,256,512,512"

# Three programs that take the same flags and print the same JSON.
OURS = [ROOT / "cifar_engine", "bench", "network"]
PYTORCH = [sys.executable, HERE / "pytorch.py"]
ONNXRUNTIME = [sys.executable, HERE / "onnx_runtime.py"]

# How threads wait: as each program has it by default, or all alike.
WAIT_POLICY = os.environ.get("OMP_WAIT_POLICY", "as by default")

WARM_UP = 1  # intervals that do not count: first touches of memory, thread pools, kernel selection


def save_fresh_network(widths, path):
    """A network as PyTorch initialises it, from which all programs start: how many branches its relus switch off, and
    so how much work there is, depends on the weights."""
    run([sys.executable, HERE / "network_files.py", "fresh", widths, path])


def export(checkpoint, batch_size, path):
    """The same network as an ONNX file."""
    run([sys.executable, HERE / "network_files.py", "export", checkpoint, str(batch_size), path])


def build():
    """Brings our benchmarks up to date, so that no measured process has to."""
    run([*OURS, "--help"])


def run(command):
    """Standard output and largest resident set (MB) of a process."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(map(str, command))} failed, with status {status}, see its message above")
    return output, usage.ru_maxrss / 1024


def flags(**values):
    return [text for name, value in values.items() for text in (f"--{name.replace('_', '-')}", str(value))]


def in_turns(programs, rounds, **values):
    """Runs each of the programs {name: command}, one after the other, in each round, with the same flags. Returns
    {name: images per second, the median over all intervals of all rounds}, {name: MB} and the last outputs."""
    rates, memory, outputs = {name: [] for name in programs}, {}, {}
    for round_number in range(rounds):
        for name, command in programs.items():
            output, memory[name] = run([*command, *flags(**values)])
            outputs[name] = json.loads(output)
            rates[name] += outputs[name]["images_per_second"][WARM_UP:]
    return {name: statistics.median(values) for name, values in rates.items()}, memory, outputs


def sample_batches(batch_size):
    """All whole batches of the bundled sample: images as the network sees them (N, 3, 32, 32), labels (N)."""
    records = numpy.concatenate([numpy.fromfile(SAMPLE / f"data_batch_{i}.bin", numpy.uint8) for i in range(1, 6)])
    records = records.reshape(-1, 3073)
    mean = numpy.array([0.4914, 0.4822, 0.4465], numpy.float32).reshape(3, 1, 1)
    std = numpy.array([0.2470, 0.2435, 0.2616], numpy.float32).reshape(3, 1, 1)
    images = (records[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255 - mean) / std
    labels = records[:, 0].astype(numpy.int64)
    starts = range(0, len(records) - batch_size + 1, batch_size)
    return [(images[i:i + batch_size], labels[i:i + batch_size]) for i in starts]


def rates(step, batches, intervals, seconds):
    """Images per second of each interval; step(images, labels) is called with one batch after the other. As in
    bench/network_bench.cpp, an interval ends with the first step that ends after `seconds`."""
    measured, number = [], 0
    while len(measured) < intervals:
        begin, images = time.perf_counter(), 0
        while images == 0 or time.perf_counter() - begin < seconds:
            step(*batches[number])
            images += len(batches[number][1])
            number = (number + 1) % len(batches)
        measured.append(images / (time.perf_counter() - begin))
    return measured


def add_network_flags(parser):
    """Those of bench/network_bench.cpp, for the peers."""
    parser.add_argument("--pass", dest="network_pass", choices=["train", "inference"], default="train")
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--intervals", type=int, default=4)
    parser.add_argument("--interval-seconds", type=float, default=1)


def add_measuring_flags(parser, rounds):
    """For the scripts that compare."""
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--intervals", type=int, default=4, help="per round and program; the first does not count")
    parser.add_argument("--interval-seconds", type=float, default=1)
