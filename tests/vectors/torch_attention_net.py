"""The project's network in PyTorch: the yardstick for values (tests/vectors) and for speed (bench/peers)."""

import torch
import torch.nn.functional as F
from torch import nn


def block_sum(x, parameters):
    """The weighted sum of three convolutions inside a block of the network."""
    def rectified(k):
        return F.relu(F.conv2d(x, parameters[f"conv{k}.weight"], parameters[f"conv{k}.bias"], padding=1))

    pooled = F.adaptive_avg_pool2d(x, 1).flatten(1)
    a = F.relu(F.linear(pooled, parameters["attention.weight"], parameters["attention.bias"]))
    return sum(a[:, k - 1].reshape(-1, 1, 1, 1) * rectified(k) for k in (1, 2, 3))


class Block(nn.Module):
    """Halves the image unless `pool` is false; then it may add its input to its result. With `pool_first` batch norm comes last."""

    def __init__(self, channels_in, channels_out, pool=True, residual=False, pool_first=False):
        super().__init__()
        self.pool, self.residual, self.pool_first = pool, residual, pool_first
        self.attention = nn.Linear(channels_in, 3)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.conv2 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.conv3 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels_out)

    def forward(self, x):
        out = block_sum(x, dict(self.named_parameters()))
        if self.pool and self.pool_first:
            return self.norm(F.max_pool2d(out, 2))
        out = self.norm(out)
        if self.pool:
            return F.max_pool2d(out, 2)
        return x + out if self.residual else out


class Classifier(nn.Module):
    def __init__(self, features, hidden, dropout, classes):
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.fc2 = nn.Linear(hidden, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class AttentionNet(nn.Module):
    """Stages of blocks, of which the first of each halves the image; by default one block in each. Before them there may
    be a stem, a block that does not."""

    def __init__(self, widths=(32, 64, 128, 256, 256), hidden=256, dropout=0.5, classes=10, blocks=None, residual=False,
                 stem=0, pool_first=False):
        super().__init__()
        stages = [[Block(a, b, pool_first=pool_first)] + [Block(b, b, pool=False, residual=residual) for _ in range(count - 1)]
                  for a, b, count in zip((stem or 3, *widths), widths, blocks or [1] * len(widths))]
        self.backbone = nn.Sequential(*([Block(3, stem, pool=False)] if stem else []), *sum(stages, []))
        self.classifier = Classifier(widths[-1], hidden, dropout, classes)

    def forward(self, x):
        return self.classifier(F.adaptive_avg_pool2d(self.backbone(x), 1).flatten(1))


def normalised(images, dtype=torch.float64):
    """Bytes (N, 3, 32, 32) as the network sees them."""
    mean = torch.tensor([0.4914, 0.4822, 0.4465], dtype=dtype).reshape(3, 1, 1)
    std = torch.tensor([0.2470, 0.2435, 0.2616], dtype=dtype).reshape(3, 1, 1)
    return (images.to(dtype) / 255 - mean) / std
