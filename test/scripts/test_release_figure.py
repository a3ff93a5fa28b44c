"""release_figure.py: what is drawn where, formats, repeatability and faults."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from conftest import fault_line, run_script

HEADER = "run,seed,lambda,release,steps,structure.step,uas/micro.final,pll/overall.final\n"
# Two seeds of base and of lambda 1.2 released at 200 and never; seed 2 of the latter has failed.
ROWS = (
    "base_1,1,0,,2500,300,0.80,0.70\n"
    "base_2,2,0,,2500,400,0.82,0.74\n"
    "never_1,1,1.2,,2500,,0.50,0.55\n"
    "never_2,2,1.2,,2500,,,\n"
    "released_1,1,1.2,200,2500,450,0.78,0.60\n"
    "released_2,2,1.2,200,2500,500,0.74,0.66\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.csv"
    path.write_text(HEADER + ROWS)
    return path


def drawn(path: Path, *words: str):
    import release_draw
    import release_figure
    import sweep_table

    options = release_figure.parser().parse_args([str(path), "-o", "x.pdf", *words])
    return release_draw.draw(sweep_table.read_runs(path, (options.structure, options.capability)), options).axes


def test_means_stand_at_their_release_and_never_at_the_end(table: Path) -> None:
    structure, capability = drawn(table)
    lines = {line.get_label(): line for line in structure.lines}
    assert lines["λ = 1.2"].get_xdata() == pytest.approx([200, 2500])
    assert lines["λ = 1.2"].get_ydata() == pytest.approx([0.76, 0.50])  # (0.78 + 0.74) / 2, and the one that is there
    assert lines["base (λ = 0)"].get_ydata() == pytest.approx([0.81, 0.81])
    assert lines["base's structure onset"].get_xdata() == pytest.approx([350, 350])
    assert [tick.get_text() for tick in structure.get_xticklabels()] == ["never", "200"]
    seeds = [line for line in structure.lines if line.get_linestyle() == "None"]
    assert [list(line.get_ydata()) for line in seeds] == [[0.78, 0.74]]
    line = next(line for line in capability.lines if line.get_label() == "λ = 1.2")
    assert line.get_ydata() == pytest.approx([0.63, 0.55])
    assert [axes.get_ylabel() for axes in (structure, capability)] == ["Final UAS", "Final accuracy on pairs"]


def test_a_line_each_lambda_and_no_base_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_text(HEADER + "a,1,-0.24,100,500,,0.5,0.5\nb,1,1.2,100,500,,0.6,0.5\n")
    labels = [line.get_label() for line in drawn(path)[0].lines]
    assert labels == ["λ = −0.24", "λ = 1.2"]


def test_other_curves_are_drawn_under_their_names(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_text("run,seed,lambda,release,steps,loss/mlm.final,uas/macro.final\na,1,1.2,100,500,2.5,0.4\n")
    axes = drawn(path, "--structure", "uas/macro", "--capability", "loss/mlm")
    assert [one.get_ylabel() for one in axes] == ["Final uas/macro", "Final MLM loss"]


@pytest.mark.parametrize(("ending", "magic"), [(".pdf", b"%PDF-"), (".svg", b"<?xml"), (".png", b"\x89PNG")])
@pytest.mark.parametrize("scale", ["log", "linear"])
def test_each_format(tmp_path: Path, table: Path, ending: str, magic: bytes, scale: str) -> None:
    outs = [tmp_path / f"{name}{ending}" for name in "xy"]
    for out in outs:
        done = run_script("release_figure.py", table, "-o", out, "--scale", scale)
        assert (done.returncode, done.stderr) == (0, "")
    assert outs[0].read_bytes().startswith(magic)
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_faults(tmp_path: Path, table: Path) -> None:
    out = ("-o", tmp_path / "x.pdf")

    def refused(content: str | bytes, code: int = 65) -> str:
        path = tmp_path / "bad.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        line = fault_line(run_script("release_figure.py", path, *out), code)
        assert not (tmp_path / "x.pdf").exists()
        return line.removeprefix(f"release_figure.py: {path}")

    line = fault_line(run_script("release_figure.py", tmp_path / "none.csv", *out), 66)
    assert line == f"release_figure.py: {tmp_path / 'none.csv'}: no such file"
    assert refused("") == ":1: expected a column run, found none"
    assert refused("run,seed\n").startswith(":1: expected a column lambda, found run, seed")
    assert refused(HEADER) == ": no run in the table"
    assert refused(HEADER + "a,1,0,,500,,0.5,0.5\n") == ": every run has lambda 0: there is no release to draw"
    assert refused(HEADER + "a,1,0.5,x,500,,0.5,0.5\n") == ":2: release: expected a number, found 'x'"
    assert refused(HEADER + "a,1,0.5,100,500,,nan,0.5\n") == ":2: uas/micro.final: expected a number, found 'nan'"
    assert refused(HEADER + "a,1,,100,500,,0.5,0.5\n") == ":2: lambda, steps: expected numbers, found an empty cell"
    assert refused(b"\xff\xfe\x00").startswith(": not a CSV table: ")
    line = fault_line(run_script("release_figure.py", table, "-o", tmp_path / "x.gif"), 64)
    assert line == "release_figure.py: --output: expected a name ending in .pdf, .svg, .png, found 'x.gif'"
    assert "--width" in fault_line(run_script("release_figure.py", table, *out, "--width", 0), 64)


def test_a_table_where_every_run_failed(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_text(HEADER + "a,1,0.5,100,500,,,\n")
    line = fault_line(run_script("release_figure.py", path, "-o", tmp_path / "x.pdf"), 65)
    assert line == f"release_figure.py: {path}: no run with lambda has a final uas/micro or pll/overall"
