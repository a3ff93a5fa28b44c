"""Puts the report's page together from its parts in report_page/ and the runs' data, words and tables."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import plotly
import xarray
from plotly.offline import get_plotlyjs

import onset_program
import report_data
import report_text
from onset_options import question_of
from onset_runs import Run
from script_base import BAD_DATA, Fault

PARTS = Path(__file__).resolve().parent / "report_page"
CELL_BUDGET = 6_000_000  # cells of all runs' head maps; a cell is at most 1.2 bytes of page


def page(runs: Sequence[Run], options: Namespace) -> str:
    """The whole page."""
    title = options.title or "Onsets of " + ", ".join(run.series.run for run in runs)
    data = {
        "runs": [report_data.pack(run.series, run.onsets, CELL_BUDGET // len(runs)) for run in runs],
        "structure": options.structure,
        "capability": options.capability,
    }
    if not any(run["curves"] or run["twonn"] or run["heads"] or run["pairs"] for run in data["runs"]):
        raise Fault(BAD_DATA, f"{options.series[0]}: no curve to draw in the series")
    return Template(_part("page.html")).substitute(
        title=escape(title),
        style=_part("page.css"),
        claims=report_text.claims(runs),
        onset_table=report_text.onset_table(runs),
        warning=report_text.difference_warning(runs),
        run_table=report_text.run_table(runs),
        provenance=_provenance(runs, options),
        plotly=get_plotlyjs(),
        # A "<" could open or end a script element; JSON may write it as an escape.
        data=json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        charts=_part("charts.js"),
        script=_part("page.js"),
    )


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _provenance(runs: Sequence[Run], options: Namespace) -> str:
    program = onset_program.find_program(options.onset)
    facts = [
        ("onset", onset_program.version(program) if program else "not found"),
        ("asked of onset detect", " ".join(question_of(options).words())),
        ("plotly, xarray", f"{plotly.__version__}, {xarray.__version__}"),
    ]
    blocks = [report_text.file_table(runs), report_text.fact_table(facts), report_text.attribute_table(runs)]
    blocks += [report_text.answer_block(one) for one in runs]
    blocks += [report_text.checkpoint_table(one) for one in runs]
    return "\n".join(blocks)
