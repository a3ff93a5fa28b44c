"""The release-step figure by matplotlib: a panel a metric, a line a lambda, a point a run."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from figure_style import rendered, step_label
from script_base import BAD_DATA, Fault
from sweep_table import SweptRun

BASE, ONSET = "#3f4650", "#8a929c"
COLOURS = ("#0072b2", "#c04e00", "#00785a", "#8e4585", "#b8860b", "#5b7fa6")
MARKERS = ("o", "s", "^", "D", "v", "P")
NAMES = {"uas/micro": "Final UAS", "pll/overall": "Final accuracy on pairs", "loss/mlm": "Final MLM loss"}


def draw(runs: Sequence[SweptRun], options: Namespace) -> Figure:
    """Structure left, capability right, on one axis of release steps. Fault (65): no run with lambda."""
    strengths = list(dict.fromkeys(run.strength for run in runs if run.strength != 0))
    if not strengths:
        raise Fault(BAD_DATA, f"{Path(options.sweep)}: every run has lambda 0: there is no release to draw")
    curves = list(dict.fromkeys((options.structure, options.capability)))
    if not any(curve in run.finals for run in runs if run.strength != 0 for curve in curves):
        raise Fault(BAD_DATA, f"{Path(options.sweep)}: no run with lambda has a final {' or '.join(curves)}")
    figure = Figure(figsize=(options.width * len(curves), 2.75), layout="constrained")
    axes = figure.subplots(1, len(curves), sharex=True, squeeze=False)[0]
    base = [run for run in runs if run.strength == 0]
    for panel, curve in zip(axes, curves, strict=True):
        _draw_base(panel, [run.finals[curve] for run in base if curve in run.finals], base)
        for number, strength in enumerate(strengths):
            _draw_strength(panel, [run for run in runs if run.strength == strength], curve, number)
        panel.set_ylabel(NAMES.get(curve, f"Final {curve}"), parse_math=False)
        panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
        _release_axis(panel, [run for run in runs if run.strength != 0], options.scale)
    axes[0].legend(
        frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1.02), borderaxespad=0, handlelength=1.8
    )
    return figure


def _draw_base(axes: Axes, finals: Sequence[float], base: Sequence[SweptRun]) -> None:
    if finals:
        axes.axhline(fmean(finals), color=BASE, linewidth=1, linestyle="--", label="base (λ = 0)")
        if len(finals) > 1:
            axes.axhspan(min(finals), max(finals), color=BASE, alpha=0.1, linewidth=0)
    onsets = [run.structure_onset for run in base if run.structure_onset is not None]
    if onsets:
        axes.axvline(fmean(onsets), color=ONSET, linewidth=0.9, linestyle=":", label="base's structure onset")


def _draw_strength(axes: Axes, runs: Sequence[SweptRun], curve: str, number: int) -> None:
    """Seeds as points, their means joined. A run that is never released stands at the run's end."""
    colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
    by_release: dict[float, list[float]] = {}
    for run in runs:
        if curve in run.finals:
            at = run.steps if run.release is None else run.release
            by_release.setdefault(at, []).append(run.finals[curve])
    if not by_release:
        return
    steps = sorted(by_release)
    means = [fmean(by_release[step]) for step in steps]
    axes.plot(steps, means, color=colour, marker=marker, markersize=4, label=f"λ = {_minus(runs[0].strength)}")
    for step in steps:
        values = by_release[step]
        if len(values) > 1:
            axes.plot([step] * len(values), values, color=colour, linestyle="", marker=marker, markersize=3, alpha=0.35)


def _release_axis(axes: Axes, runs: Sequence[SweptRun], scale: str) -> None:
    """A tick at each release step that has room, and "never" at the run's end."""
    axes.set_xlabel("Release step")
    axes.set_xscale(scale)
    never = max((run.steps for run in runs if run.release is None), default=None)
    releases = sorted({run.release for run in runs if run.release is not None})
    ticks = [*releases, *([] if never is None else [never])]
    low, high = axes.get_xlim()
    place = float if scale == "linear" else _logarithm
    room = 0.09 * (place(high) - place(low))
    kept: list[float] = []
    for tick in reversed(ticks):
        if not kept or place(kept[-1]) - place(tick) >= room:
            kept.append(tick)
    axes.set_xticks(kept, ["never" if tick == never else step_label(tick) for tick in kept])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _minus(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _logarithm(step: float) -> float:
    return math.log(max(step, 1e-9))


def render(runs: Sequence[SweptRun], options: Namespace, kind: str) -> bytes:
    """The figure as a file of this kind: pdf, svg or png. The same bytes for the same data."""
    return rendered(lambda: draw(runs, options), kind)
