"""Each script as a process of its own: --help everywhere, and a word when a package is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import SCRIPTS, fault_line, spawn_script

NAMES = ("report.py", "figure.py", "release_figure.py", "parse_spacy.py")


@pytest.mark.parametrize("name", NAMES)
def test_help_has_an_example(name: str) -> None:
    done = spawn_script(name, "--help")
    assert done.returncode == 0
    assert f"example:\n  python3 {name} " in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_help_needs_no_package(name: str) -> None:
    command = [sys.executable, "-S", str(SCRIPTS / name), "--help"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_wrong_words_are_one_line_and_64(name: str) -> None:
    assert fault_line(spawn_script(name, "--nonsense"), 64).startswith(f"{name}: ")


@pytest.mark.parametrize("name", NAMES)
def test_missing_package_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    out = "a.pdf" if "figure" in name else "a.out"
    command = [sys.executable, "-S", str(SCRIPTS / name), str(tmp_path / "a"), "-o", str(tmp_path / out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "is missing: pip install -r " in done.stderr
    assert done.stderr.count("\n") == 1
