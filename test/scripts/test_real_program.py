"""The built program with the scripts: a series of its own making opens in xarray; on poor files detect, compare, report.py and
figure.py have a clear word each, never a made-up onset."""

from __future__ import annotations

import json
import subprocess
import warnings
from pathlib import Path

import pytest

h5py = pytest.importorskip("h5py")
np = pytest.importorskip("numpy")
xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("plotly")
pytest.importorskip("matplotlib")

from conftest import fault_line, run_script
from onset_program import BUILT
from small_series import all_missing, constant, small_series, spoiled, with_holes

pytestmark = pytest.mark.skipif(not BUILT.is_file(), reason="the program is not built (build/bin/onset)")


def onset(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BUILT), *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


POOR = {
    "one point": (lambda _: None, 1, "1 points, at least 8 are needed"),
    "two points": (lambda _: None, 2, "2 points, at least 8 are needed"),
    "constant": (constant, 24, "the curve is constant"),
    "nothing measured": (all_missing, 24, "0 points, at least 8 are needed"),
}


@pytest.mark.parametrize(("spoil", "checkpoints", "word"), POOR.values(), ids=POOR)
def test_no_onset_is_made_up(tmp_path: Path, spoil, checkpoints: int, word: str) -> None:
    path = spoiled(tmp_path / "poor.h5", spoil, checkpoints=checkpoints, run="poor")
    answer = json.loads(onset("detect", path, "--axis", "log", "--json").stdout)
    for curve in (answer["structure"], answer["capability"]):
        assert (curve["break"], curve["step"], curve["low"], curve["high"]) == (False, None, None, None)
        assert word in curve["reason"]
    assert answer["gap"] is None

    whole, table = small_series(tmp_path / "whole.h5", run="whole"), tmp_path / "c.csv"
    assert onset("compare", whole, path, "-o", table, "--axis", "log").returncode == 0
    head, _, row = (line.split(",") for line in table.read_text().splitlines())
    assert [row[head.index(name)] for name in ("run", "structure.step", "capability.step", "gap.steps")] == ["poor", "", "", ""]

    page = tmp_path / "report.html"
    assert run_script("report.py", path, "-o", page, "--onset", BUILT).stderr == ""
    assert f"No structure onset: uas/micro shows no break: {word}" in " ".join(page.read_text("utf-8").split()).replace(
        '<span class="structure">▲</span> ', ""
    )
    assert run_script("figure.py", path, "-o", tmp_path / "f.svg", "--onset", BUILT).stderr == ""


def test_holes_are_left_out_and_counted(tmp_path: Path) -> None:
    path = spoiled(tmp_path / "holes.h5", with_holes, checkpoints=60)
    answer = json.loads(onset("detect", path, "--axis", "log", "--json").stdout)
    assert answer["structure"]["points"] == 20
    assert "40 points missing" in answer["structure"]["reason"]


@pytest.mark.parametrize(("version", "code", "word"), [(2, 78, "written by a newer onset"), (0, 65, "schema_version")])
def test_other_schema_version_is_refused(tmp_path: Path, version: int, code: int, word: str) -> None:
    path = spoiled(tmp_path / "other.h5", lambda file: file.attrs.__setitem__("schema_version", version))
    whole = small_series(tmp_path / "whole.h5")
    for words in (["detect", path], ["compare", whole, path, "-o", tmp_path / "c.csv"]):
        done = onset(*words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
        assert word in done.stderr
    for script, out in (("report.py", "r.html"), ("figure.py", "f.pdf")):
        assert "schema_version" in fault_line(run_script(script, path, "-o", tmp_path / out, "--onset", BUILT), code)


def test_the_steps_of_checkpoints_come_back_exactly_on_a_log_axis(tmp_path: Path) -> None:
    answer = json.loads(onset("detect", small_series(tmp_path / "a.h5", checkpoints=60), "--axis", "log", "--json").stdout)
    for curve in (answer["structure"], answer["capability"]):
        assert isinstance(curve["detectors"]["second_difference"], int)
        assert isinstance(curve["detectors"]["slope"], int)


def datasets(path: Path) -> set[str]:
    """The names of all arrays of a file, as HDF5 sees them."""
    names: list[str] = []
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return set(names)


def test_a_measured_series_opens_in_xarray_without_a_warning(tmp_path: Path) -> None:
    corpus, path = tmp_path / "corpus", tmp_path / "series.h5"
    config = {
        "model": {"layers": 2, "hidden": 16, "heads": 2, "ffn": 16, "positions": 64, "vocab": "corpus/vocab.txt"},
        "data": {"parsed": ["corpus/train.conllu"], "max_tokens": 64},
        "steps": 12,
        "batch": 4,
        "save": {"log_per_decade": 0, "every": 4},
    }
    (tmp_path / "train.json").write_text(json.dumps(config))
    for words in (
        ["grammar", "-o", corpus, "--train-sentences", 100, "--dev-sentences", 40, "--pairs", 2],
        ["train", "--config", tmp_path / "train.json", "-o", tmp_path / "run", "--threads", 1],
        ["analyze", tmp_path / "run", "-o", path, "--parses", corpus / "dev.conllu", "--pairs", corpus / "pairs"]
        + ["--min-relation", 5, "--replicates", 20, "--threads", 1],
    ):
        done = onset(*words)
        assert done.returncode == 0, done.stderr

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with xarray.open_datatree(path, engine="h5netcdf") as series:
            series.load()
            assert {"loss", "pll", "twonn", "uas"} <= set(series.children)
            assert series["step"].values.tolist() == [0, 4, 8, 12]  # the axis itself: ascending, by number and not by name
            read = {}
            for group in series.subtree:
                read |= {f"{group.path}/{name}".lstrip("/"): variable.values for name, variable in group.variables.items()}
            assert datasets(path) <= read.keys()
            for curve in ("uas/micro", "pll/overall", "loss/mlm"):
                assert series[curve].dims == ("step",)
                assert np.isfinite(series[curve].values).all()
            accuracy = series["uas/correct"] / series["uas/total"]  # as in README.md
            assert accuracy.sel(relation="nsubj", layer=1).dims == ("step", "direction", "head")
