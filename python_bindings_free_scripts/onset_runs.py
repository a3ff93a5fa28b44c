"""From options to runs: reads the series files and asks the onset program about each."""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import onset_program
import onset_series
from onset_options import question_of
from onset_program import Onsets
from onset_series import Series
from script_base import warn


@dataclass(frozen=True)
class Run:
    """A series with what was found in it."""

    series: Series
    onsets: Onsets


def read_runs(program: str, options: Namespace) -> list[Run]:
    """Reads the files, then asks the onset program about each, two at a time; `program` signs the warnings."""
    question = question_of(options)
    detector = onset_program.find_program(options.onset)
    series = onset_series.read_all(options.series)
    with ThreadPoolExecutor(max_workers=2) as pool:
        onsets = list(pool.map(lambda one: onset_program.detect(detector, one.path, question), series))
    runs = [Run(one, answer) for one, answer in zip(series, onsets, strict=True)]
    for one in runs:
        if one.onsets.why_not:
            warn(program, f"{one.series.path}: drawn without onsets: {one.onsets.why_not}")
    return runs
