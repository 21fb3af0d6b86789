#!/usr/bin/env python3
"""Does the program compute what PyTorch computes? Logits and ten Adam steps, on real images.

    python3 tests/parity/compare_with_pytorch.py --data DIR [--widths 32,64,128,256,256 8,8,16,16,16 ...] [--seeds 0 1]

Needs torch, numpy and safetensors (pip install), and the program built (./cifar_engine does it). For each widths and seed it saves a
fresh PyTorch state_dict with safetensors and compares
  - `eval --logits` with PyTorch's logits on the test images in DIR (batch-norm statistics made non-trivial first): at most 2e-4 apart;
  - `train --init F --no-shuffle --augment none --dropout 0 --batch-size 64 --max-steps 10` with the same ten steps of torch.optim.Adam:
    each loss and each parameter at most 1e-3 apart.

Beside the second stands PyTorch against itself: the same ten steps with its oneDNN kernels switched off, which differ in nothing but
the order of sums. Adam divides each gradient by its own size, so a gradient that is nearly zero turns rounding errors into whole steps,
and batch norm behind branches that are almost always off multiplies what follows: from default-initialised weights at full
width, the difference grows about fiftyfold per step in any implementation. Where PyTorch cannot repeat itself to within the bound, nobody
can be compared with it; the line says so.

Prints the largest differences; exit code 1 if one is over its bound, unless PyTorch's own is too.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "vectors"))
from torch_attention_net import AttentionNet, normalised  # noqa: E402

STEPS, BATCH = 10, 64


def read_records(path, count=None):
    records = torch.from_numpy(numpy.fromfile(path, numpy.uint8).reshape(-1, 3073))[:count]
    return normalised(records[:, 1:].reshape(-1, 3, 32, 32), torch.float32), records[:, 0].long()


def program(*arguments):
    subprocess.run([ROOT / "cifar_engine", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def compare_logits(model, data, folder, images):
    with torch.no_grad():
        for start in range(0, 512, 128):  # moves the running statistics away from 0 and 1
            model.train()(images[start:start + 128])
        expected = torch.cat([model.eval()(part) for part in images.split(500)])
    save_file(model.state_dict(), folder / "model.safetensors")
    program("eval", "--checkpoint", folder / "model.safetensors", "--data", data, "--logits", folder / "logits.npy")
    actual = torch.from_numpy(numpy.load(folder / "logits.npy"))
    return (actual - expected).abs().max().item()


def train_with_pytorch(state, shape, images, labels, onednn):
    """Losses of the ten steps, and the state after them."""
    torch.backends.mkldnn.enabled = onednn
    model = AttentionNet(**shape)
    model.load_state_dict(state)
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=0.0001)
    losses = []
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    torch.backends.mkldnn.enabled = True
    return losses, model.state_dict()


def train_with_program(state, shape, data, folder):
    save_file(state, folder / "init.safetensors")
    program("train", "--data", data, "--init", folder / "init.safetensors", "--widths", ",".join(map(str, shape["widths"])),
            "--hidden", shape["hidden"], "--no-shuffle", "--augment", "none", "--dropout", 0, "--batch-size", BATCH,
            "--max-steps", STEPS, "--log-every", 1, "--out", folder / "run", "--no-progress")
    events = [json.loads(line) for line in open(folder / "run" / "metrics.jsonl")]
    return ([event["loss"] for event in events if event["event"] == "step"],
            load_file(folder / "run" / "last.safetensors"))


def differences(one, other):
    """Largest difference of the losses, and of the parameters (what is trained; running statistics are not)."""
    losses = max(abs(a - b) for a, b in zip(one[0], other[0]))
    parameters = max((one[1][name].double() - value.double()).abs().max().item()
                     for name, value in other[1].items() if "running_" not in name)
    return losses, parameters


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--widths", nargs="+", default=["32,64,128,256,256", "8,8,16,16,16", "30,60,100,200,250", "5,3,7,1,9"])
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    args = parser.parse_args()
    test_images, _ = read_records(args.data / "test_batch.bin")
    train_images, train_labels = read_records(args.data / "data_batch_1.bin", STEPS * BATCH)

    failed = False
    for widths in args.widths:
        for seed in args.seeds:
            torch.manual_seed(seed)
            shape = {"widths": tuple(map(int, widths.split(","))), "hidden": args.hidden, "dropout": 0}
            with tempfile.TemporaryDirectory() as name:
                logits = compare_logits(AttentionNet(**shape), args.data, Path(name), test_images)
                state = AttentionNet(**shape).state_dict()
                expected = train_with_pytorch(state, shape, train_images, train_labels, onednn=True)
                actual = differences(train_with_program(state, shape, args.data, Path(name)), expected)
            own = differences(train_with_pytorch(state, shape, train_images, train_labels, onednn=False), expected)
            over, own_over = not max(actual) <= 1e-3, not max(own) <= 1e-3
            bad = not logits <= 2e-4 or (over and not own_over)
            failed |= bad
            print(f"widths {widths} hidden {args.hidden} seed {seed}: logits {logits:.1e}; losses {actual[0]:.1e}, parameters "
                  f"{actual[1]:.1e}; PyTorch against itself {own[0]:.1e}, {own[1]:.1e}"
                  f"{'  FAILED' if bad else '  over 1e-3, as is PyTorch itself' if over else ''}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
