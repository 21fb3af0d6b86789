"""Test: what train saves, safetensors loads and PyTorch's module takes as it is, with the same logits.

checkpoints_in_pytorch_test.py PROGRAM. For the network of the default recipe and the structure of recipe fast, in small:
last, best and the kept epochs go through load_state_dict(strict=True) unchanged, and the logits on the sample's test images are at most
2e-4 from those of `eval --logits`. Exit codes: 0 passed, 1 failed, 77 skipped: PyTorch, NumPy or safetensors is not installed.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "vectors"))
try:
    import numpy
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
    from torch_attention_net import AttentionNet, normalised
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SAMPLE = ROOT / "data" / "sample"
NETWORKS = {
    "seed": ({"widths": (6, 8, 10, 12, 14), "hidden": 16}, []),
    "deep": ({"widths": (8, 12, 16), "blocks": (1, 2, 2), "hidden": 16}, ["--blocks", "1,2,2"]),
    "residual": ({"widths": (8, 12, 16), "blocks": (2, 2, 3), "residual": True, "hidden": 16}, ["--blocks", "2,2,3", "--residual"]),
    "pool-first": ({"widths": (8, 12, 16), "pool_first": True, "hidden": 16}, ["--pool-first"]),
    "stem": ({"widths": (8, 12, 16), "blocks": (1, 2, 1), "stem": 5, "hidden": 16}, ["--blocks", "1,2,1", "--stem", "5"]),
}


def program(*arguments):
    subprocess.run([sys.argv[1], *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check(name, shape, flags, folder, images):
    run = folder / name
    program("train", "--data", SAMPLE, "--widths", ",".join(map(str, shape["widths"])), "--hidden", shape["hidden"], *flags,
            # Without it, outputs of a young network may be in the 100,000s, and so are differences in the last bits.
            "--epochs", 2, "--initialise", "open-attention", "--keep", 2, "--out", run, "--no-progress")
    model = AttentionNet(**shape).eval()
    for file in ("last", "best", "epoch-001", "epoch-002"):
        path = run / f"{file}.safetensors"
        with safe_open(path, "pt") as opened:
            assert sorted(opened.keys()) == sorted(model.state_dict()), (name, file)
        assert model.load_state_dict(load_file(path), strict=True).missing_keys == []
        with torch.no_grad():
            expected = model(images).numpy()
        program("eval", "--checkpoint", path, "--data", SAMPLE, "--logits", folder / "logits.npy")
        difference = numpy.abs(numpy.load(folder / "logits.npy") - expected).max()
        assert difference <= 2e-4, (name, file, difference)
        print(f"{name}/{path.name}: logits of {len(images)} images at most {difference:.1e} apart")


records = numpy.fromfile(SAMPLE / "test_batch.bin", numpy.uint8).reshape(-1, 3073)
test_images = normalised(torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32)), torch.float32)
torch.set_num_threads(1)
with tempfile.TemporaryDirectory() as temporary:
    for network, (network_shape, network_flags) in NETWORKS.items():
        check(network, network_shape, network_flags, pathlib.Path(temporary), test_images)
