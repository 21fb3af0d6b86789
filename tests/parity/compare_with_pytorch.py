#!/usr/bin/env python3
"""Does the program compute what PyTorch computes? Logits and ten Adam steps, on real images.

    python3 tests/parity/compare_with_pytorch.py --data DIR [--widths 32,64,128,256,256 8,8,16,16,16 ...] [--seeds 0 1]

Needs torch, numpy and safetensors (pip install), and the program built (./cifar_engine does it). For each widths and seed it saves a
fresh PyTorch state_dict with safetensors and compares
  - `eval --logits` with PyTorch's logits on the test images in DIR (batch-norm statistics made non-trivial first): at most 2e-4 apart;
  - `train --init F --no-shuffle --augment none --dropout 0 --batch-size 64 --max-steps 10` with the same ten steps of torch.optim.Adam:
    each loss and each parameter at most 1e-3 apart.
Prints the largest differences; exit code 1 if one is over its bound.
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


def compare_training(model, data, folder, images, labels):
    save_file(model.state_dict(), folder / "init.safetensors")
    widths = ",".join(str(block.conv1.out_channels) for block in model.backbone)
    program("train", "--data", data, "--init", folder / "init.safetensors", "--widths", widths, "--hidden",
            model.classifier.fc1.out_features, "--no-shuffle", "--augment", "none", "--dropout", 0, "--batch-size", BATCH,
            "--max-steps", STEPS, "--log-every", 1, "--out", folder / "run", "--no-progress")
    events = [json.loads(line) for line in open(folder / "run" / "metrics.jsonl")]
    losses = [event["loss"] for event in events if event["event"] == "step"]

    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=0.0001)
    worst_loss = 0.0
    for step in range(STEPS):
        batch = slice(step * BATCH, (step + 1) * BATCH)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        worst_loss = max(worst_loss, abs(loss.item() - losses[step]))
    trained = load_file(folder / "run" / "last.safetensors")
    worst, where = max(((trained[name].double() - value.double()).abs().max().item(), name)
                       for name, value in model.state_dict().items())
    return worst_loss, worst, where


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
                loss, parameter, where = compare_training(AttentionNet(**shape), args.data, Path(name), train_images, train_labels)
            bad = not (logits <= 2e-4 and loss <= 1e-3 and parameter <= 1e-3)
            failed |= bad
            print(f"widths {widths} hidden {args.hidden} seed {seed}: logits {logits:.1e}, losses {loss:.1e}, "
                  f"parameters {parameter:.1e} ({where}){'  FAILED' if bad else ''}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
