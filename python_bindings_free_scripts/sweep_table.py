"""Reads sweep.csv, the table that `onset sweep` writes: a row a run."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from script_base import BAD_DATA, IO, MISSING_INPUT, Fault


@dataclass(frozen=True)
class SweptRun:
    """One run of a sweep. `release` is None for a run that is never released, and for lambda 0."""

    name: str
    seed: str
    strength: float  # lambda
    release: float | None
    steps: float  # of the whole run
    finals: dict[str, float] = field(default_factory=dict)  # by curve; absent: the run failed or lacks it
    structure_onset: float | None = None


def read_runs(path: Path, curves: Sequence[str]) -> list[SweptRun]:
    """The runs with the final values of these curves.

    Faults: 66 no such file; 65 a column that is not there, a cell that is no number, no run at all.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            header = rows.fieldnames or []
            wanted = ["run", "seed", "lambda", "release", "steps", *(f"{curve}.final" for curve in curves)]
            for column in wanted:
                if column not in header:
                    raise Fault(BAD_DATA, f"{path}:1: expected a column {column}, found {', '.join(header) or 'none'}")
            runs = [_run(row, curves, f"{path}:{rows.line_num}") for row in rows]
    except FileNotFoundError:
        raise Fault(MISSING_INPUT, f"{path}: no such file") from None
    except OSError as error:
        raise Fault(IO, f"{path}: cannot read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Fault(BAD_DATA, f"{path}: not a CSV table: {error}") from None
    if not runs:
        raise Fault(BAD_DATA, f"{path}: no run in the table")
    return runs


def _run(row: dict[str, str], curves: Sequence[str], place: str) -> SweptRun:
    strength, steps = _number(row, "lambda", place), _number(row, "steps", place)
    if strength is None or steps is None:
        raise Fault(BAD_DATA, f"{place}: lambda, steps: expected numbers, found an empty cell")
    finals = {curve: _number(row, f"{curve}.final", place) for curve in curves}
    return SweptRun(
        name=row["run"] or "",
        seed=row["seed"] or "",
        strength=strength,
        release=_number(row, "release", place),
        steps=steps,
        finals={curve: value for curve, value in finals.items() if value is not None},
        structure_onset=_number(row, "structure.step", place),
    )


def _number(row: dict[str, str], column: str, place: str) -> float | None:
    text = row.get(column) or ""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Fault(BAD_DATA, f"{place}: {column}: expected a number, found {text!r}")
    return number
