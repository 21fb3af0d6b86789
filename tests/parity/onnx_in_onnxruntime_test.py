#!/usr/bin/env python3
"""`export onnx`, judged by ONNX's own tools: the checker, strict shape inference, and onnxruntime's logits on real images
beside those of `eval --logits`.

    python3 tests/parity/onnx_in_onnxruntime_test.py PROGRAM

Needs numpy, onnx and onnxruntime; without them it is skipped (exit code 77). Images are those of the bundled sample."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

PROGRAM = sys.argv[1]
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
NETWORKS = {"default": [],
            "residual": ["--widths", "8,12", "--blocks", "1,3", "--residual", "--hidden", "7"],
            "pool-first": ["--widths", "8,12", "--pool-first", "--hidden", "7"],
            "stem": ["--widths", "8,12", "--stem", "6", "--hidden", "7"],
            "deep": ["--widths", "5,3,7,1,9", "--blocks", "2,1,1,1,1", "--hidden", "300"]}
TOLERANCE = 2e-4


def program(*arguments):
    subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sample_bytes():
    records = numpy.fromfile(SAMPLE / "test_batch.bin", numpy.uint8).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32)


def per_channel(text):
    return numpy.array([float(value) for value in text.split(",")], numpy.float32).reshape(3, 1, 1)


def checked(path):
    """The model, after the checker and strict shape inference; nothing that can be inferred contradicts it."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    shapes = {value.name: value.type for value in inferred.graph.value_info}
    made = {output for node in model.graph.node for output in node.output} - {model.graph.output[0].name}
    assert made == set(shapes), "every value between has a shape"
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    for value in (model.graph.input[0], model.graph.output[0]):
        assert value.type.tensor_type.shape.dim[0].dim_param == "N", "the batch may be of any size"
    names = [node.name for node in model.graph.node]
    assert all(names) and len(set(names)) == len(names), "every node has a name of its own"
    return model


def logits(path, images):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    parts = numpy.array_split(images, [1, 130])  # batches of three sizes
    return numpy.concatenate([session.run(["logits"], {"images": part})[0] for part in parts])


def read_safetensors(path):
    content = Path(path).read_bytes()
    header_bytes = int.from_bytes(content[:8], "little")
    return json.loads(content[8:8 + header_bytes]), content[8 + header_bytes:]


def keep_classes(source, target, count):
    """The same network with the first few of its classes, in a file without our metadata."""
    header, data = read_safetensors(source)
    header.pop("__metadata__", None)
    for entry in (header["classifier.fc2.weight"], header["classifier.fc2.bias"]):
        entry["shape"][0] = count
    target_header, target_data = {}, b""
    for name, entry in header.items():
        size = numpy.prod(entry["shape"], dtype=int) * (8 if entry["dtype"] == "I64" else 4)
        begin = entry["data_offsets"][0]
        target_header[name] = {**entry, "data_offsets": [len(target_data), len(target_data) + int(size)]}
        target_data += data[begin:begin + int(size)]
    text = json.dumps(target_header).encode()
    target.write_bytes(len(text).to_bytes(8, "little") + text + target_data)


def check_parameters(model, checkpoint):
    header, data = read_safetensors(checkpoint)
    written = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for name, entry in header.items():
        if name == "__metadata__" or name.endswith("num_batches_tracked"):
            continue
        expected = numpy.frombuffer(data[slice(*entry["data_offsets"])], numpy.float32).reshape(entry["shape"])
        assert numpy.array_equal(written[name], expected), name


def check_network(name, flags, folder, images):
    checkpoint, expected_file = folder / name / "last.safetensors", folder / f"{name}.npy"
    program("train", "--data", SAMPLE, *flags, "--max-steps", 3, "--batch-size", 32, "--out", folder / name, "--no-progress")
    program("eval", "--checkpoint", checkpoint, "--data", SAMPLE, "--logits", expected_file)
    expected = numpy.load(expected_file)

    program("export", "onnx", "--checkpoint", checkpoint, "--out", folder / "plain.onnx")
    model = checked(folder / "plain.onnx")
    check_parameters(model, checkpoint)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert len(metadata["classes"].split(",")) == 10
    normalized = (images.astype(numpy.float32) / 255 - per_channel(metadata["normalization.mean"]))
    normalized /= per_channel(metadata["normalization.std"])
    plain = numpy.abs(logits(folder / "plain.onnx", normalized) - expected).max()

    program("export", "onnx", "--checkpoint", checkpoint, "--out", folder / "bytes.onnx", "--normalize")
    checked(folder / "bytes.onnx")
    from_bytes = numpy.abs(logits(folder / "bytes.onnx", images) - expected).max()
    print(f"{name}: logits up to {numpy.abs(expected).max():.2f}, apart {plain:.1e}; from bytes {from_bytes:.1e}")
    assert plain <= TOLERANCE and from_bytes <= TOLERANCE


def main():
    images = sample_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for network, flags in NETWORKS.items():
            check_network(network, flags, folder, images)
        keep_classes(folder / "default" / "last.safetensors", folder / "three.safetensors", 3)
        program("export", "onnx", "--checkpoint", folder / "three.safetensors", "--out", folder / "three.onnx", "--normalize")
        assert "classes" not in [entry.key for entry in checked(folder / "three.onnx").metadata_props]
        difference = numpy.abs(logits(folder / "three.onnx", images) - numpy.load(folder / "default.npy")[:, :3]).max()
        print(f"three classes: apart {difference:.1e}")
        assert difference <= TOLERANCE


if __name__ == "__main__":
    main()
