"""detect, compare, report.py and figure.py with the built program on poor files: a clear word each, never a made-up onset."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("xarray")
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
