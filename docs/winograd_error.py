#!/usr/bin/env python3
"""Derives the matrices of Winograd's convolution from their interpolation points and measures its rounding error.

    python3 docs/winograd_error.py            # prints the matrices and the table
    python3 docs/winograd_error.py --write    # also puts the table into docs/winograd.md

Needs NumPy. Matrices are exact fractions (Toom-Cook: evaluate both polynomials at the points, multiply, interpolate), checked
against the definition of a convolution; the errors are those of float32 arithmetic against float64, random normal inputs and
filters, in units of the root mean square of the output.
"""

import argparse
from fractions import Fraction
from pathlib import Path

import numpy

PAGE = Path(__file__).with_name("winograd.md")
BEGIN, END = "<!-- error table: begin -->", "<!-- error table: end -->"
TAPS = 3

ALGORITHMS = {
    "direct": None,
    "F(2x2), points 0, 1, -1": (2, [0, 1, -1]),
    "F(4x4), points 0, 1, -1, 2, -2": (4, [0, 1, -1, 2, -2]),
    "F(4x4), points 0, 1, -1, 1/2, -2 (ours)": (4, [0, 1, -1, Fraction(1, 2), -2]),
    "F(6x6), points 0, 1, -1, 2, -2, 1/2, -1/2": (6, [0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2)]),
}


def product_of_roots(roots):
    """Coefficients of the product of (x - root), lowest power first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0)] + coefficients
        coefficients = [s - root * c for s, c in zip(shifted, coefficients + [Fraction(0)])]
    return coefficients


def matrices(outputs, points):
    """A^T (outputs, n), G (n, 3), B^T (n, n) of F(outputs, 3), where n = outputs + 2: one row for each point, then infinity."""
    n = outputs + TAPS - 1
    a = [[point**i for point in map(Fraction, points)] + [Fraction(int(i == outputs - 1))] for i in range(outputs)]
    g, b = [], []
    for point in map(Fraction, points):
        others = [other for other in map(Fraction, points) if other != point]
        scale = numpy.prod([point - other for other in others])
        g.append([point**i / scale for i in range(TAPS)])
        b.append(product_of_roots(others) + [Fraction(0)])
    g.append([Fraction(int(i == TAPS - 1)) for i in range(TAPS)])
    b.append(product_of_roots(map(Fraction, points)))
    assert len(b) == n and all(len(row) == n for row in b)
    return a, g, b


def check_exactly(outputs, a, g, b):
    """The identity y_i = sum over j of g_j d_(i+j), for every pair of unit vectors."""
    n = len(b)
    for j in range(TAPS):
        for d in range(n):
            products = [g[p][j] * b[p][d] for p in range(n)]
            for i in range(outputs):
                assert sum(a[i][p] * products[p] for p in range(n)) == int(i + j == d)


def error(algorithm, channels, tiles=64, filters=16, seed=0):
    """Largest and root-mean-square error of float32, over the root mean square of the output."""
    outputs, points = algorithm or (4, None)
    random = numpy.random.default_rng(seed)
    size = outputs + TAPS - 1
    x = random.standard_normal((tiles, channels, size, size)).astype(numpy.float32)
    w = random.standard_normal((filters, channels, TAPS, TAPS)).astype(numpy.float32)
    windows = numpy.lib.stride_tricks.sliding_window_view(x, (TAPS, TAPS), axis=(2, 3))
    exact = numpy.einsum("tcijrs,fcrs->tfij", windows.astype(numpy.float64), w.astype(numpy.float64))
    if points is None:
        rows = numpy.ascontiguousarray(windows.transpose(0, 2, 3, 4, 5, 1)).reshape(-1, TAPS * TAPS * channels)
        columns = w.transpose(2, 3, 1, 0).reshape(-1, filters)
        y = sequential_product(rows, columns).reshape(tiles, outputs, outputs, filters).transpose(0, 3, 1, 2)
    else:
        a, g, b = (numpy.array(m, dtype=object).astype(numpy.float32) for m in matrices(outputs, points))
        v = b @ x @ b.T
        u = g @ w @ g.T
        m = numpy.stack([[sequential_product(v[:, :, p, q], u[:, :, p, q].T) for q in range(size)] for p in range(size)])
        y = a @ m.transpose(2, 3, 0, 1) @ a.T
    difference = y.astype(numpy.float64) - exact
    scale = numpy.sqrt(numpy.mean(exact**2))
    return numpy.abs(difference).max() / scale, numpy.sqrt(numpy.mean(difference**2)) / scale


def sequential_product(left, right):
    """A matrix product that sums in order, as ours does; NumPy's own would sum in blocks."""
    result = numpy.zeros((left.shape[0], right.shape[1]), numpy.float32)
    for k in range(left.shape[1]):
        result += left[:, k:k + 1] * right[k]
    return result


def table():
    depths = (32, 128, 512)
    lines = ["| algorithm | products per output | " + " | ".join(f"{c} channels" for c in depths) + " |",
             "|---|---|" + "---|" * len(depths)]
    for name, algorithm in ALGORITHMS.items():
        products = 9 if algorithm is None else ((algorithm[0] + 2) / algorithm[0])**2
        cells = ["{:.1e} ({:.1e})".format(*error(algorithm, channels)) for channels in depths]
        lines.append(f"| {name} | {products:.2f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into docs/winograd.md")
    arguments = parser.parse_args()
    for name, algorithm in ALGORITHMS.items():
        if algorithm is None:
            continue
        a, g, b = matrices(*algorithm)
        check_exactly(algorithm[0], a, g, b)
        print(name)
        for label, matrix in (("A^T", a), ("G", g), ("B^T", b)):
            for i, row in enumerate(matrix):
                print(f"  {label if i == 0 else '':4}", " ".join(f"{str(value):>7}" for value in row))
    result = table()
    print(result)
    if arguments.write:
        head, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(head + BEGIN + "\n" + result + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
