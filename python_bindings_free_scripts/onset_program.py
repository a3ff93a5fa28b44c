"""Asks the onset program where the breaks are. The detectors live there alone; this only reads its answer."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from script_base import MISSING_INPUT, Fault, one_line

TIMEOUT_SECONDS = 300
BUILT = Path(__file__).resolve().parent.parent / "build" / "bin" / "onset"


@dataclass(frozen=True)
class Break:
    """What was found in one curve. Without a break `step`, `low` and `high` are None."""

    curve: str
    step: float | None = None
    low: float | None = None  # 95 % interval
    high: float | None = None
    p: float | None = None
    detectors: dict[str, float | None] = field(default_factory=dict)
    reason: str = ""  # the program's words, where it gives them


@dataclass(frozen=True)
class Gap:
    """Capability onset minus structure onset, in steps."""

    steps: float
    low: float | None
    high: float | None
    p_structure_first: float | None


@dataclass(frozen=True)
class Onsets:
    """The answer for one series file; `why_not` says in words why there is none."""

    structure: Break | None = None
    capability: Break | None = None
    gap: Gap | None = None
    why_not: str = ""
    answer: str = ""  # the program's JSON, verbatim


@dataclass(frozen=True)
class Question:
    """What is asked of `onset detect`."""

    structure: str = "uas/micro"
    capability: str = "pll/overall"
    spacing: float | None = None  # on that scale; the program's default when None
    axis: str = "step"  # scale of distances: step or log

    def words(self) -> list[str]:
        words = ["--structure", self.structure, "--capability", self.capability]
        if self.axis != "step":
            words += ["--axis", self.axis]
        return words if self.spacing is None else [*words, "--spacing", f"{self.spacing:.17g}"]


def find_program(given: str | None) -> Path | None:
    """The program named by the user (66 when absent), else the repository's build, else the one on PATH, else None."""
    if given is not None:
        path = shutil.which(given)
        if path is None:
            raise Fault(MISSING_INPUT, f"--onset: {given}: no such program")
        return Path(path)
    if shutil.which(str(BUILT)):
        return BUILT
    path = shutil.which("onset")
    return Path(path) if path else None


def detect(program: Path | None, series: Path, question: Question) -> Onsets:
    """Runs `onset detect SERIES --json`. A refusal is no fault of the caller: it is told in `why_not`."""
    if program is None:
        return Onsets(why_not="the program onset was not found, so no onset was computed")
    command = [str(program), "detect", str(series), "--json", *question.words()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        return Onsets(why_not=f"onset detect did not run: {one_line(error)}")
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return Onsets(why_not=one_line(lines[-1]))
    try:
        return _parsed(done.stdout)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return Onsets(why_not=f"onset detect gave no answer that this script reads: {one_line(error)}")


def version(program: Path) -> str:
    """The first line of `onset --version`, or nothing."""
    try:
        done = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return one_line(done.stdout.strip().split("\n")[0]) if done.returncode == 0 else ""


def _parsed(text: str) -> Onsets:
    answer = json.loads(text)
    return Onsets(
        structure=_break(answer.get("structure")),
        capability=_break(answer.get("capability")),
        gap=_gap(answer.get("gap")),
        answer=text.strip(),
    )


def _break(answer: dict[str, Any] | None) -> Break | None:
    if answer is None:
        return None
    found = bool(answer["break"])
    return Break(
        curve=str(answer["curve"]),
        step=_number(answer.get("step")) if found else None,
        low=_number(answer.get("low")) if found else None,
        high=_number(answer.get("high")) if found else None,
        p=_number(answer.get("p")),
        detectors={str(name): _number(at) for name, at in (answer.get("detectors") or {}).items()},
        reason=one_line(answer.get("reason") or ""),
    )


def _gap(answer: dict[str, Any] | None) -> Gap | None:
    steps = _number(answer.get("steps")) if answer is not None else None
    if answer is None or steps is None:
        return None
    return Gap(steps, _number(answer.get("low")), _number(answer.get("high")), _number(answer.get("p_structure_first")))


def _number(value: object) -> float | None:
    if value is None:
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if abs(number) < float("inf") else None
