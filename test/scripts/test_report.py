"""report.py: the page's words, tables and size, and its faults."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("plotly")

from conftest import NOT_FOUND, fault_line, run_script
from small_series import all_missing, constant, small_series, spoiled, with_holes, without


def written(tmp_path: Path, *words: object) -> str:
    page = tmp_path / "report.html"
    done = run_script("report.py", *words, "-o", page)
    assert done.returncode == 0, done.stderr
    return page.read_text(encoding="utf-8")


def text_of(html: str) -> str:
    """The page's body before its scripts, without tags."""
    body = html[html.index("<body>") : html.index('<script type="application/json"')]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def data_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])


def test_claim_stands_first_in_words(tmp_path: Path, program) -> None:
    page = written(tmp_path, small_series(tmp_path / "a.h5"), "--onset", program())
    claim = (
        "▲ Structure onset at step 1,200 [1,000, 1,400]; ● capability onset at step 2,000 [1,900, 2,500]; "
        "gap 800 [500, 1,100] steps."
    )
    text = text_of(page)
    assert claim in text
    assert text.index(claim) < text.index("Onsets Tw")


def test_no_break_is_said_and_no_onset_invented(tmp_path: Path, program) -> None:
    page = written(tmp_path, spoiled(tmp_path / "a.h5", constant), "--onset", program(NOT_FOUND))
    assert "▲ No structure onset: uas/micro shows no break (p = 0.620); ● no capability onset" in text_of(page)
    assert data_of(page)["runs"][0]["onsets"]["structure"]["step"] is None


def test_refused_detection_is_said(tmp_path: Path, program) -> None:
    refused = program("", 65, "onset: a.h5: step: 2 checkpoints are too few")
    page = written(tmp_path, small_series(tmp_path / "a.h5", checkpoints=2), "--onset", refused)
    assert "Onsets not computed: onset: a.h5: step: 2 checkpoints are too few." in text_of(page)


def test_without_the_program_the_page_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    import onset_program
    import report

    monkeypatch.setattr(onset_program, "BUILT", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    report.main([str(small_series(tmp_path / "a.h5")), "-o", str(tmp_path / "r.html")])
    assert "Onsets not computed: the program onset was not found" in text_of((tmp_path / "r.html").read_text())
    assert "drawn without onsets" in capsys.readouterr().err


def test_provenance_shows_attributes_hashes_and_options(tmp_path: Path, program) -> None:
    import hashlib

    path = small_series(tmp_path / "a.h5", seed=7)
    text = text_of(written(tmp_path, path, "--onset", program(), "--spacing", 300))
    assert hashlib.sha256(path.read_bytes()).hexdigest() in text
    assert "schema_version1" in text
    assert "seed7" in text
    assert "onset 0.1.0 stand-in" in text
    assert "--structure uas/micro --capability pll/overall --spacing 300" in text
    assert "checkpoint-100000" in text


def test_different_options_are_marked_loudly(tmp_path: Path, program) -> None:
    paths = [small_series(tmp_path / f"{seed}.h5", seed=seed, run=f"seed {seed}") for seed in (1, 2)]
    text = text_of(written(tmp_path, *paths, "--onset", program()))
    assert "different data or options" in text
    assert "They differ in: seed (see Provenance)" in text


def test_like_runs_bear_no_warning(tmp_path: Path, program) -> None:
    paths = [small_series(tmp_path / f"{at}.h5", run=f"at {at}", structure_at=float(at)) for at in (900, 1500)]
    assert "different data or options" not in text_of(written(tmp_path, *paths, "--onset", program()))


def test_page_is_self_contained(tmp_path: Path, program) -> None:
    page = written(tmp_path, small_series(tmp_path / "a.h5"), "--onset", program())
    assert "default-src 'none'" in page
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"(src|href)\s*=|@import|url\(", markup)
    assert page.count("</script>") == 4  # data, plotly, charts, page: nothing in them ends them early


def test_hostile_names_stay_text(tmp_path: Path, program) -> None:
    hostile = "</script><script>alert(1)</script><img src=x>"
    page = written(tmp_path, small_series(tmp_path / "a.h5", run=hostile), "--onset", program())
    assert "<img" not in page[: page.index("<script>")]
    assert "alert(1)</script>" not in page
    assert data_of(page)["runs"][0]["run"] == hostile


def test_six_runs_of_200_checkpoints_stay_under_15_mb(tmp_path: Path, program) -> None:
    paths = []
    for seed in range(6):
        small = {"checkpoints": 200, "layers": 12, "heads": 12, "replicates": 20, "seed": seed, "run": f"run {seed}"}
        paths.append(small_series(tmp_path / f"{seed}.h5", **small))
    page = tmp_path / "report.html"
    assert run_script("report.py", *paths, "-o", page, "--onset", program()).returncode == 0
    assert page.stat().st_size < 15_000_000


def test_holes_become_null(tmp_path: Path, program) -> None:
    data = data_of(written(tmp_path, spoiled(tmp_path / "a.h5", with_holes), "--onset", program()))
    micro = data["runs"][0]["curves"]["uas/micro"]
    assert micro["y"][0] is not None
    assert micro["y"][1] is None
    assert micro["low"][1] is None


@pytest.mark.parametrize("group", ["uas", "pll", "loss", "twonn", "fisher"])
def test_a_missing_group_is_left_out(tmp_path: Path, program, group: str) -> None:
    path = spoiled(tmp_path / "a.h5", without(group))
    run = data_of(written(tmp_path, path, "--onset", program()))["runs"][0]
    assert not [name for name in run["curves"] if name.startswith(f"{group}/")]
    assert run["curves"]


def test_a_file_without_any_curve_is_refused(tmp_path: Path, program) -> None:
    path = spoiled(tmp_path / "a.h5", without("uas", "pll", "loss", "twonn", "fisher"))
    done = run_script("report.py", path, "-o", tmp_path / "r.html", "--onset", program())
    assert fault_line(done, 65) == f"report.py: {path}: no curve to draw in the series"
    assert not (tmp_path / "r.html").exists()


def test_curves_without_any_value_are_drawn_as_none(tmp_path: Path, program) -> None:
    page = written(tmp_path, spoiled(tmp_path / "a.h5", all_missing), "--onset", program(NOT_FOUND))
    assert set(data_of(page)["runs"][0]["curves"]["uas/micro"]["y"]) == {None}


def test_usage_faults(tmp_path: Path) -> None:
    path = small_series(tmp_path / "a.h5")
    out = ["-o", tmp_path / "r.html"]
    assert "SERIES.h5" in fault_line(run_script("report.py", *out), 64)
    assert "--spacing" in fault_line(run_script("report.py", path, *out, "--spacing", 0), 64)
    line = fault_line(run_script("report.py", path, *out, "--structure", "micro"), 64)
    assert line == "report.py: --structure: expected a whole curve such as uas/micro, found 'micro'"


def test_missing_inputs(tmp_path: Path) -> None:
    out = ["-o", tmp_path / "r.html"]
    absent = tmp_path / "none.h5"
    assert fault_line(run_script("report.py", absent, *out), 66) == f"report.py: {absent}: no such file"
    assert "no such program" in fault_line(run_script("report.py", absent, *out, "--onset", "/no/onset"), 66)


def test_output_that_cannot_be_written(tmp_path: Path, program) -> None:
    path = small_series(tmp_path / "a.h5")
    out = tmp_path / "none" / "r.html"
    line = fault_line(run_script("report.py", path, "-o", out, "--onset", program()), 74)
    assert line == f"report.py: {out}: cannot write: No such file or directory"


def test_the_old_page_stands_when_the_new_fails(tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    page.write_text("old")
    (tmp_path / "a.h5").touch()
    line = fault_line(run_script("report.py", tmp_path / "a.h5", "-o", page), 65)
    assert line.endswith("the file is empty, expected HDF5")
    assert page.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "r.html"]
