"""Reads a series file (HDF5, schema "onset-series" version 1) through xarray, lazily and by name.

What is absent from the file is None; what is there but not as the schema says is a Fault that names the field.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from script_base import BAD_DATA, CONFIGURATION, IO, MISSING_INPUT, Fault

SCHEMA = "onset-series"
SCHEMA_VERSION = 1
UNREPORTED_RELATIONS = frozenset({"root", "punct"})
DEFAULT_MIN_RELATION = 100  # words a relation needs to be reported, where the file does not say


@dataclass(frozen=True)
class Series:
    """One run's measurements over its checkpoints."""

    path: Path
    run: str
    steps: np.ndarray  # int64 [step], strictly ascending
    tree: xr.DataTree


@dataclass(frozen=True)
class Band:
    """The 95 % interval of a curve at each step, from its bootstrap replicates."""

    low: np.ndarray  # float64 [step]
    high: np.ndarray  # float64 [step]


@dataclass(frozen=True)
class Relations:
    """Per relation, the head that predicts it best at each step."""

    names: list[str]
    total: np.ndarray  # float64 [relation], words
    baseline: np.ndarray | None  # float64 [relation], best fixed offset
    best: np.ndarray  # float64 [relation, step], accuracy of the best head
    best_head: np.ndarray  # int64 [relation, step], index into direction x layer x head; -1 = none


def read_series(path: Path) -> Series:
    """Opens and checks a series file. Faults: absent 66, unreadable 74, newer schema 78, anything else about it 65."""
    _check_file(path)
    # A malformed HDF5 file surfaces as nearly any exception type of three libraries: all mean bad data here.
    try:
        tree = xr.open_datatree(path, engine="h5netcdf", decode_times=False)
    except Exception as error:
        raise Fault(BAD_DATA, f"{path}: cannot be read as a series file: {error}") from error
    _check_schema(path, tree.attrs)
    steps = _steps(path, tree)
    run = _as_text(tree.attrs.get("run", "")) or path.stem
    return Series(path=path, run=run, steps=steps, tree=tree)


def read_all(paths: list[Path]) -> list[Series]:
    """Every file; runs of one name are told apart by their file."""
    series = [read_series(path) for path in paths]
    names = [one.run for one in series]
    return [
        dataclasses.replace(one, run=f"{one.run} ({one.path})") if names.count(one.run) > 1 else one for one in series
    ]


def _check_file(path: Path) -> None:
    if not path.exists():
        raise Fault(MISSING_INPUT, f"{path}: no such file")
    if path.is_dir():
        raise Fault(BAD_DATA, f"{path}: is a folder, expected a series file")
    try:
        with open(path, "rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise Fault(IO, f"{path}: cannot read: {error.strerror}") from error
    if empty:
        raise Fault(BAD_DATA, f"{path}: the file is empty, expected HDF5")
    if not h5py.is_hdf5(path):
        raise Fault(BAD_DATA, f"{path}: not an HDF5 file")


def _check_schema(path: Path, attributes: Mapping) -> None:
    schema = _as_text(attributes.get("schema", "nothing"))
    if schema != SCHEMA:
        raise Fault(BAD_DATA, f"{path}: schema: expected {SCHEMA!r}, found {schema!r}")
    version = _as_text(attributes.get("schema_version", "nothing"))
    if version != str(SCHEMA_VERSION):
        newer = version.isdecimal() and int(version) > SCHEMA_VERSION
        raise Fault(
            CONFIGURATION if newer else BAD_DATA,
            f"{path}: schema_version: expected {SCHEMA_VERSION}, found {version!r}"
            + (", which a newer onset wrote" if newer else ""),
        )


def _steps(path: Path, tree: xr.DataTree) -> np.ndarray:
    if "step" not in tree.variables:
        raise Fault(BAD_DATA, f"{path}: step: missing")
    steps = _loaded(path, "step", tree.dataset["step"])
    if steps.ndim != 1 or steps.dtype.kind not in "iu":
        raise Fault(BAD_DATA, f"{path}: step: expected integers [step], found {steps.dtype} {list(steps.shape)}")
    if steps.size == 0:
        raise Fault(BAD_DATA, f"{path}: step: no checkpoint in the file")
    if steps[0] < 0 or np.any(np.diff(steps) <= 0):
        raise Fault(BAD_DATA, f"{path}: step: must ascend from 0 or more, without repeats")
    return steps.astype(np.int64)


def _loaded(path: Path, name: str, array: xr.DataArray) -> np.ndarray:
    # Chunks are read here, long after opening: a damaged one may raise anything.
    try:
        return array.values
    except Exception as error:
        raise Fault(BAD_DATA, f"{path}: {name}: cannot be read: {error}") from error


def array(series: Series, name: str, dims: tuple[str, ...]) -> np.ndarray | None:
    """The values of `group/name` with exactly these dimensions; None when absent."""
    group, _, leaf = name.rpartition("/")
    if group and group not in series.tree.children:
        return None
    node = series.tree[group] if group else series.tree
    if leaf not in node.variables:
        return None
    variable = node.dataset[leaf]
    if variable.dims != dims:
        raise Fault(
            BAD_DATA, f"{series.path}: {name}: expected dimensions {list(dims)}, found {list(map(str, variable.dims))}"
        )
    return _loaded(series.path, name, variable)


def numbers(series: Series, name: str, dims: tuple[str, ...]) -> np.ndarray | None:
    """As `array`, in float64 with NaN for what is missing or not finite."""
    values = array(series, name, dims)
    if values is None:
        return None
    if values.dtype.kind not in "iuf":
        raise Fault(BAD_DATA, f"{series.path}: {name}: expected numbers, found {values.dtype}")
    values = values.astype(np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def strings(series: Series, name: str, dims: tuple[str, ...]) -> list[str] | None:
    """As `array`, as text."""
    values = array(series, name, dims)
    return None if values is None else [str(value) for value in values]


def curve(series: Series, name: str) -> np.ndarray | None:
    """A curve [step] by its path, e.g. "uas/micro"."""
    return numbers(series, name, ("step",))


def band(series: Series, name: str) -> Band | None:
    """The interval of a curve that has replicates."""
    replicates = numbers(series, f"{name}_replicates", ("step", "replicate"))
    if replicates is None or replicates.shape[1] < 2:
        return None
    low = np.full(len(series.steps), np.nan)
    high = low.copy()
    known = np.isfinite(replicates).any(axis=1)
    if known.any():
        low[known], high[known] = np.nanpercentile(replicates[known], [2.5, 97.5], axis=1)
    return Band(low, high)


def curve_names(series: Series) -> list[str]:
    """Paths of all numeric curves [step] of the groups."""
    return [
        f"{group}/{name}"
        for group, node in series.tree.children.items()
        for name, variable in node.data_vars.items()
        if variable.dims == ("step",) and variable.dtype.kind in "iuf"
    ]


UAS_DIMS = ("step", "direction", "layer", "head", "relation")


def head_accuracy(series: Series) -> np.ndarray | None:
    """Accuracy [step, direction, layer, head, relation] = correct / total; NaN where nothing was counted."""
    correct = numbers(series, "uas/correct", UAS_DIMS)
    total = numbers(series, "uas/total", ("relation",))
    if correct is None or total is None:
        return None
    return correct / np.where(total > 0, total, np.nan)


def shown_relations(series: Series) -> list[int]:
    """Indices of "all" and of the relations the method reports, most frequent first."""
    names = strings(series, "uas/relation", ("relation",)) or []
    total = numbers(series, "uas/total", ("relation",))
    if total is None:
        return []
    least = _least_words(series)
    reported = [
        i
        for i, name in enumerate(names)
        if name != "all" and name.lower() not in UNREPORTED_RELATIONS and total[i] >= least
    ]
    reported.sort(key=lambda i: -total[i])
    return [i for i, name in enumerate(names) if name == "all"] + reported


def _least_words(series: Series) -> float:
    for attributes_of in (series.tree["uas"].attrs, series.tree.attrs):
        value = attributes_of.get("min_relation")
        if isinstance(value, (int, float, np.number)):
            return float(value)
    return DEFAULT_MIN_RELATION


def relations(series: Series, accuracy: np.ndarray) -> Relations:
    """The shown relations' best heads. `accuracy` is head_accuracy(series)."""
    shown = shown_relations(series)
    names = strings(series, "uas/relation", ("relation",)) or []
    total = numbers(series, "uas/total", ("relation",))
    assert total is not None  # else there would be no accuracy
    baseline = numbers(series, "uas/baseline", ("relation",))
    flat = accuracy[..., shown].reshape(len(series.steps), -1, len(shown)).transpose(2, 0, 1)
    known = np.isfinite(flat).any(axis=2)
    filled = np.where(np.isfinite(flat), flat, -1.0)
    return Relations(
        names=[names[i] for i in shown],
        total=total[shown],
        baseline=None if baseline is None else baseline[shown],
        best=np.where(known, filled.max(axis=2), np.nan),
        best_head=np.where(known, filled.argmax(axis=2), -1),
    )


def attributes(series: Series) -> dict[str, str]:
    """Every attribute of the file and of its groups, as text, by `name` or `group: name`."""
    found = {str(name): _as_text(value) for name, value in series.tree.attrs.items()}
    for group, node in series.tree.children.items():
        found |= {f"{group}: {name}": _as_text(value) for name, value in node.attrs.items()}
    return found


def _as_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return ", ".join(str(item) for item in value.ravel().tolist())
    return str(value.item() if isinstance(value, np.generic) else value)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
