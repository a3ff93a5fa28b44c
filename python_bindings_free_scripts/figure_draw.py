"""The two-onset figure by matplotlib: accuracies with their onsets, loss and TwoNN on one step axis."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

import onset_series
from figure_style import rendered, step_label
from onset_program import Break
from onset_runs import Run
from script_base import BAD_DATA, USAGE, Fault

STRUCTURE, CAPABILITY, LOSS, TWONN = "#0072b2", "#c04e00", "#3f4650", "#00785a"
MARKERS = {"structure": "^", "capability": "o"}
COLOURS = {"structure": STRUCTURE, "capability": CAPABILITY}


@dataclass(frozen=True)
class Line:
    """One curve of a panel; `onset` names the marker it carries, if any."""

    label: str
    colour: str
    values: np.ndarray
    band: onset_series.Band | None = None
    onset: str = ""


@dataclass(frozen=True)
class Panel:
    title: str
    height: float
    lines: list[Line]


def panels(one: Run, options: Namespace) -> list[Panel]:
    """The panels for which this run has data, top to bottom."""
    series = one.series
    found = []
    scores = [
        Line(label, COLOURS[onset], values, onset_series.band(series, path), onset)
        for path, label, onset in (
            (options.structure, "UAS" if options.structure == "uas/micro" else options.structure, "structure"),
            (options.capability, "Accuracy on pairs" if options.capability == "pll/overall" else options.capability, "capability"),
        )
        if (values := onset_series.curve(series, path)) is not None
    ]
    if scores:
        found.append(Panel("Accuracy", 2.0, scores))
    loss = onset_series.curve(series, "loss/mlm")
    if loss is not None:
        found.append(Panel("MLM loss", 1.0, [Line("", LOSS, loss, onset_series.band(series, "loss/mlm"))]))
    dimension = _twonn(one, options)
    if dimension is not None:
        found.append(Panel("TwoNN", 1.0, [Line("", TWONN, dimension)]))
    return found


def _twonn(one: Run, options: Namespace) -> np.ndarray | None:
    dimension = onset_series.numbers(one.series, "twonn/dimension", ("step", "layer", "pooling"))
    if dimension is None:
        return None
    layers = dimension.shape[1]
    layer = layers - 1 if options.layer is None else options.layer
    if not 0 <= layer < layers:
        raise Fault(USAGE, f"--layer: {one.series.path} has layers 0 to {layers - 1}, found {layer}")
    poolings = onset_series.strings(one.series, "twonn/pooling", ("pooling",)) or []
    if options.pooling not in poolings:
        raise Fault(USAGE, f"--pooling: {one.series.path} has {' and '.join(poolings)}, found {options.pooling!r}")
    return dimension[:, layer, poolings.index(options.pooling)]


def placer(steps: np.ndarray, scale: str) -> Callable[[np.ndarray | float], np.ndarray]:
    """Where a step is drawn. A logarithm has no 0: the untrained model stands a little left of the first step."""
    if scale == "linear":
        return lambda step: np.asarray(step, dtype=float)
    positive = steps[steps > 0]
    first, last = (positive[0], positive[-1]) if positive.size else (1, 1)
    zero = first / max(1.6, (last / first) ** 0.06)
    return lambda step: np.where(np.asarray(step) > 0, np.maximum(step, zero), zero)


def draw(runs: Sequence[Run], options: Namespace) -> Figure:
    """One column a run, panels stacked on one step axis."""
    columns = [panels(one, options) for one in runs]
    titles = [panel for column in columns for panel in column]
    rows = list(dict.fromkeys((panel.title, panel.height) for panel in titles))
    if not rows:
        raise Fault(BAD_DATA, f"{runs[0].series.path}: no curve to draw in the series")
    order = ["Accuracy", "MLM loss", "TwoNN"]
    rows.sort(key=lambda row: order.index(row[0]))
    heights = [height for _, height in rows]
    figure = Figure(figsize=(options.width * len(runs), 0.45 + 0.75 * sum(heights)), layout="constrained")
    axes = figure.subplots(
        len(rows), len(runs), sharex="col", sharey="row", squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for c, (one, column) in enumerate(zip(runs, columns, strict=True)):
        by_title = {panel.title: panel for panel in column}
        for r, (title, _) in enumerate(rows):
            _draw_panel(axes[r, c], one, by_title.get(title), options.scale)
            if c == 0:
                axes[r, c].set_ylabel(title)
        if len(runs) > 1:
            # A long name stands above the legend, whose place is at the right, else beside it.
            points_left = 72 * options.width - 190
            over = 4.6 * max(len(other.series.run) for other in runs) > points_left
            axes[0, c].set_title(one.series.run, loc="left", parse_math=False, pad=18 if over else 6)
        _step_axis(axes[-1, c], one.series.steps, options.scale)
    figure.align_ylabels(axes[:, 0])
    return figure


def _draw_panel(axes: Axes, one: Run, panel: Panel | None, scale: str) -> None:
    at = placer(one.series.steps, scale)
    for kind, onset in (("structure", one.onsets.structure), ("capability", one.onsets.capability)):
        _draw_onset_band(axes, COLOURS[kind], onset, at)
    if panel is None:
        axes.text(0.5, 0.5, "not in the file", transform=axes.transAxes, ha="center", color="0.5")
        return
    x = at(one.series.steps)
    for line in panel.lines:
        if line.band is not None:
            axes.fill_between(x, line.band.low, line.band.high, color=line.colour, alpha=0.2, linewidth=0)
        few = len(x) <= 40
        axes.plot(x, line.values, color=line.colour, label=line.label, marker="." if few else "", markersize=2.5)
        onset = getattr(one.onsets, line.onset) if line.onset else None
        if onset is not None:
            _draw_marker(axes, one, line, onset, at)
    if panel.lines[0].onset:
        _draw_legend(axes, panel)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6 if panel.height > 1 else 3))


def _draw_legend(axes: Axes, panel: Panel) -> None:
    """Above the panel, where no curve can run."""
    handles = [
        Line2D([], [], color=line.colour, marker=MARKERS[line.onset], markersize=4, label=line.label)
        for line in panel.lines
    ]
    axes.legend(
        handles=handles,
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1, 1),
        borderaxespad=0,
        handlelength=1.5,
    )


def _draw_onset_band(axes: Axes, colour: str, onset: Break | None, at: Callable) -> None:
    if onset is None or onset.step is None:
        return
    axes.axvline(float(at(onset.step)), color=colour, linewidth=0.7, linestyle=":")
    if onset.low is not None and onset.high is not None:
        axes.axvspan(float(at(onset.low)), float(at(onset.high)), color=colour, alpha=0.1, linewidth=0)


def _draw_marker(axes: Axes, one: Run, line: Line, onset: Break, at: Callable) -> None:
    known = np.isfinite(line.values)
    steps = one.series.steps[known]
    if onset.step is None or not steps.size or not steps[0] <= onset.step <= steps[-1]:
        return
    x, y = float(at(onset.step)), float(np.interp(onset.step, steps, line.values[known]))
    reach = None
    if onset.low is not None and onset.high is not None:
        # An answer may lie outside its own interval: the bar then starts at the marker.
        reach = [[max(0.0, x - float(at(onset.low)))], [max(0.0, float(at(onset.high)) - x)]]
    axes.errorbar(
        x,
        y,
        xerr=reach,
        fmt=MARKERS[line.onset],
        color=line.colour,
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.6,
        elinewidth=1,
        capsize=2,
        zorder=5,
    )


def _step_axis(axes: Axes, steps: np.ndarray, scale: str) -> None:
    axes.set_xlabel("Training step")
    if scale == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: step_label(value)))
        return
    axes.set_xscale("log")
    positive = steps[steps > 0]
    few = positive.size > 0 and positive[-1] < 300 * positive[0]
    locator = LogLocator(subs=(1, 2, 5) if few else (1,), numticks=12)
    ticks = []
    if positive.size:
        ticks = [tick for tick in locator.tick_values(positive[0], positive[-1]) if positive[0] <= tick <= positive[-1]]
    zero = [float(placer(steps, scale)(0))] if steps[0] == 0 else []
    axes.set_xticks([*zero, *ticks], ["0"] * len(zero) + [step_label(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(FixedLocator([] if few else [n * tick for tick in ticks for n in range(2, 10)]))
    axes.xaxis.set_minor_formatter(NullFormatter())


def render(runs: Sequence[Run], options: Namespace, kind: str) -> bytes:
    """The figure as a file of this kind: pdf, svg or png. The same bytes for the same data."""
    return rendered(lambda: draw(runs, options), kind)
