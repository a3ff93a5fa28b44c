"""The command-line options that report.py and figure.py share."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from onset_program import Question
from script_base import USAGE, Fault, Parser


def add_shared_options(parser: Parser) -> None:
    defaults = Question()
    parser.add_argument("series", nargs="+", type=Path, metavar="SERIES.h5", help="series files, one a run")
    parser.add_argument("--onset", metavar="PROGRAM", help="the onset program (default: build/bin/onset, else on PATH)")
    parser.add_argument("--structure", default=defaults.structure, metavar="CURVE", help="default: %(default)s")
    parser.add_argument("--capability", default=defaults.capability, metavar="CURVE", help="default: %(default)s")
    parser.add_argument(
        "--axis", choices=("step", "log"), default=defaults.axis, help="the detector's scale of steps (default: %(default)s)"
    )
    parser.add_argument("--spacing", type=float, metavar="D", help="the detector's d on that scale (default: the program's)")


def question_of(options: Namespace) -> Question:
    """What the options ask of the detector. Faults (64): a spacing that is not above 0, a curve that is no group/name."""
    if options.spacing is not None and not 0 < options.spacing < float("inf"):
        raise Fault(USAGE, f"--spacing: expected a number above 0, found {options.spacing:g}")
    for name in ("structure", "capability"):
        path = getattr(options, name)
        if "/" not in path or "[" in path:
            raise Fault(USAGE, f"--{name}: expected a whole curve such as uas/micro, found {path!r}")
    return Question(options.structure, options.capability, options.spacing, options.axis)
