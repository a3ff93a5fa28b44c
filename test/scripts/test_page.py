"""The report in a headless Chromium: every chart draws, every control works, no console message, no network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("plotly")

import h5py
import numpy as np

from conftest import NOT_FOUND, run_script
from small_series import all_missing, constant, small_series, spoiled, with_holes, without

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

# Tries every choice of every control after the first drawing, then writes down what the probe returns.
TRY_ALL = """<script>
const faults = [];
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
const settled = () => new Promise((resolve) => setTimeout(resolve, 30));
async function tryAll() {
  while (document.documentElement.dataset.drawn !== "all") await settled();
  let tried = 0;
  const change = async (control) => { control.dispatchEvent(new Event("change")); tried++; await settled(); };
  for (const select of document.querySelectorAll("select")) {
    for (let i = Math.min(select.options.length, 5) - 1; i >= 0; i--) {
      select.selectedIndex = i;
      await change(select);
    }
  }
  for (const input of document.querySelectorAll("input[type=radio]")) { input.checked = true; await change(input); }
  document.querySelector("input[value=log]").checked = true;
  await change(document.querySelector("input[value=log]"));
  const probe = await (PROBE)();
  document.documentElement.dataset.result = JSON.stringify({tried, faults, probe});
}
tryAll().catch((error) => {
  document.documentElement.dataset.result = JSON.stringify({tried: 0, faults: [String(error)]});
});
</script>"""


@dataclass(frozen=True)
class Seen:
    """What the browser made of a page."""

    dom: str
    console: list[str]
    tried: int
    faults: list[str]
    probe: object

    def drawn(self) -> set[str]:
        """The charts that are on the page and not hidden."""
        opened = re.findall(r'<div id="(\w+)" class="chart[^>]*>', self.dom)
        tags = {name: re.search(rf'<div id="{name}" class="chart[^>]*>', self.dom)[0] for name in opened}
        return {name for name, tag in tags.items() if "data-drawn" in tag and "hidden" not in tag}


def look(page: Path, probe: str = "() => null") -> Seen:
    """Opens the page without a network, works its controls, and returns what became of it."""
    tried = page.with_suffix(".tried.html")
    tried.write_text(page.read_text(encoding="utf-8") + TRY_ALL.replace("PROBE", probe), encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={page.parent / 'profile'}",
        "--proxy-server=127.0.0.1:9",  # nobody listens there: any request fails and is told on the console
        "--virtual-time-budget=60000",
        "--enable-logging=stderr",
        "--window-size=1200,2400",
        "--dump-dom",
        tried.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    root = done.stdout[: done.stdout.index("<head>")]
    found = re.search(r'data-result="([^"]*)"', root)
    assert found, f"the page did not finish drawing: {console} {root}"
    result = json.loads(unescape(found[1]))
    return Seen(done.stdout, console, result["tried"], result["faults"], result.get("probe"))


def report(tmp_path: Path, *words: object) -> Path:
    page = tmp_path / "report.html"
    done = run_script("report.py", *words, "-o", page)
    assert done.returncode == 0, done.stderr
    return page


def test_all_charts_draw_and_all_controls_work(tmp_path: Path, program) -> None:
    paths = [small_series(tmp_path / f"{name}.h5", run=name, seed=i) for i, name in enumerate(("base", "other"))]
    seen = look(report(tmp_path, *paths, "--onset", program()))
    assert (seen.console, seen.faults) == ([], [])
    assert seen.drawn() == {"main", "heads", "relations", "pairs", "overlay"}
    assert seen.tried > 25


def test_the_charts_show_the_files_numbers(tmp_path: Path, program) -> None:
    path = small_series(tmp_path / "a.h5")
    probe = """async () => {
      const marks = $("main").data.filter((trace) => trace.mode === "markers");
      const uas = $("main").data.find((trace) => trace.name === "UAS");
      const relation = DATA.runs[0].heads.relations.indexOf("det");
      const cells = await cellsOf(DATA.runs[0]);
      const map = headMap(DATA.runs[0], cells, {relation, direction: 1, scale: "log"});
      return {
        onsets: marks.map(({name, marker, x, error_x}) =>
          [name, marker.symbol, x[0], error_x.arrayminus[0], error_x.array[0]]),
        uas: uas.y, steps: uas.customdata, cells: map.traces[0].z[3], axis: $("main").layout.xaxis.type,
      };
    }"""
    probe_result = look(report(tmp_path, path, "--onset", program()), probe).probe
    assert probe_result["onsets"] == [
        ["structure onset", "triangle-up", 1200, 200, 200],
        ["capability onset", "circle", 2000, 100, 500],
    ]
    assert probe_result["axis"] == "log"
    with h5py.File(path) as file:
        np.testing.assert_allclose(probe_result["uas"], file["uas/micro"][()], rtol=6e-4)
        assert probe_result["steps"] == file["step"][()].tolist()
        at = [name.decode() for name in file["uas/relation"][()]].index("det")
        # Row 3 of 2 layers x 2 heads is layer 1, head 1; the map keeps whole per cents.
        expected = file["uas/correct"][:, 1, 1, 1, at] / file["uas/total"][at]
    np.testing.assert_allclose(probe_result["cells"], expected, atol=0.0051)


@pytest.mark.parametrize(
    ("spoil", "checkpoints", "drawn"),
    [
        (lambda _: None, 1, {"main", "heads", "relations", "pairs"}),
        (lambda _: None, 2, {"main", "heads", "relations", "pairs"}),
        (with_holes, 24, {"main", "heads", "relations", "pairs"}),
        (constant, 24, {"main", "heads", "relations", "pairs"}),
        (all_missing, 24, {"main", "heads", "relations", "pairs"}),
        (without("uas", "twonn"), 24, {"main", "pairs"}),
        (without("pll", "loss", "twonn", "fisher"), 24, {"main", "heads", "relations"}),
    ],
    ids=["one point", "two points", "holes", "constant", "nothing measured", "no attention", "only attention"],
)
def test_odd_series_draw_without_a_fault(tmp_path: Path, program, spoil, checkpoints: int, drawn: set[str]) -> None:
    path = spoiled(tmp_path / "a.h5", spoil, checkpoints=checkpoints)
    seen = look(report(tmp_path, path, "--onset", program(NOT_FOUND)))
    assert (seen.console, seen.faults) == ([], [])
    assert seen.drawn() == drawn


def test_a_run_without_what_another_has_says_so(tmp_path: Path, program) -> None:
    whole = small_series(tmp_path / "a.h5", run="whole")
    bare = spoiled(tmp_path / "b.h5", without("uas", "pll"), run="bare")
    probe = """async () => {
      $("run").selectedIndex = 1; $("run").dispatchEvent(new Event("change")); await settled();
      return ["heads", "relations", "pairs"].map((id) => [$(id).hidden, $(`${id}-note`).textContent]);
    }"""
    seen = look(report(tmp_path, whole, bare, "--onset", program()), probe)
    assert (seen.console, seen.faults) == ([], [])
    assert seen.probe == [
        [True, "This run has no attention scores."],
        [True, "This run has no attention scores."],
        [True, "This run has no accuracy by paradigm."],
    ]


def test_names_are_never_markup(tmp_path: Path, program) -> None:
    hostile = "<img src=x onerror=alert(1)>"

    def spoil(file: h5py.File) -> None:
        file["uas/relation"][1] = hostile
        file["pll/paradigm"][0] = hostile

    paths = [spoiled(tmp_path / f"{name}.h5", spoil, run=f"{hostile} {name}") for name in "ab"]
    seen = look(report(tmp_path, *paths, "--onset", program()), "() => document.images.length")
    assert (seen.console, seen.faults, seen.probe) == ([], [], 0)
