#!/usr/bin/env python3
"""`summary` beside torchinfo's summary of the PyTorch twin: shapes, parameters and multiply-accumulates, layer by layer.

    python3 tests/parity/summary_like_torchinfo_test.py PROGRAM

Needs torch and torchinfo; without them it is skipped (exit code 77)."""

import re
import subprocess
import sys
from pathlib import Path

try:
    import torch
    import torchinfo
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vectors"))
import torch_attention_net  # noqa: E402

BATCH = 5


def forward_by_modules(block, x):
    """What the twin's blocks compute, by calls of their modules, which are all that torchinfo sees."""
    a = torch.relu(block.attention(x.mean(dim=(2, 3))))
    convolved = [torch.relu(conv(x)) for conv in (block.conv1, block.conv2, block.conv3)]
    weighted = [a[:, k].reshape(-1, 1, 1, 1) * term for k, term in enumerate(convolved)]
    return torch.nn.functional.max_pool2d(block.norm(sum(weighted)), 2)


def without_biases(layer):
    """torchinfo counts a bias like another weight; `summary` counts products alone, and none in a batch norm."""
    if isinstance(layer.module, torch.nn.BatchNorm2d):
        return 0
    weights, biases = layer.module.weight.numel(), layer.module.bias.numel()
    assert layer.macs % (weights + biases) == 0
    return layer.macs // (weights + biases) * weights // BATCH


def expected_rows(widths, hidden):
    network = torch_attention_net.AttentionNet(widths, hidden)
    names = {module: name for name, module in network.named_modules()}
    result = torchinfo.summary(network, input_size=(BATCH, 3, 32, 32), verbose=0)
    rows = {names[layer.module]: (tuple(layer.output_size), layer.num_params, without_biases(layer))
            for layer in result.summary_list if layer.is_leaf_layer and layer.num_params > 0}
    return rows, result.total_params


def number(text):
    return int(text.replace(",", "") or 0)


def printed_rows(*flags):
    text = subprocess.run([PROGRAM, "summary", "--batch-size", str(BATCH), *flags], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    head, rows = text.splitlines()[0], {}
    for line in text.splitlines():
        match = re.match(r"(\S+) +\(([\d, ]+)\)", line)
        if match:  # the columns of counts end where those of the head line do
            counts, multiplications = (head.index(title) + len(title) for title in ("parameters", "MACs per image"))
            rows[match[1]] = (tuple(map(int, match[2].split(","))), number(line[counts - 14:counts].strip()),
                              number(line[multiplications - 18:multiplications].strip()))
    return rows, number(re.search(r"^total +([\d,]+)", text, re.MULTILINE)[1])


def main():
    torch_attention_net.Block.forward = forward_by_modules
    for widths, hidden in [((32, 64, 128, 256, 256), 256), ((5, 3, 7), 11)]:
        expected, expected_total = expected_rows(widths, hidden)
        printed, total = printed_rows("--widths", ",".join(map(str, widths)), "--hidden", str(hidden))
        assert total == expected_total, (total, expected_total)
        for name, row in expected.items():
            assert printed[name] == row, f"{name}: summary says {printed[name]}, torchinfo {row}"
        assert sum(row[2] for row in printed.values()) == sum(row[2] for row in expected.values())
        print(f"widths {widths}: {len(expected)} layers with parameters agree, {total:,} parameters")


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    main()
