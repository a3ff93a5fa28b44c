"""Series files small enough for a test, and ways to spoil them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np

from make_series import Recipe, write_series

SMALL = Recipe(checkpoints=24, layers=2, heads=2, replicates=20, pairs_per_paradigm=2)


def small_series(path: Path, **changes: object) -> Path:
    write_series(path, replace(SMALL, **changes))
    return path


def spoiled(path: Path, spoil: Callable[[h5py.File], None], **changes: object) -> Path:
    """A small series after `spoil` has been at it."""
    small_series(path, **changes)
    with h5py.File(path, "r+") as file:
        spoil(file)
    return path


def with_holes(file: h5py.File) -> None:
    """Every second and third checkpoint of every curve was not measured."""

    def hole(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and item.shape[0] == len(file["step"]):
            values = item[()]
            values[1::3] = np.nan
            values[2::3] = np.nan
            item[...] = values

    file.visititems(hole)
    correct = file["uas/correct"][()]
    correct[1::3] = -1
    file["uas/correct"][...] = correct


def constant(file: h5py.File) -> None:
    """Curves that never move."""
    for name, value in (("uas/micro", 0.25), ("pll/overall", 0.5), ("loss/mlm", 10.3)):
        file[name][...] = value
        file[f"{name}_replicates"][...] = value


def all_missing(file: h5py.File) -> None:
    """Curves of which nothing was measured."""
    for name in ("uas/micro", "pll/overall"):
        file[name][...] = np.nan
        file[f"{name}_replicates"][...] = np.nan


def without(*groups: str) -> Callable[[h5py.File], None]:
    """Spoils by leaving whole groups out."""

    def spoil(file: h5py.File) -> None:
        for group in groups:
            del file[group]

    return spoil
