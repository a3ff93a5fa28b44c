"""report_data.py: rounding, thinning and packing."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("xarray")
h5py = pytest.importorskip("h5py")

import onset_series  # noqa: E402
import report_data  # noqa: E402
from onset_program import Onsets  # noqa: E402
from small_series import small_series  # noqa: E402


def test_numbers_are_short_and_what_is_not_finite_is_none() -> None:
    values = np.array([[0.123456, 100000.0], [np.nan, np.inf]])
    assert report_data.short(values) == [[0.1235, 100000], [None, None]]


@pytest.mark.parametrize(
    ("count", "limit", "kept"), [(5, 9, [0, 1, 2, 3, 4]), (5, 3, [0, 2, 4]), (1, 9, [0]), (7, 0, [0, 6])]
)
def test_thinning_keeps_both_ends(count: int, limit: int, kept: list[int]) -> None:
    assert report_data.thinned(count, limit).tolist() == kept


def test_head_map_holds_rounded_per_cents(tmp_path: Path) -> None:
    path = small_series(tmp_path / "a.h5")
    heads = report_data.pack(onset_series.read_series(path), Onsets(), 1_000_000)["heads"]
    cells = np.frombuffer(gzip.decompress(base64.b64decode(heads["cells"])), np.uint8)
    cells = cells.reshape(len(heads["relations"]), 2, 2, 2, len(heads["columns"]))
    with h5py.File(path) as file:
        names = [name.decode() for name in file["uas/relation"][()]]
        at = names.index("det")
        expected = 100 * file["uas/correct"][:, 1, 0, 1, at] / file["uas/total"][at]
    np.testing.assert_array_equal(cells[heads["relations"].index("det"), 1, 0, 1], np.rint(expected))


def test_head_map_keeps_to_its_budget(tmp_path: Path) -> None:
    series = onset_series.read_series(small_series(tmp_path / "a.h5"))
    heads = report_data.pack(series, Onsets(), 2_000)["heads"]
    # 25 relations shown x 2 directions x 2 layers x 2 heads = 200 cells a checkpoint.
    assert len(heads["relations"]) == 25
    assert len(heads["columns"]) == 10
