#!/usr/bin/env python3
"""What the compiler makes of the CUDA kernels: registers, shared memory, spills; and the floors of the roofline model.

Compiles kernels/*/*.cu for compute capability 8.0 and 9.0, writes the tables of docs/cuda_kernels.md between their
markers, and fails if a kernel spills registers or keeps anything in local memory. No GPU is needed.

    python3 docs/cuda_kernels.py            # after a change to a kernel
    python3 docs/cuda_kernels.py --check    # changes nothing, fails if the tables are not those of the sources

Exit codes: 0 done; 1 a kernel or the page is not as it should be; 2 usage; 77 there is no nvcc.
"""
import argparse
import importlib.util
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cuda_kernels.md"
ARCHITECTURES = (80, 90)

# ---- The compiler


def find_tool(name, nvcc=None):
    """On PATH, beside nvcc, or the one that PyTorch's triton brings; None if there is none."""
    folders = [os.path.dirname(os.path.realpath(nvcc))] if nvcc else ["/usr/local/cuda/bin"]
    triton = importlib.util.find_spec("triton")
    if triton and triton.origin:
        folders.append(os.path.join(os.path.dirname(triton.origin), "backends", "nvidia", "bin"))
    return shutil.which(name) or next((path for path in (shutil.which(name, path=f) for f in folders) if path), None)


def output_of(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(str(word) for word in command)}\n{done.stdout}")
    return done.stdout


def version_of(tool):
    return re.search(r"V([\d.]+)", output_of(tool, "--version")).group(1)


class Kernel:
    """One kernel for one architecture, as ptxas reports it and its code shows it."""

    def __init__(self, mangled):
        self.mangled = mangled
        self.registers = self.shared = self.stack = self.spills = 0
        self.threads = None
        self.dynamic_shared = False
        self.instructions = Counter()


def parse_report(text):
    """Kernels by mangled name, from what `ptxas -v` prints."""
    kernels, current = {}, None
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)'", line):
            current = kernels.setdefault(match[1], Kernel(match[1]))
        elif match := re.search(r"Function properties for (\w+)", line):
            current = kernels.get(match[1])
        elif current and (match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line)):
            current.stack, current.spills = int(match[1]), int(match[2]) + int(match[3])
        elif current and (match := re.search(r"Used (\d+) registers", line)):
            current.registers = int(match[1])
            shared = re.search(r"(\d+) bytes smem", line)
            current.shared = int(shared[1]) if shared else 0
    return kernels


def add_launch_bounds(kernels, ptx):
    """__launch_bounds__, and whether dynamic shared memory is used, stand in the PTX."""
    for name, body in re.findall(r"\.entry (\w+)\((.*?)^}", ptx, re.DOTALL | re.MULTILINE):
        if match := re.search(r"\.maxntid (\d+)(?:, (\d+), (\d+))?", body):
            kernels[name].threads = math.prod(int(extent or 1) for extent in match.groups())
        kernels[name].dynamic_shared = "dynamic_shared_memory" in body


SASS = {"mma": r"^[HI]MMA|^[HIQ]GMMA", "ldmatrix": r"^LDSM", "16-byte loads": r"^LDG\S*\.128|^LDGSTS\S*\.128"}
PTX = {"mma": r"^mma\.sync", "ldmatrix": r"^ldmatrix",
       "16-byte loads": r"^ld\.global\S*\.v4\.[bfu]32|^ld\.global\S*\.v2\.[bfu]64|^cp\.async\.c[ag]\S*.*, 16,"}


def count(kernel, instructions, patterns):
    for text in instructions:
        for name, pattern in patterns.items():
            kernel.instructions[name] += bool(re.search(pattern, text))


def count_in_sass(kernels, listing):
    for name, body in re.findall(r"^\.text\.(\w+):\n(.*?)(?=^\.text\.|^\t?\.section|\Z)", listing, re.DOTALL | re.MULTILINE):
        if name in kernels:
            count(kernels[name], re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+ )?([A-Z][^;]*);", body), SASS)


def count_in_ptx(kernels, ptx):
    for name, body in re.findall(r"\.entry (\w+)\((.*?)^}", ptx, re.DOTALL | re.MULTILINE):
        count(kernels[name], re.findall(r"^\s*(?:@!?%p\d+ )?([a-z][^;]*);", body, re.MULTILINE), PTX)


def compile_for(source, architecture, nvcc, nvdisasm):
    """The kernels of one .cu file, by mangled name."""
    ptxas = find_tool("ptxas", nvcc)
    with tempfile.TemporaryDirectory() as folder:
        ptx, cubin = os.path.join(folder, "kernel.ptx"), os.path.join(folder, "kernel.cubin")
        output_of(nvcc, "-std=c++20", "-O3", "--expt-relaxed-constexpr", "-I", ROOT, f"-arch=compute_{architecture}",
                  "-ptx", source, "-o", ptx)
        kernels = parse_report(output_of(ptxas, "-v", "-O3", f"-arch=sm_{architecture}", ptx, "-o", cubin))
        text = pathlib.Path(ptx).read_text()
        add_launch_bounds(kernels, text)
        if nvdisasm and kernels:
            count_in_sass(kernels, output_of(nvdisasm, "-c", cubin))
        else:
            count_in_ptx(kernels, text)
    return kernels


# ---- Names and blocks


def demangled(names):
    """As the sources have them, without namespaces, return type and parameters."""
    if not names:
        return {}
    tool = shutil.which("c++filt") or sys.exit("error: c++filt is not on PATH, install binutils")
    done = subprocess.run([tool], input="\n".join(names), stdout=subprocess.PIPE, text=True, check=True)
    return {mangled: short_name(full) for mangled, full in zip(names, done.stdout.splitlines())}


def short_name(full):
    full = re.sub(r"\(anonymous namespace\)::|kernels::cuda::|kernels::", "", full)
    full = re.sub(r"^void ", "", full)
    depth = 0
    for at, letter in enumerate(full):  # up to the parameters: the first parenthesis outside <>
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0:
            return re.sub(r"\((?:int|unsigned int|bool)\)", "", full[:at])
    return full


def block_without_bounds(name, text):
    """Threads of a block of a kernel that states no __launch_bounds__: what its launch says."""
    kernel = re.escape(name.split("<")[0])
    call = re.search(r"launch\(\s*" + kernel + r"\b.*?work_stream", text, re.DOTALL)
    if call and "dim3(1), dim3(1)" in call[0]:
        return 1
    if call and "grid_stride_shape(" in call[0]:
        launch = (ROOT / "kernels" / "common" / "launch.h").read_text()
        return int(re.search(r"grid_stride_shape\([^)]*unsigned block = (\d+)", launch)[1])
    return None


# ---- Occupancy: the multiprocessor's limits, from NVIDIA's CUDA C++ Programming Guide, table of compute capabilities

MULTIPROCESSOR = {80: {"shared": 164 << 10, "shared_per_block": 163 << 10},
                  90: {"shared": 228 << 10, "shared_per_block": 227 << 10}}
WARPS, BLOCKS, REGISTERS, PARTITIONS = 64, 32, 65536, 4  # of a multiprocessor, of both
RESERVED_SHARED, SHARED_UNIT, REGISTER_UNIT = 1024, 128, 256


def round_up(value, unit):
    return -(-value // unit) * unit


def occupancy(architecture, threads, registers, shared):
    """The part of a multiprocessor's warps that can be resident."""
    warps = -(-threads // 32)
    registers_of_warp = round_up(max(registers, 1) * 32, REGISTER_UNIT)
    by_registers = REGISTERS // PARTITIONS // registers_of_warp * PARTITIONS // warps
    by_shared = MULTIPROCESSOR[architecture]["shared"] // round_up(shared + RESERVED_SHARED, SHARED_UNIT)
    return min(WARPS // warps, BLOCKS, by_registers, by_shared) * warps / WARPS
