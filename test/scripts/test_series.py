"""onset_series.py: what is read, and what is said of a file that is not as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")
pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

import onset_series  # noqa: E402
from script_base import Fault  # noqa: E402
from small_series import small_series, spoiled, with_holes  # noqa: E402


def fault_of(path: Path) -> tuple[int, str]:
    with pytest.raises(Fault) as caught:
        onset_series.read_series(path)
    return caught.value.code, str(caught.value).removeprefix(f"{path}: ")


def test_steps_run_and_curves_are_read(tmp_path: Path) -> None:
    path = small_series(tmp_path / "a.h5", run="base")
    series = onset_series.read_series(path)
    with h5py.File(path) as file:
        assert series.run == "base"
        np.testing.assert_array_equal(series.steps, file["step"][()])
        np.testing.assert_array_equal(onset_series.curve(series, "uas/micro"), file["uas/micro"][()])
    assert onset_series.curve(series, "uas/nothing") is None
    assert onset_series.curve(series, "nothing/at_all") is None


def test_every_curve_of_the_schema_is_offered(tmp_path: Path) -> None:
    names = onset_series.curve_names(onset_series.read_series(small_series(tmp_path / "a.h5")))
    assert {"uas/micro", "uas/macro", "uas/best_all", "pll/overall", "loss/mlm", "fisher/trace"} <= set(names)


def test_band_is_the_middle_95_per_cent_of_the_replicates(tmp_path: Path) -> None:
    def spoil(file: h5py.File) -> None:
        # 20 replicates 0, 1, … 19 at each step: quantile q lies at 19 q, so 0.475 and 18.525.
        file["uas/micro_replicates"][...] = np.arange(20.0)

    band = onset_series.band(onset_series.read_series(spoiled(tmp_path / "a.h5", spoil)), "uas/micro")
    assert band is not None
    np.testing.assert_allclose(band.low, 0.475)
    np.testing.assert_allclose(band.high, 18.525)


def test_best_head_per_relation(tmp_path: Path) -> None:
    def spoil(file: h5py.File) -> None:
        correct = np.full(file["uas/correct"].shape, 3)
        correct[5, 1, 0, 1, 2] = 1100  # obj: total floor(1500 / 1.12) = 1339
        file["uas/correct"][...] = correct

    series = onset_series.read_series(spoiled(tmp_path / "a.h5", spoil))
    accuracy = onset_series.head_accuracy(series)
    found = onset_series.relations(series, accuracy)
    row = found.names.index("obj")
    assert found.total[row] == 1339
    assert found.best[row, 5] == pytest.approx(1100 / 1339)
    assert found.best_head[row, 5] == 1 * 4 + 0 * 2 + 1  # direction 1, layer 0, head 1 of 2 x 2
    assert found.best[row, 4] == pytest.approx(3 / 1339)


def test_only_reported_relations_are_shown_most_frequent_first(tmp_path: Path) -> None:
    series = onset_series.read_series(small_series(tmp_path / "a.h5"))
    names = onset_series.strings(series, "uas/relation", ("relation",))
    shown = [names[i] for i in onset_series.shown_relations(series)]
    assert shown[:3] == ["all", "nsubj", "obj"]
    assert not {"root", "punct", "vocative"} & set(shown)  # vocative: 12 words, fewer than 100


def test_missing_measurements_are_nan(tmp_path: Path) -> None:
    series = onset_series.read_series(spoiled(tmp_path / "a.h5", with_holes))
    accuracy = onset_series.head_accuracy(series)
    assert np.isnan(accuracy[1]).all()
    assert np.isfinite(accuracy[0]).all()
    band = onset_series.band(series, "uas/micro")
    assert np.isnan(band.low[1])
    assert np.isfinite(band.low[0])


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [small_series(tmp_path / name, run="base") for name in ("a.h5", "b.h5")]
    first, second = onset_series.read_all(paths)
    assert (first.run, second.run) == (f"base ({paths[0]})", f"base ({paths[1]})")


def test_absent_file(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.h5") == (66, "no such file")


def test_folder(tmp_path: Path) -> None:
    assert fault_of(tmp_path) == (65, "is a folder, expected a series file")


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.touch()
    assert fault_of(path) == (65, "the file is empty, expected HDF5")


def test_text_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    path.write_text("step,loss\n1,2\n")
    assert fault_of(path) == (65, "not an HDF5 file")


def test_truncated_file(tmp_path: Path) -> None:
    path = small_series(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:5000])
    code, message = fault_of(path)
    assert (code, message.startswith("cannot be read as a series file: ")) == (65, True)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (0, (65, "schema_version: expected 1, found '0'")),
        (2, (78, "schema_version: expected 1, found '2', which a newer onset wrote")),
        ("one", (65, "schema_version: expected 1, found 'one'")),
    ],
)
def test_other_schema_version(tmp_path: Path, version: object, expected: tuple[int, str]) -> None:
    path = spoiled(tmp_path / "a.h5", lambda file: file.attrs.__setitem__("schema_version", version))
    assert fault_of(path) == expected


def test_other_schema(tmp_path: Path) -> None:
    path = spoiled(tmp_path / "a.h5", lambda file: file.attrs.__delitem__("schema"))
    assert fault_of(path) == (65, "schema: expected 'onset-series', found 'nothing'")


def test_steps_must_ascend(tmp_path: Path) -> None:
    def spoil(file: h5py.File) -> None:
        file["step"][...] = file["step"][()][::-1]

    assert fault_of(spoiled(tmp_path / "a.h5", spoil)) == (65, "step: must ascend from 0 or more, without repeats")


def test_wrong_dimensions_name_the_field(tmp_path: Path) -> None:
    def spoil(file: h5py.File) -> None:
        del file["pll/overall"]
        file["pll"].create_dataset("overall", data=np.zeros(11))
        file["pll/overall"].dims[0].attach_scale(file["pll/phenomenon"])

    path = spoiled(tmp_path / "a.h5", spoil)
    series = onset_series.read_series(path)
    with pytest.raises(Fault) as caught:
        onset_series.curve(series, "pll/overall")
    assert str(caught.value) == f"{path}: pll/overall: expected dimensions ['step'], found ['phenomenon']"
    assert caught.value.code == 65
