"""What the scripts' tests share: the scripts on the path, small series files, a stand-in for the onset program."""

from __future__ import annotations

import contextlib
import importlib
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "python_bindings_free_scripts"
sys.path[:0] = [str(SCRIPTS), str(Path(__file__).resolve().parent)]

import script_base  # noqa: E402

# What `onset detect --json` prints, by the contract.
FOUND = """{"structure": {"curve": "uas/micro", "break": true, "step": 1200, "low": 1000, "high": 1400, "p": 0.002,
"detectors": {"second_difference": 1200, "piecewise_linear": 1150, "slope": 1300}},
"capability": {"curve": "pll/overall", "break": true, "step": 2000, "low": 1900, "high": 2500, "p": 0.0004,
"detectors": {"second_difference": 2000, "piecewise_linear": 2100, "slope": 2900}},
"gap": {"steps": 800, "low": 500, "high": 1100, "p_structure_first": 0.995}}"""
NOT_FOUND = """{"structure": {"curve": "uas/micro", "break": false, "step": null, "low": null, "high": null, "p": 0.62,
"detectors": {"second_difference": 40, "piecewise_linear": null, "slope": 60}},
"capability": {"curve": "pll/overall", "break": false, "step": null, "low": null, "high": null, "p": null,
"detectors": {}}, "gap": {"steps": null, "low": null, "high": null, "p_structure_first": null}}"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run_script(name: str, *words: object) -> Done:
    """A script as a user runs it, but in this process: starting Python and its packages anew takes seconds."""
    main = importlib.import_module(name.removesuffix(".py")).main
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    argv, sys.argv = sys.argv, [name, *map(str, words)]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            script_base.run(name, main)
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = argv
    return Done(int(code or 0), *(stream.buffer.getvalue().decode("utf-8") for stream in (out, err)))


def spawn_script(name: str, *words: object) -> Done:
    """A script in a process of its own."""
    command = [sys.executable, str(SCRIPTS / name), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def fault_line(done: Done, code: int) -> str:
    """The one line on stderr of a run that must fail with this code and print nothing else."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.rstrip("\n")


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Makes a stand-in for onset that answers `detect` with these words and this exit code."""

    def make(answer: str = FOUND, code: int = 0, complaint: str = "") -> Path:
        path = tmp_path / "onset"
        path.write_text(
            f"#!{sys.executable}\nimport sys\n"
            "if sys.argv[1] == '--version':\n    print('onset 0.1.0 stand-in'); sys.exit(0)\n"
            "assert sys.argv[1] == 'detect' and '--json' in sys.argv\n"
            f"print({answer!r})\nprint({complaint!r}, file=sys.stderr)\nsys.exit({code})\n"
        )
        path.chmod(0o755)
        return path

    return make
