#!/usr/bin/env python3
"""Throughput of the network in PyTorch: the flags and the output of bench/network_bench.cpp, for the other scripts."""

import argparse
import json

import torch

import measure
import network_files


def train(network, batches, args):
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001, weight_decay=0.0001)

    def step(images, labels):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    return {"images_per_second": measure.rates(step, batches, args.intervals, args.interval_seconds)}


@torch.inference_mode()
def infer(network, batches, args):
    network.eval()
    logits = network(batches[0][0])[0].tolist()
    rates = measure.rates(lambda images, labels: network(images), batches, args.intervals, args.interval_seconds)
    return {"images_per_second": rates, "logits": logits}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    measure.add_network_flags(parser)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = network_files.load(args.checkpoint)
    batches = [tuple(map(torch.from_numpy, batch)) for batch in measure.sample_batches(args.batch_size)]
    print(json.dumps((train if args.network_pass == "train" else infer)(network, batches, args)))


if __name__ == "__main__":
    main()
