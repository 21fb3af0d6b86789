"""Test of docs/cuda_kernels.py, and with it of all CUDA kernels: no spills, no local memory, tables up to date.

cuda_resources_test.py [NVCC]. Exit codes: 0 passed, 1 failed, 77 skipped: there is no nvcc.
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "docs"))
import cuda_kernels  # noqa: E402

NVCC = (sys.argv[1] if len(sys.argv) > 1 and sys.argv[1] else None) or cuda_kernels.find_tool("nvcc")

WITH_LOCAL_MEMORY = """
__global__ void __launch_bounds__(64) indexed_kernel(float* out, const int* at) {
    float values[64];
    for (int i = 0; i < 64; ++i) values[i] = out[i * at[1]];
    for (int i = 0; i < 64; ++i) out[i] = values[at[i]];
}
"""
WITHOUT_A_BLOCK = "__global__ void plain_kernel(float* out) { out[threadIdx.x] = 0; }\n"


def run(*arguments):
    command = [sys.executable, str(ROOT / "docs" / "cuda_kernels.py"), "--nvcc", NVCC, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


class Judgement(unittest.TestCase):
    def judged(self, code):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / "kernel.cu"
            source.write_text(code)
            return run(str(source))

    def test_local_memory_is_refused(self):
        result = self.judged(WITH_LOCAL_MEMORY)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertRegex(result.stdout, r"indexed_kernel, compute capability 9.0: .* 256 bytes of local memory")

    def test_a_kernel_has_to_say_its_block(self):
        result = self.judged(WITHOUT_A_BLOCK)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("plain_kernel: how many threads has a block?", result.stdout)


class Occupancy(unittest.TestCase):
    """Worked out by hand from the limits that NVIDIA's programming guide gives."""

    def test_limits(self):
        for expected, architecture, threads, registers, shared in [
            (1.0, 80, 256, 32, 0),  # 8 warps of 1024 registers: 64 of them fill the 65536
            (0.625, 80, 256, 48, 0),  # 1536 each: 10 in a partition's 16384, 40 in all, 5 blocks
            (0.25, 90, 128, 128, 0),  # 4096 each: 4 in a partition
            (0.5, 90, 32, 16, 0),  # 32 blocks of one warp
            (0.1875, 80, 128, 32, 50000),  # 51072 bytes with the reserved: 3 blocks in 164 KiB
            (0.25, 90, 128, 32, 50000),  # 4 in 228 KiB
            (1.0, 90, 1024, 32, 100000),
        ]:
            with self.subTest(architecture=architecture, threads=threads, registers=registers, shared=shared):
                self.assertEqual(cuda_kernels.occupancy(architecture, threads, registers, shared), expected)


class Page(unittest.TestCase):
    def test_kernels_and_tables(self):
        result = run("--check")
        print(result.stdout)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    if not NVCC:
        print("skipped: there is no nvcc, which this needs to compile the CUDA kernels")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
