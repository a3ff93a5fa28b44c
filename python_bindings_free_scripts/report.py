"""Writes one self-contained page, which works offline, from the series files of one or more runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from onset_options import add_shared_options
from script_base import Parser, named_modules, run, write_whole

EXAMPLE = "python3 report.py base.h5 suppressed.h5 -o report.html"


def parser() -> Parser:
    made = Parser(str(__doc__), EXAMPLE)
    add_shared_options(made)
    made.add_argument("-o", "--output", type=Path, required=True, metavar="REPORT.html", help="the page to write")
    made.add_argument("--title", help="the page's title (default: the runs' names)")
    return made


def main(words: Sequence[str]) -> None:
    options = parser().parse_args(words)
    with named_modules():
        import onset_runs
        import report_build
    runs = onset_runs.read_runs("report.py", options)
    write_whole(options.output, report_build.page(runs, options).encode("utf-8"))


if __name__ == "__main__":
    run("report.py", main)
