"""Draws what a sweep came to against the release step: final UAS and final accuracy of each run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from figure_options import add_figure_options, figure_kind
from onset_program import Question
from script_base import Parser, named_modules, run, write_whole

EXAMPLE = "python3 release_figure.py sweep/sweep.csv -o release.pdf"


def parser() -> Parser:
    made = Parser(str(__doc__), EXAMPLE)
    defaults = Question()
    made.add_argument("sweep", type=Path, metavar="SWEEP/sweep.csv", help="the table that onset sweep writes")
    add_figure_options(made, "release", "a panel")
    made.add_argument("--structure", default=defaults.structure, metavar="CURVE", help="default: %(default)s")
    made.add_argument("--capability", default=defaults.capability, metavar="CURVE", help="default: %(default)s")
    return made


def main(words: Sequence[str]) -> None:
    options = parser().parse_args(words)
    kind = figure_kind(options)
    with named_modules():
        import release_draw
    import sweep_table

    runs = sweep_table.read_runs(options.sweep, (options.structure, options.capability))
    write_whole(options.output, release_draw.render(runs, options, kind))


if __name__ == "__main__":
    run("release_figure.py", main)
