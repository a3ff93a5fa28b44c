"""Draws the two-onset figure of one or more runs for a paper: PDF, SVG or PNG by the output's ending."""

from __future__ import annotations

from collections.abc import Sequence

from figure_options import add_figure_options, figure_kind
from onset_options import add_shared_options
from script_base import Parser, named_modules, run, write_whole

EXAMPLE = "python3 figure.py base.h5 -o onsets.pdf --scale log"


def parser() -> Parser:
    made = Parser(str(__doc__), EXAMPLE)
    add_shared_options(made)
    add_figure_options(made, "step", "one run")
    made.add_argument("--layer", type=int, metavar="N", help="TwoNN layer, 0 = embeddings (default: the last)")
    made.add_argument("--pooling", default="cls", help="TwoNN pooling, cls or mean (default: %(default)s)")
    return made


def main(words: Sequence[str]) -> None:
    options = parser().parse_args(words)
    kind = figure_kind(options)
    with named_modules():
        import figure_draw
        import onset_runs
    runs = onset_runs.read_runs("figure.py", options)
    write_whole(options.output, figure_draw.render(runs, options, kind))


if __name__ == "__main__":
    run("figure.py", main)
