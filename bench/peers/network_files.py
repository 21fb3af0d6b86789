#!/usr/bin/env python3
"""Networks in files, for the scripts that measure.

    python3 bench/peers/network_files.py fresh WIDTHS F.safetensors       as PyTorch initialises it, seed 0
    python3 bench/peers/network_files.py export F.safetensors BATCH F.onnx
"""

import contextlib
import io
import sys
import warnings

import torch
from safetensors.torch import load_file, save_file

import measure

sys.path.insert(0, str(measure.ROOT / "tests" / "vectors"))
from torch_attention_net import AttentionNet  # noqa: E402


def load(path):
    """The PyTorch twin with the values in a file; its widths are read off them."""
    state = load_file(path)
    blocks = sum(name.endswith("conv1.bias") for name in state)
    network = AttentionNet([len(state[f"backbone.{i}.conv1.bias"]) for i in range(blocks)],
                           hidden=len(state["classifier.fc1.bias"]))
    network.load_state_dict(state)
    return network


def fresh(widths, path):
    torch.manual_seed(0)
    save_file(AttentionNet(tuple(map(int, widths.split(",")))).state_dict(), path)


def export(checkpoint, batch_size, path):
    """By torch.onnx's older exporter, which needs no further package; what it says of its age is left out."""
    images = torch.zeros(int(batch_size), 3, 32, 32)
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(load(checkpoint).eval(), images, path, input_names=["images"], dynamo=False)


if __name__ == "__main__":
    {"fresh": fresh, "export": export}[sys.argv[1]](*sys.argv[2:])
