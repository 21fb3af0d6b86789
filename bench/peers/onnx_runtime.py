#!/usr/bin/env python3
"""Inference of an exported network in onnxruntime: the flags and the output of bench/network_bench.cpp, for
inference.py; --checkpoint is an ONNX file."""

import argparse
import json

import onnxruntime

import measure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    measure.add_network_flags(parser)
    args = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(measure.WAIT_POLICY != "passive")))
    session = onnxruntime.InferenceSession(args.checkpoint, options, providers=["CPUExecutionProvider"])
    batches = measure.sample_batches(args.batch_size)

    def logits(images, labels):
        return session.run(None, {"images": images})[0]

    first = logits(*batches[0])[0].tolist()
    rates = measure.rates(logits, batches, args.intervals, args.interval_seconds)
    print(json.dumps({"images_per_second": rates, "logits": first}))


if __name__ == "__main__":
    main()
