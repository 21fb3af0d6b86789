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
        self.dynamic_shared = 0  # None: not told
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
    """__launch_bounds__ stand in the PTX, and how much dynamic shared memory a launch asks for, in a comment there."""
    for name, body in re.findall(r"\.entry (\w+)\((.*?)^}", ptx, re.DOTALL | re.MULTILINE):
        if match := re.search(r"\.maxntid (\d+)(?:, (\d+), (\d+))?", body):
            kernels[name].threads = math.prod(int(extent or 1) for extent in match.groups())
        if "dynamic_shared_memory" in body:
            told = re.search(r"// dynamic shared memory: (\d+) bytes", body)
            kernels[name].dynamic_shared = int(told[1]) if told else None


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
    """The kernels of one .cu file, by full name."""
    ptxas = find_tool("ptxas", nvcc)
    with tempfile.TemporaryDirectory() as folder:
        ptx, cubin = os.path.join(folder, "kernel.ptx"), os.path.join(folder, "kernel.cubin")
        output_of(nvcc, "-std=c++20", "-O3", "--fmad=false", "--expt-relaxed-constexpr", "-I", ROOT, f"-arch=compute_{architecture}",
                  "-ptx", source, "-o", ptx)
        kernels = parse_report(output_of(ptxas, "-v", "-O3", f"-arch=sm_{architecture}", ptx, "-o", cubin))
        text = pathlib.Path(ptx).read_text()
        add_launch_bounds(kernels, text)
        if nvdisasm and kernels:
            count_in_sass(kernels, output_of(nvdisasm, "-c", cubin))
        else:
            count_in_ptx(kernels, text)
    return {full: kernels[mangled] for mangled, full in demangled(list(kernels)).items()}


# ---- Names and blocks


def demangled(names):
    """Full names. That of an unnamed namespace differs between compilations, until it is demangled."""
    tool = shutil.which("c++filt") or sys.exit("error: c++filt is not on PATH, install binutils")
    done = subprocess.run([tool], input="\n".join(names), stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(names, done.stdout.splitlines()))


def short_name(full):
    """As the source has it: without namespaces, return type and parameters."""
    full = re.sub(r"\(anonymous namespace\)::|(?:\w+::)+", "", full)
    full = re.sub(r"\(Precision\)(\d)", lambda match: ("fp32", "tf32", "bf16")[int(match[1])], full)
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
    launches = (re.search(r"launch\(\s*" + kernel + r"\b.*?work_stream", function, re.DOTALL) and function
                for function in re.split(r"^}", text, flags=re.MULTILINE))
    caller = next(filter(None, launches), "")
    if "dim3(1), dim3(1)" in caller:
        return 1
    if "grid_stride_shape(" in caller:
        launch = (ROOT / "kernels" / "common" / "launch.h").read_text()
        return int(re.search(r"grid_stride_shape\([^)]*unsigned block = (\d+)", launch)[1])
    return None


# ---- Occupancy: the multiprocessor's limits, from NVIDIA's CUDA C++ Programming Guide, table of compute capabilities

SHARED = {80: 164 << 10, 90: 228 << 10}  # bytes of a multiprocessor
WARPS, BLOCKS, REGISTERS, PARTITIONS = 64, 32, 65536, 4  # of a multiprocessor, of both
RESERVED_SHARED, SHARED_UNIT, REGISTER_UNIT = 1024, 128, 256


def round_up(value, unit):
    return -(-value // unit) * unit


def occupancy(architecture, threads, registers, shared):
    """The part of a multiprocessor's warps that can be resident."""
    warps = -(-threads // 32)
    registers_of_warp = round_up(max(registers, 1) * 32, REGISTER_UNIT)
    by_registers = REGISTERS // PARTITIONS // registers_of_warp * PARTITIONS // warps
    by_shared = SHARED[architecture] // round_up(shared + RESERVED_SHARED, SHARED_UNIT)
    return min(WARPS // warps, BLOCKS, by_registers, by_shared) * warps / WARPS


# ---- Floors: the roofline model (Williams, Waterman and Patterson, 2009)

# NVIDIA's published figures for the H100 SXM, dense: data sheet "NVIDIA H100 Tensor Core GPU".
PEAK_TFLOPS = {"fp32": 67.0, "tf32": 494.7, "bf16": 989.4}
PEAK_BYTES = 3.35e12
WIDTHS, HIDDEN, CLASSES, IMAGE_SIDE, IMAGE_CHANNELS, BRANCHES = (32, 64, 128, 256, 256), 256, 10, 32, 3, 3
AUGMENTATIONS, STEP_BYTES = 2, 24  # crop and flip


def layer_work(images):
    """[(layer, kernel, FLOP, bytes)] of a training step, in order: the formulas of kernels/common/work.cpp."""
    forward, backward = [], []

    def add(where, layer, kernel, flops, floats, other_bytes=0):
        where.append((layer, kernel, flops, 4 * floats + other_bytes))

    def linear(layer, rows, inputs, outputs, wants_d_x=True):
        x, out, weight = rows * inputs, rows * outputs, inputs * outputs
        add(forward, layer, "linear_forward", 2 * out * inputs + out, x + weight + outputs + out)
        add(backward, layer, "linear_backward", (4 if wants_d_x else 2) * out * inputs + out,
            out + (3 * x + 3 * weight if wants_d_x else x + 2 * weight) + 2 * outputs)

    def relu(layer, size):
        add(forward, layer, "relu_forward", size, 2 * size)
        add(backward, layer, "relu_backward", 2 * size, 4 * size)

    def pool(layer, side, channels, wants_d_x=True):
        x, out = images * side * side * channels, images * channels
        add(forward, layer, "adaptive_avg_pool_forward", x, x + out)
        if wants_d_x:
            add(backward, layer, "adaptive_avg_pool_backward", x + out, 2 * x + out)

    side, channels = IMAGE_SIDE, IMAGE_CHANNELS
    values = images * side * side * channels
    add(forward, "images", "augment", 3 * values, values, values + AUGMENTATIONS * STEP_BYTES * images)
    for block, width in enumerate(WIDTHS):
        name, first = f"backbone.{block}", block == 0
        x, out = images * side * side * channels, images * side * side * width
        products, parameters = 2 * out * 9 * channels, BRANCHES * (9 * channels * width + width)
        pool(name, side, channels, not first)
        linear(name + ".attention", images, channels, BRANCHES, not first)
        relu(name, images * BRANCHES)
        add(forward, name, "attention_conv_forward", BRANCHES * (products + 4 * out),
            x + out + parameters + BRANCHES * images, out)
        add(backward, name, "attention_conv_backward", BRANCHES * ((1 if first else 2) * products + 4 * out),
            x + (0 if first else 2 * x) + out + 3 * parameters + 3 * BRANCHES * images, out)
        add(forward, name + ".norm", "batch_norm_max_pool_train_forward", 8 * out + 3 * out // 4,
            out + out // 2 + 8 * width, out // 4)
        add(backward, name + ".norm", "batch_norm_max_pool_backward", 5 * out // 4 + 7 * out,
            out // 2 + 2 * out + 7 * width, out // 4)
        side, channels = side // 2, width
    pool("classifier", side, channels)
    linear("classifier.fc1", images, channels, HIDDEN)
    relu("classifier", images * HIDDEN)
    add(forward, "classifier.dropout", "dropout_forward", images * HIDDEN, 2 * images * HIDDEN)
    add(backward, "classifier.dropout", "dropout_backward", 2 * images * HIDDEN, 3 * images * HIDDEN)
    linear("classifier.fc2", images, HIDDEN, CLASSES)
    logits = images * CLASSES
    add(forward, "loss", "cross_entropy_forward", 7 * logits, 2 * logits + 1, 8 * images)
    add(backward, "loss", "cross_entropy_backward", 3 * logits, 3 * logits + 1, 8 * images)
    update = [("all parameters", "adam", 17 * parameter_count(), 28 * parameter_count())]
    return forward + backward[::-1] + update


def parameter_count():
    count, channels = 0, IMAGE_CHANNELS
    for width in WIDTHS:
        count += BRANCHES * (channels + 1) + BRANCHES * (9 * channels + 1) * width + 2 * width
        channels = width
    return count + (channels + 1) * HIDDEN + (HIDDEN + 1) * CLASSES


def of_matrix_units(kernel):
    return kernel.startswith(("attention_conv", "conv2d", "linear"))


def floor_table(images):
    rows = ["| layer | kernel | MFLOP | MB | fp32, µs | tf32, µs | bf16, µs | bound by |", "|---|---|--:|--:|--:|--:|--:|---|"]
    sums = dict.fromkeys(PEAK_TFLOPS, 0.0)
    for layer, kernel, flops, bytes_ in layer_work(images):
        floors, by_memory = {}, []
        for precision in PEAK_TFLOPS:
            by_arithmetic = flops / (1e12 * PEAK_TFLOPS[precision if of_matrix_units(kernel) else "fp32"])
            if bytes_ / PEAK_BYTES >= by_arithmetic:
                by_memory.append(precision)
            floors[precision] = 1e6 * max(by_arithmetic, bytes_ / PEAK_BYTES)
            sums[precision] += floors[precision]
        bound = {0: "arithmetic", len(PEAK_TFLOPS): "memory"}.get(
            len(by_memory), f"arithmetic; in {', '.join(by_memory)} memory")
        rows.append(f"| `{layer}` | {kernel} | {flops / 1e6:.3f} | {bytes_ / 1e6:.3f} | "
                    + " | ".join(f"{floor:.2f}" for floor in floors.values()) + f" | {bound} |")
    rows.append("| all | | | | " + " | ".join(f"{total:.0f}" for total in sums.values()) + " | |")
    return "\n".join(rows)


# ---- The page


def resource_rows(compiled):
    """Of {source: {architecture: {full name: Kernel}}}: the table's rows, and what is wrong with the kernels."""
    rows, complaints, headers = [], [], sorted((ROOT / "kernels").glob("*/*.cuh"))
    for source, by_architecture in compiled.items():
        text = "".join(path.read_text() for path in [source, *headers])
        for full in sorted(by_architecture[ARCHITECTURES[0]]):
            name, kernels = short_name(full), [by_architecture[a][full] for a in ARCHITECTURES]
            where = f"{source.parent.name}/{source.name}: {name}"
            for architecture, kernel in zip(ARCHITECTURES, kernels):
                if kernel.spills or kernel.stack:
                    complaints.append(f"{where}, compute capability {architecture / 10}: {kernel.spills} bytes of "
                                      f"spills, {kernel.stack} bytes of local memory")
            if any(kernel.dynamic_shared is None for kernel in kernels):
                complaints.append(f"{where}: how much dynamic shared memory does it use? Call dynamic_shared<T, bytes>()")
                continue
            threads = kernels[0].threads or block_without_bounds(name, text)
            if threads is None:
                complaints.append(f"{where}: how many threads has a block? Give it __launch_bounds__")
                continue
            rows.append(resource_row(source, name, threads, kernels))
    return rows, complaints


def pair(values):
    """'32' if both architectures agree, else '32, 40'."""
    texts = [str(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def resource_row(source, name, threads, kernels):
    parts = [f"{100 * occupancy(a, threads, k.registers, k.shared + k.dynamic_shared):.0f} %" for a, k in zip(ARCHITECTURES, kernels)]
    counts = [pair(k.instructions[what] for k in kernels) for what in SASS]
    return (f"| {source.parent.name}/{source.name} | `{name}` | {threads} | {pair(k.registers for k in kernels)} | {pair(k.shared + k.dynamic_shared for k in kernels)} | "
            f"{pair(parts)} | {' | '.join(counts)} |")


def resource_table(rows, nvcc_version, listing):
    return "\n".join([f"nvcc {nvcc_version}; instructions counted in {listing}", "",
                      "| file | kernel | threads | registers | shared memory | occupancy | mma | ldmatrix | 16-byte loads |",
                      "|---|---|--:|--:|--:|--:|--:|--:|--:|", *rows])


def replaced(page, marker, table):
    """The page with another table between <!-- marker --> and <!-- end of marker -->."""
    begin, end = f"<!-- {marker} -->\n", f"\n<!-- end of {marker} -->"
    before, rest = page.split(begin)
    return before + begin + table + end + rest.split(end)[1]


def provenance(page):
    match = re.search(r"^nvcc .*; instructions counted in .*$", page, re.MULTILINE)
    return match[0] if match else ""


def compile_all(sources, nvcc, nvdisasm, jobs):
    tasks = [(source, architecture) for source in sources for architecture in ARCHITECTURES]
    with ThreadPoolExecutor(jobs) as pool:
        results = pool.map(lambda task: compile_for(*task, nvcc, nvdisasm), tasks)
    compiled = {source: {} for source in sources}
    for (source, architecture), kernels in zip(tasks, results):
        compiled[source][architecture] = kernels
    return compiled


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if the page would change")
    parser.add_argument("--nvcc", help="the CUDA compiler; default: the one on PATH")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="compilations at a time")
    parser.add_argument("sources", nargs="*", type=pathlib.Path, help="only judge these .cu files, leave the page alone")
    arguments = parser.parse_args()
    nvcc = arguments.nvcc or find_tool("nvcc")
    if not nvcc:
        print("skipped: there is no nvcc, on PATH, which this needs to compile the kernels")
        return 77
    nvdisasm = find_tool("nvdisasm", nvcc)
    sources = arguments.sources or sorted((ROOT / "kernels").glob("*/*.cu"))
    rows, complaints = resource_rows(compile_all([path.resolve() for path in sources], nvcc, nvdisasm, arguments.jobs))
    for complaint in complaints:
        print(f"error: {complaint}", file=sys.stderr)
    if complaints:
        return 1
    print(f"{len(rows)} kernels, none with spills or local memory")
    if arguments.sources:
        return 0
    return write_page(arguments.check, rows, version_of(nvcc),
                      f"the machine code, by nvdisasm {version_of(nvdisasm)}" if nvdisasm else "the PTX")


def write_page(only_check, rows, nvcc_version, listing):
    old = PAGE.read_text()
    new = old
    for images in (128, 1024):
        new = replaced(new, f"floors at batch {images}", floor_table(images))
    table = resource_table(rows, nvcc_version, listing)
    if not only_check or provenance(old) == provenance(table):
        new = replaced(new, "resources", table)
    else:
        print(f"not compared: the page was written with '{provenance(old)}', here is '{provenance(table)}'")
    if new == old:
        return 0
    if only_check:
        print(f"error: {PAGE.relative_to(ROOT)} is not what the sources give, run python3 docs/cuda_kernels.py", file=sys.stderr)
        return 1
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
