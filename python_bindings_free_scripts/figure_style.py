"""What the figures here look like, and how one becomes a file: the same bytes for the same data."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import matplotlib
from matplotlib.figure import Figure

STYLE: dict = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "pdf.fonttype": 42,  # fonts as fonts: journals refuse type 3
    "svg.hashsalt": "onset",  # the same file for the same data
}


def step_label(step: float) -> str:
    """A step as a tick says it: 500, 20k, 1.5M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if step >= size:
            return f"{step / size:g}{unit}"
    return f"{step:g}"


def rendered(draw: Callable[[], Figure], kind: str) -> bytes:
    """What `draw` draws, in this style, as a file of this kind: pdf, svg or png."""
    with matplotlib.rc_context(STYLE):
        figure = draw()
        drawn = io.BytesIO()
        dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
        figure.savefig(drawn, format=kind, dpi=300, metadata=dates.get(kind))
    return _compact(drawn.getvalue().decode("utf-8")).encode("utf-8") if kind == "svg" else drawn.getvalue()


def _compact(svg: str) -> str:
    """The same picture in fewer bytes: places to a hundredth of a point, a path on one line, nothing indented."""

    def shorter(attribute: re.Match[str]) -> str:
        places = re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), attribute[2])
        return f'{attribute[1]}="{" ".join(places.split())}"'

    return re.sub(r"\n\s+", "\n", re.sub(r'(?<= )(d|x|y)="([^"]*)"', shorter, svg))
