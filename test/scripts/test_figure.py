"""figure.py: formats, repeatability and faults."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("matplotlib")

from conftest import NOT_FOUND, fault_line, run_script
from small_series import all_missing, constant, small_series, spoiled, with_holes, without


@pytest.mark.parametrize(("ending", "magic"), [(".pdf", b"%PDF-"), (".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_each_format(tmp_path: Path, program, ending: str, magic: bytes) -> None:
    out = tmp_path / f"figure{ending}"
    done = run_script("figure.py", small_series(tmp_path / "a.h5"), "-o", out, "--onset", program())
    assert (done.returncode, done.stderr) == (0, "")
    assert out.read_bytes().startswith(magic)


@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_same_data_same_bytes(tmp_path: Path, program, ending: str) -> None:
    path, onset = small_series(tmp_path / "a.h5"), program()
    outs = [tmp_path / f"{name}.{ending}" for name in "xy"]
    for out in outs:
        assert run_script("figure.py", path, "-o", out, "--onset", onset).returncode == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_markers_stand_at_the_onsets(tmp_path: Path, program) -> None:
    import numpy as np

    import figure
    import figure_draw
    import onset_runs

    path = small_series(tmp_path / "a.h5")
    options = figure.parser().parse_args([str(path), "-o", "x.pdf", "--onset", str(program())])
    axes = figure_draw.draw(onset_runs.read_runs("test", options), options).axes
    markers = {line.get_marker(): line.get_xdata() for line in axes[0].lines if line.get_marker() in "^o"}
    assert {kind: np.ravel(x).tolist() for kind, x in markers.items()} == {"^": [1200.0], "o": [2000.0]}
    assert [one.get_ylabel() for one in axes] == ["Accuracy", "MLM loss", "TwoNN"]


def test_a_long_name_stands_above_the_legend(tmp_path: Path, program) -> None:
    import figure
    import figure_draw
    import matplotlib
    import onset_runs
    from figure_style import STYLE

    paths = [small_series(tmp_path / f"{i}.h5", run=f"lambda_1.2_release_100_seed_{i}") for i in (1, 2)]
    options = figure.parser().parse_args([*map(str, paths), "-o", "x.pdf", "--onset", str(program())])
    with matplotlib.rc_context(STYLE):
        drawn = figure_draw.draw(onset_runs.read_runs("test", options), options)
        drawn.canvas.draw()
    for axes in drawn.axes[:2]:
        name = axes.get_title(loc="left")
        assert name.startswith("lambda")
        title = next(text for text in axes.get_children() if getattr(text, "get_text", str)() == name)
        assert not title.get_window_extent().overlaps(axes.get_legend().get_window_extent())


def test_svg_places_are_short_and_transforms_whole() -> None:
    import figure_style

    svg = '<g>\n   <path d="M 1.23456 -0.00001 \nL 3 4.500000 \n" transform="scale(0.015625)"/>\n</g>'
    assert figure_style._compact(svg) == '<g>\n<path d="M 1.23 -0 L 3 4.5" transform="scale(0.015625)"/>\n</g>'


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("spoil", [with_holes, constant, all_missing])
def test_odd_series_are_drawn(tmp_path: Path, program, spoil, scale: str) -> None:
    path, out = spoiled(tmp_path / "a.h5", spoil), tmp_path / "x.svg"
    done = run_script("figure.py", path, "-o", out, "--scale", scale, "--onset", program(NOT_FOUND))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("checkpoints", [1, 2])
def test_short_series_are_drawn_without_onsets(tmp_path: Path, program, checkpoints: int) -> None:
    path = small_series(tmp_path / "a.h5", checkpoints=checkpoints)
    refused = program("", 65, "onset: too few checkpoints")
    done = run_script("figure.py", path, "-o", tmp_path / "x.pdf", "--onset", refused)
    assert done.returncode == 0
    assert done.stderr == f"figure.py: {path}: drawn without onsets: onset: too few checkpoints\n"


def test_runs_stand_side_by_side_even_without_the_same_groups(tmp_path: Path, program) -> None:
    paths = [
        small_series(tmp_path / "a.h5", run="a $x$ run"),
        spoiled(tmp_path / "b.h5", without("twonn"), run="b"),
    ]
    done = run_script("figure.py", *paths, "-o", tmp_path / "x.pdf", "--onset", program())
    assert (done.returncode, done.stderr) == (0, "")


def test_usage_faults(tmp_path: Path, program) -> None:
    path = small_series(tmp_path / "a.h5")
    words = [path, "--onset", program(), "-o"]
    line = fault_line(run_script("figure.py", *words, tmp_path / "x.gif"), 64)
    assert line == "figure.py: --output: expected a name ending in .pdf, .svg, .png, found 'x.gif'"
    pdf = tmp_path / "x.pdf"
    line = fault_line(run_script("figure.py", *words, pdf, "--layer", 9), 64)
    assert line == f"figure.py: --layer: {path} has layers 0 to 2, found 9"
    line = fault_line(run_script("figure.py", *words, pdf, "--pooling", "max"), 64)
    assert line == f"figure.py: --pooling: {path} has cls and mean, found 'max'"
    assert "--width" in fault_line(run_script("figure.py", *words, pdf, "--width", 0), 64)


def test_missing_input(tmp_path: Path) -> None:
    absent = tmp_path / "none.h5"
    line = fault_line(run_script("figure.py", absent, "-o", tmp_path / "x.pdf"), 66)
    assert line == f"figure.py: {absent}: no such file"
