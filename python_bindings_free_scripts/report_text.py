"""The report's words and tables, as HTML that needs no script: claims, onsets, runs side by side, provenance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

import onset_series
from onset_program import Break, Gap
from onset_runs import Run

ABSENT = '<td class="none">–</td>'
DETECTOR_NAMES = {
    "second_difference": "second difference",
    "piecewise_linear": "piecewise linear",
    "slope": "largest slope",
}


def steps_text(steps: float) -> str:
    return f"{steps:,.0f}".replace("-", "−")


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f'<span class="interval">[{steps_text(low)}, {steps_text(high)}]</span>'


def _with_interval(value: float, low: float | None, high: float | None) -> str:
    return f"<b>{steps_text(value)}</b> {_interval(low, high)}".strip()


def _p_text(p: float | None) -> str:
    if p is None:
        return "–"
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"


def claim(run: Run) -> str:
    """The key claim in one sentence."""
    onsets = run.onsets
    if onsets.why_not:
        return f"Onsets not computed: {escape(onsets.why_not)}."
    parts = [_half("structure", onsets.structure), _half("capability", onsets.capability)]
    if onsets.gap is not None:
        parts.append(f"gap {_with_interval(onsets.gap.steps, onsets.gap.low, onsets.gap.high)} steps")
    return "; ".join(parts) + "."


def _mark(what: str) -> str:
    return f'<span class="{what}">{"▲" if what == "structure" else "●"}</span>'


def _half(what: str, found: Break | None) -> str:
    """One onset in words; structure's opens the sentence."""
    yes, no = (what.capitalize(), "No") if what == "structure" else (what, "no")
    if found is None:
        return f"{_mark(what)} {no} {what} curve in the file"
    if found.step is None:
        return f"{_mark(what)} {no} {what} onset: {escape(found.curve)} shows no break{_why(found)}"
    return f"{_mark(what)} {yes} onset at step {_with_interval(found.step, found.low, found.high)}"


def _why(found: Break) -> str:
    """The program's own words where it gives any: a small p alone does not make a break."""
    words = found.reason.removeprefix("no break: ")
    if words:
        return f": {escape(words)}"
    return "" if found.p is None else f" (p {_equals(_p_text(found.p))})"


def _equals(value: str) -> str:
    return value if value.startswith("&lt;") else f"= {value}"


def claims(runs: Sequence[Run]) -> str:
    """All runs' claims; the run is named where there are several."""
    if len(runs) == 1:
        return f'<p class="claim single">{claim(runs[0])}</p>'
    rows = "".join(f"<dt>{escape(run.series.run)}</dt><dd>{claim(run)}</dd>" for run in runs)
    return f'<dl class="claim">{rows}</dl>'


def onset_table(runs: Sequence[Run]) -> str:
    """One row a run and curve: verdict, interval, and what each detector says."""
    found = [
        (run, what, one)
        for run in runs
        for what, one in (("structure", run.onsets.structure), ("capability", run.onsets.capability))
        if one is not None
    ]
    if not found:
        return ""
    detectors = list(dict.fromkeys(name for _, _, one in found for name in one.detectors))
    head = ["Run", "Onset", "Curve"], ["Step", "95 % interval", "p of no break"]
    names = [DETECTOR_NAMES.get(name, name.replace("_", " ")) for name in detectors]
    rows = "".join(_onset_row(run, what, one, detectors) for run, what, one in found)
    return _table(head[0], [*head[1], *names], rows, "Detectors side by side, in steps")


def _onset_row(run: Run, what: str, one: Break, detectors: Sequence[str]) -> str:
    cells = [f"<td>{escape(run.series.run)}</td><td>{_mark(what)} {what}</td><td>{escape(one.curve)}</td>"]
    cells.append("<td>no break</td>" if one.step is None else f"<td><b>{steps_text(one.step)}</b></td>")
    cells.append(f"<td>{_interval(one.low, one.high)}</td>" if one.low is not None else ABSENT)
    cells.append(f"<td>{_p_text(one.p)}</td>")
    for name in detectors:
        at = one.detectors.get(name)
        cells.append(ABSENT if at is None else f"<td>{steps_text(at)}</td>")
    note = f'<tr class="reason"><td></td><td colspan="{5 + len(detectors)}">{escape(one.reason)}</td></tr>'
    return f"<tr>{''.join(cells)}</tr>" + (note if one.reason else "")


# What the comparison shows of a curve: heading, path, which end is best, decimals.
COMPARED = (
    ("UAS", "uas/micro", max, 3),
    ("Accuracy", "pll/overall", max, 3),
    ("Loss", "loss/mlm", min, 3),
)


def run_table(runs: Sequence[Run]) -> str:
    """One row a run: checkpoints, onsets, gap, last and best values."""
    shown = [entry for entry in COMPARED if any(onset_series.curve(run.series, entry[1]) is not None for run in runs)]
    numbers = ["Checkpoints", "Last step", "Structure onset", "Capability onset", "Gap", "Structure first"]
    for name, _, _, _ in shown:
        numbers += [f"{name}, last", f"{name}, best"]
    rows = "".join(_run_row(run, shown) for run in runs)
    return _table(["Run"], numbers, rows, "Last and best values over the checkpoints; steps with 95 % intervals")


def _run_row(run: Run, shown: Sequence[tuple]) -> str:
    steps = run.series.steps
    cells = [f"<td>{escape(run.series.run)}</td>", f"<td>{len(steps):,}</td>", f"<td>{steps_text(steps[-1])}</td>"]
    for one in (run.onsets.structure, run.onsets.capability):
        if one is None or one.step is None:
            cells.append(ABSENT)
        else:
            cells.append(f"<td>{_with_interval(one.step, one.low, one.high)}</td>")
    cells += _gap_cells(run.onsets.gap)
    for _, path, best, decimals in shown:
        cells += _value_cells(onset_series.curve(run.series, path), best, decimals)
    return f"<tr>{''.join(cells)}</tr>"


def _gap_cells(gap: Gap | None) -> list[str]:
    if gap is None:
        return [ABSENT, ABSENT]
    first = gap.p_structure_first
    share = ABSENT if first is None else f"<td>{100 * first:.0f} %</td>"
    return [f"<td>{_with_interval(gap.steps, gap.low, gap.high)}</td>", share]


def _value_cells(values: np.ndarray | None, best, decimals: int) -> list[str]:
    known = [] if values is None else [value for value in values if math.isfinite(value)]
    if not known:
        return [ABSENT, ABSENT]
    return [f"<td>{known[-1]:.{decimals}f}</td>", f"<td>{best(known):.{decimals}f}</td>"]


def differing(runs: Sequence[Run]) -> list[str]:
    """Attributes, but for the run's name, that are not the same in all files."""
    found = [onset_series.attributes(run.series) for run in runs]
    names = dict.fromkeys(name for one in found for name in one if name != "run")
    return [name for name in names if len({one.get(name) for one in found}) > 1]


def difference_warning(runs: Sequence[Run]) -> str:
    """Marks loudly that the runs were not measured alike."""
    names = differing(runs)
    if not names:
        return ""
    return (
        '<p class="warning">These files were made with different data or options, so their numbers may not be '
        f"comparable. They differ in: {escape(', '.join(names))} (see Provenance).</p>"
    )


def attribute_table(runs: Sequence[Run]) -> str:
    """Every attribute of every file, one column a run, differences marked."""
    found = [onset_series.attributes(run.series) for run in runs]
    marked = set(differing(runs))
    rows = []
    for name in dict.fromkeys(name for one in found for name in one):
        cells = "".join(f"<td>{escape(one[name])}</td>" if name in one else ABSENT for one in found)
        rows.append(f'<tr{" class=differs" if name in marked else ""}><th scope="row">{escape(name)}</th>{cells}</tr>')
    heads = "".join(f'<th scope="col">{escape(run.series.run)}</th>' for run in runs)
    return (
        '<div class="wide"><table class="text"><caption>Attributes of the files and of their groups</caption>'
        f'<thead><tr><th scope="col">Attribute</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def checkpoint_table(run: Run) -> str:
    """Each checkpoint's step, name and weight hash."""
    names = onset_series.strings(run.series, "checkpoint", ("step",))
    hashes = onset_series.strings(run.series, "sha256", ("step",))
    if names is None and hashes is None:
        return ""
    rows = "".join(
        f"<tr><td>{steps_text(step)}</td><td>{escape(names[i]) if names else '–'}</td>"
        f"<td><code>{escape(hashes[i]) if hashes else '–'}</code></td></tr>"
        for i, step in enumerate(run.series.steps)
    )
    return (
        f'<details><summary>Checkpoints of {escape(run.series.run)}</summary><div class="wide"><table class="text">'
        '<thead><tr><th scope="col">Step</th><th scope="col">Checkpoint</th>'
        f'<th scope="col">SHA-256 of the weights</th></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def answer_block(run: Run) -> str:
    """The program's own answer, word for word."""
    if not run.onsets.answer:
        return ""
    return (
        f"<details><summary>Answer of onset detect for {escape(run.series.run)}</summary>"
        f"<pre>{escape(run.onsets.answer)}</pre></details>"
    )


def file_table(runs: Sequence[Run]) -> str:
    """Each run's file and its hash."""
    rows = "".join(
        f'<tr><th scope="row">{escape(run.series.run)}</th><td>{escape(str(run.series.path))}</td>'
        f"<td><code>{onset_series.sha256_of(run.series.path)}</code></td></tr>"
        for run in runs
    )
    return (
        '<div class="wide"><table class="text"><thead><tr><th scope="col">Run</th><th scope="col">File</th>'
        f'<th scope="col">SHA-256 of the file</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def fact_table(facts: Sequence[tuple[str, str]]) -> str:
    """Names and values: versions, options."""
    rows = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts)
    return f'<div class="wide"><table class="text"><tbody>{rows}</tbody></table></div>'


def _table(words: Sequence[str], numbers: Sequence[str], rows: str, caption: str) -> str:
    heads = "".join(f'<th scope="col" class="word">{escape(name)}</th>' for name in words)
    heads += "".join(f'<th scope="col">{escape(name)}</th>' for name in numbers)
    return (
        f'<div class="wide"><table class="numbers words-{len(words)}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
