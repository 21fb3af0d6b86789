#!/usr/bin/env python3
"""Writes the *.safetensors files beside this script: what PyTorch computes for small random inputs.

Inputs are float32; results are computed in float64 and rounded, so that a comparison sees the error of one
side only.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from torch_attention_net import AttentionNet, block_sum, normalised

FOLDER = Path(__file__).parent


def save(name, tensors):
    """Rounds to float32, leaving integers alone, and writes <name>.safetensors."""
    rounded = {}
    for key, tensor in tensors.items():
        tensor = tensor.detach()
        rounded[key] = (tensor.float() if tensor.is_floating_point() else tensor).clone().contiguous()
    save_file(rounded, FOLDER / f"{name}.safetensors")


def random(*shape):
    """Normal numbers that float32 holds exactly, in float64."""
    return torch.randn(*shape).double()


def with_gradients(function, **inputs):
    """Inputs, out = function(inputs), a random d_out, and d_<input> of each input."""
    leaves = {name: x.clone().requires_grad_() for name, x in inputs.items()}
    out = function(**leaves)
    d_out = random(*out.shape)
    out.backward(d_out)
    return {**inputs, "out": out, "d_out": d_out, **{f"d_{name}": x.grad for name, x in leaves.items()}}


def conv2d():
    for name, kernel, stride, padding in [("conv2d_3x3", 3, 1, 1), ("conv2d_5x5", 5, 2, 2)]:
        save(name, with_gradients(
            lambda x, weight, bias: F.conv2d(x, weight, bias, stride, padding),
            x=random(2, 3, 7, 6), weight=random(5, 3, kernel, kernel), bias=random(5)))


def linear():
    save("linear", with_gradients(F.linear, x=random(5, 6), weight=random(4, 6), bias=random(4)))


def flatten():
    save("flatten_linear", with_gradients(
        lambda x, weight, bias: F.linear(x.flatten(1), weight, bias),
        x=random(2, 3, 4, 5), weight=random(7, 60), bias=random(7)))


def relu():
    x = random(2, 3, 4, 5)
    x.flatten()[:4] = torch.tensor([0.0, -0.0, 1e-30, -1e-30])
    save("relu", with_gradients(torch.relu, x=x.float().double()))


def max_pool():
    # Five values for 4 places of a window: ties are common. The last row and column belong to no window.
    x = torch.randint(-2, 3, (2, 3, 7, 5)).double()
    save("max_pool", with_gradients(lambda x: F.max_pool2d(x, 2), x=x))


def adaptive_avg_pool():
    for name, size in [("adaptive_avg_pool_3x2", (3, 2)), ("adaptive_avg_pool_1x1", (1, 1))]:
        save(name, with_gradients(lambda x: F.adaptive_avg_pool2d(x, size), x=random(2, 3, 7, 5)))


def batch_norm():
    for mode in ["train", "eval"]:
        layer = nn.BatchNorm2d(3).double().train(mode == "train")
        layer.running_mean.copy_(random(3))
        layer.running_var.copy_((random(3).abs() + 0.5).float())
        before = {f"{name}_before": buffer.clone() for name, buffer in layer.named_buffers()}
        results = with_gradients(
            lambda x, weight, bias: torch.func.functional_call(layer, {"weight": weight, "bias": bias}, x),
            x=(2 * random(4, 3, 5, 2) + 1).float().double(), weight=random(3), bias=random(3))
        save(f"batch_norm_{mode}", {**results, **before, **dict(layer.named_buffers())})


def cross_entropy():
    labels = torch.tensor([0, 6, 3, 3, 1])
    for name, smoothing in [("cross_entropy", 0.0), ("cross_entropy_smoothed", 0.1)]:
        logits = 3 * random(5, 7)
        logits[1] += 200  # overflows in an exponential that is not shifted
        logits = logits.float().double().requires_grad_()
        loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
        loss.backward()
        save(name, {"logits": logits, "labels": labels, "loss": loss, "d_logits": logits.grad})


def attention_conv():
    parameters = {"attention.weight": random(3, 4), "attention.bias": random(3)}
    for k in (1, 2, 3):
        parameters[f"conv{k}.weight"] = random(5, 4, 3, 3)
        parameters[f"conv{k}.bias"] = random(5)
    # Means that differ from image to image switch branches on in some and off in others.
    x = (random(3, 4, 6, 5) + random(3, 4, 1, 1)).float().double()
    save("attention_conv", with_gradients(lambda x, **given: block_sum(x, given), x=x, **parameters))


def optimizer_steps(name, make_optimizer, shapes=((1,), (37,), (4, 6))):
    parameters = [random(*shape).requires_grad_() for shape in shapes]
    gradients = [random(10, *shape) for shape in shapes]
    gradients[1][:, 5] = 0  # weight decay alone moves this one
    gradients[1][:, 6] *= 1e-6
    gradients = [gradient.float().double() for gradient in gradients]
    tensors = {f"{i}.gradients": gradient for i, gradient in enumerate(gradients)}
    tensors |= {f"{i}.step0": parameter.clone() for i, parameter in enumerate(parameters)}
    optimizer = make_optimizer(parameters)
    for step in range(1, 11):
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient[step - 1].clone()
        optimizer.step()
        if step in (1, 2, 10):
            tensors |= {f"{i}.step{step}": parameter.clone() for i, parameter in enumerate(parameters)}
    save(name, tensors)


def adam():
    optimizer_steps("adam", lambda parameters: torch.optim.Adam(parameters, lr=0.001, weight_decay=0.0001))


def adamw():
    optimizer_steps("adamw", lambda parameters: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1))


def sgd():
    def with_a_group(parameters):
        others = {"params": parameters[::2]}
        second = {"params": parameters[1:2], "lr": 3 * 0.05, "weight_decay": 0}
        return torch.optim.SGD([others, second], lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)

    optimizer_steps("sgd", with_a_group)


def muon():
    # It orthogonalises in bfloat16: here in double, like all of these vectors.
    torch.bfloat16, bfloat16 = torch.double, torch.bfloat16
    optimizer_steps("muon", lambda parameters: torch.optim.Muon(parameters, lr=0.02, weight_decay=0.1, momentum=0.9),
                    shapes=((3, 9), (9, 4), (6, 6)))
    torch.bfloat16 = bfloat16


def clipped():
    def plain(parameters):
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        step = optimizer.step
        optimizer.step = lambda: (torch.nn.utils.clip_grad_norm_(parameters, 7), step())
        return optimizer

    optimizer_steps("clipped", plain)


def attention_net(steps=4, batch=8):
    model = AttentionNet([4, 6, 8, 8, 10], hidden=12, dropout=0).double().train()
    for parameter in model.parameters():  # what a float32 file can hold
        parameter.data = parameter.data.float().double()
    # Else whole blocks of so narrow a net are off, their output is constant, and rounding errors rule.
    for block in model.backbone:
        block.attention.bias.data.abs_().add_(0.5)
    images = torch.randint(0, 256, (steps * batch, 3, 32, 32), dtype=torch.uint8)
    labels = torch.randint(0, 10, (steps * batch,))
    tensors = {"images": images, "labels": labels}
    tensors |= {f"before.{name}": x.clone() for name, x in model.state_dict().items()}

    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=0.0001)
    losses = []
    for x, target in zip(normalised(images).split(batch), labels.split(batch)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    tensors["losses"] = torch.stack(losses)
    tensors |= {f"after.{name}": x.clone() for name, x in model.state_dict().items()}
    model.eval()
    tensors["logits"] = model(normalised(images[:batch]))
    save("attention_net", tensors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for make in [conv2d, linear, flatten, relu, max_pool, adaptive_avg_pool, batch_norm, cross_entropy,
                 attention_conv, adam, adamw, sgd, muon, clipped, attention_net]:
        torch.manual_seed(6)  # for each, so that one can change without the others
        make()
