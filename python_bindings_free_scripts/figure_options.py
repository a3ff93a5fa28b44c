"""The command-line options that the scripts which draw a figure share: where to, how wide, on which scale."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from script_base import USAGE, Fault, Parser

KINDS = (".pdf", ".svg", ".png")


def add_figure_options(parser: Parser, axis: str, width_of: str) -> None:
    """`axis`: what the scale is of; `width_of`: what the width is of."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FIGURE.pdf", help=".pdf, .svg or .png")
    parser.add_argument("--scale", choices=("log", "linear"), default="log", help=f"{axis} axis (default: %(default)s)")
    parser.add_argument("--width", type=float, default=3.4, metavar="INCHES", help=f"of {width_of} (default: %(default)s)")


def figure_kind(options: Namespace) -> str:
    """The kind of figure that the output's name asks for, without the dot. Faults (64): another ending, an odd width."""
    ending = options.output.suffix.lower()
    if ending not in KINDS:
        raise Fault(USAGE, f"--output: expected a name ending in {', '.join(KINDS)}, found {options.output.name!r}")
    if not 1 <= options.width <= 50:
        raise Fault(USAGE, f"--width: expected 1 to 50 inches, found {options.width:g}")
    return ending[1:]
