#!/usr/bin/env python3
"""Runs a command on a terminal of its own and keeps what its screen showed, as text and as an SVG picture.

    python3 docs/capture_terminal.py --size 100x32 --after 60 --out docs/images/animator -- ./cifar_engine train

writes docs/images/animator.txt and .svg with the screen as it was after 60 seconds, or at the command's end if that
came first or there is no --after; then the command goes on to its end. Needs pyte (PyPI), a terminal in Python.
"""
import argparse
import fcntl
import os
import pty
import select
import struct
import termios
import time

import pyte

CELL_WIDTH, CELL_HEIGHT, MARGIN = 9, 18, 12
BACKGROUND, TEXT = "#16181d", "#d5d8de"
BRAILLE = 0x2800
# Bits of a braille character, by column and row of dots.
DOT_BITS = {(0, 0): 0x01, (0, 1): 0x02, (0, 2): 0x04, (1, 0): 0x08, (1, 1): 0x10, (1, 2): 0x20, (0, 3): 0x40, (1, 3): 0x80}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="100x32", help="columns x rows")
    parser.add_argument("--after", type=float, help="seconds")
    parser.add_argument("--out", required=True, help="path without .txt and .svg")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def start(command, columns, rows):
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    return process, terminal


def read(terminal):
    """What was written within a moment; None at the end."""
    if not select.select([terminal], [], [], 0.1)[0]:
        return b""
    try:
        return os.read(terminal, 65536) or None
    except OSError:
        return None


def capture(screen, terminal, after, save):
    stream, deadline, is_saved = pyte.ByteStream(screen), time.monotonic() + (after or float("inf")), False
    while (written := read(terminal)) is not None:
        stream.feed(written)
        if time.monotonic() >= deadline and not is_saved:
            save(screen)
            is_saved = True
    if not is_saved:
        save(screen)


def colour(character):
    return TEXT if character.fg == "default" else f"#{character.fg}"


def dots(code, column, row, fill):
    """A braille character as circles: fonts that lack it would shift the picture."""
    left, top = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
    circles = []
    for (x, y), bit in DOT_BITS.items():
        if (code - BRAILLE) & bit:
            centre = f'cx="{left + CELL_WIDTH * (2 * x + 1) / 4:g}" cy="{top + CELL_HEIGHT * (2 * y + 1) / 8:g}"'
            circles.append(f'<circle {centre} r="1.6" fill="{fill}"/>')
    return "".join(circles)


def glyph(character, column, row):
    if BRAILLE < ord(character.data[0]) <= BRAILLE + 0xFF:
        return dots(ord(character.data[0]), column, row, colour(character))
    if character.data == " ":
        return ""
    text = character.data.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    weight = ' font-weight="bold"' if character.bold else ""
    place = f'x="{MARGIN + column * CELL_WIDTH}" y="{MARGIN + row * CELL_HEIGHT + 15}"'
    return f'<text {place} fill="{colour(character)}"{weight}>{text}</text>'


def to_svg(screen):
    width, height = (2 * MARGIN + n * size for n, size in ((screen.columns, CELL_WIDTH), (screen.lines, CELL_HEIGHT)))
    rows = [
        "".join(glyph(screen.buffer[row][column], column, row) for column in range(screen.columns))
        for row in range(screen.lines)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="15">\n'
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>\n' + "\n".join(filter(None, rows)) + "\n</svg>\n"
    )


def main():
    arguments = parse_arguments()
    columns, rows = map(int, arguments.size.split("x"))
    process, terminal = start(arguments.command, columns, rows)

    def save(screen):
        with open(arguments.out + ".txt", "w", encoding="utf-8") as file:
            file.write("\n".join(line.rstrip() for line in screen.display).rstrip() + "\n")
        with open(arguments.out + ".svg", "w", encoding="utf-8") as file:
            file.write(to_svg(screen))

    capture(pyte.Screen(columns, rows), terminal, arguments.after, save)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    raise SystemExit(main())
