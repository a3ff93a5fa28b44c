"""Turns a run into the numbers its charts need: rounded, thinned and packed so that the page stays small."""

from __future__ import annotations

import base64
import gzip
import math
from dataclasses import asdict
from typing import Any

import numpy as np

import onset_series
from onset_program import Onsets
from onset_series import Series

MISSING_CELL = 255  # in the packed head map; others are whole per cents, 0 to 100
MAP_COLUMNS = 400  # checkpoints drawn in a relation or pair map, at most
DIGITS = 4  # significant digits kept; finer than a pixel of any chart


def short(values: np.ndarray) -> list[Any]:
    """Nested lists with few digits; what is not finite becomes None (JSON has no NaN)."""
    if values.ndim > 1:
        return [short(row) for row in values]
    return [_short_number(float(value)) for value in values]


def _short_number(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded == int(rounded) else rounded


def pack(series: Series, onsets: Onsets, cell_budget: int) -> dict[str, Any]:
    """The page's data of one run. `cell_budget`: how many cells its head map may have."""
    accuracy = onset_series.head_accuracy(series)
    return {
        "run": series.run,
        "steps": series.steps.tolist(),
        "onsets": _onsets(onsets),
        "curves": _curves(series),
        "twonn": _twonn(series),
        "heads": None if accuracy is None else _heads(series, accuracy, cell_budget),
        "relations": None if accuracy is None else _relations(series, accuracy),
        "pairs": _pairs(series),
    }


def _onsets(onsets: Onsets) -> dict[str, Any]:
    return {
        "structure": None if onsets.structure is None else asdict(onsets.structure),
        "capability": None if onsets.capability is None else asdict(onsets.capability),
    }


def _curves(series: Series) -> dict[str, Any]:
    packed = {}
    for name in onset_series.curve_names(series):
        values, band = onset_series.curve(series, name), onset_series.band(series, name)
        if values is None:
            continue
        packed[name] = {"y": short(values)}
        if band is not None:
            packed[name] |= {"low": short(band.low), "high": short(band.high)}
    return packed


def _twonn(series: Series) -> dict[str, Any] | None:
    dimension = onset_series.numbers(series, "twonn/dimension", ("step", "layer", "pooling"))
    if dimension is None:
        return None
    return {
        "layers": _labels(series, "twonn/layer", dimension.shape[1]),
        "pooling": _labels(series, "twonn/pooling", dimension.shape[2]),
        "y": short(dimension.transpose(2, 1, 0)),  # [pooling][layer][step]
    }


def _labels(series: Series, name: str, count: int) -> list[str]:
    dim = name.rpartition("/")[2]
    return onset_series.strings(series, name, (dim,)) or [str(i) for i in range(count)]


def thinned(count: int, limit: int) -> np.ndarray:
    """Indices of at most `limit` (2 or more) of `count` checkpoints, evenly, the first and last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, max(limit, 2))).round().astype(np.int64))


def _heads(series: Series, accuracy: np.ndarray, cell_budget: int) -> dict[str, Any] | None:
    """Per cents as bytes [relation][direction][layer][head][column], gzipped, base64."""
    shown = onset_series.shown_relations(series)
    if not shown:
        return None
    _, directions, layers, heads, _ = accuracy.shape
    names = onset_series.strings(series, "uas/relation", ("relation",)) or []
    columns = thinned(len(series.steps), cell_budget // (len(shown) * directions * layers * heads))
    values = accuracy[columns][..., shown].transpose(4, 1, 2, 3, 0)
    cells = np.where(np.isfinite(values), np.rint(100 * values.clip(0, 1)), MISSING_CELL).astype(np.uint8)
    return {
        "relations": [names[i] for i in shown],
        "directions": _labels(series, "uas/direction", directions),
        "layers": layers,
        "heads": heads,
        "columns": columns.tolist(),
        "cells": base64.b64encode(gzip.compress(cells.tobytes(), 6, mtime=0)).decode("ascii"),
    }


def _relations(series: Series, accuracy: np.ndarray) -> dict[str, Any] | None:
    if not onset_series.shown_relations(series):
        return None
    found = onset_series.relations(series, accuracy)
    columns = thinned(len(series.steps), MAP_COLUMNS)
    return {
        "columns": columns.tolist(),
        "names": found.names,
        "total": short(found.total),
        "baseline": None if found.baseline is None else short(found.baseline),
        "best": short(found.best[:, columns]),
        "head": found.best_head[:, columns].tolist(),
    }


def _pairs(series: Series) -> dict[str, Any] | None:
    columns = thinned(len(series.steps), MAP_COLUMNS)
    packed = {}
    for kind, name in (("phenomenon", "pll/phenomenon_accuracy"), ("paradigm", "pll/accuracy")):
        values = onset_series.numbers(series, name, ("step", kind))
        if values is not None:
            names = _labels(series, f"pll/{kind}", values.shape[1])
            packed[kind] = {"columns": columns.tolist(), "names": names, "y": short(values[columns].T)}
    return packed or None
