"""What the scripts here share: faults with exit codes, a parser that keeps to them, files replaced whole."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

USAGE = 64
BAD_DATA = 65
MISSING_INPUT = 66
IO = 74
TRY_AGAIN = 75
CONFIGURATION = 78


class Fault(Exception):
    """A fault the user can act on: one line and the exit code, which are those of the onset program."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(one_line(message))
        self.code = code


def one_line(text: object, limit: int = 400) -> str:
    """`text` with line breaks and control characters made harmless, shortened."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose usage errors are faults, with an example under --help."""

    def __init__(self, description: str, example: str) -> None:
        super().__init__(
            description=description,
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        raise Fault(USAGE, f"{message} (see --help)")


def warn(program: str, message: object) -> None:
    """One line to stderr that is no error."""
    print(f"{program}: {one_line(message)}", file=sys.stderr)


def run(program: str, main: Callable[[Sequence[str]], None]) -> NoReturn:
    """Runs `main` on the command line's words; a fault becomes one line on stderr and its exit code."""
    try:
        main(sys.argv[1:])
        sys.stdout.flush()
    except Fault as fault:
        print(f"{program}: {fault}", file=sys.stderr)
        sys.exit(fault.code)
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        sys.exit(TRY_AGAIN)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(IO)
    sys.exit(0)


@contextlib.contextmanager
def named_modules() -> Iterator[None]:
    """Around a script's imports: a package that is not installed is named in one line."""
    try:
        yield
    except ModuleNotFoundError as error:
        wanted = Path(__file__).resolve().parent / "requirements.txt"
        raise Fault(CONFIGURATION, f"the Python package {error.name!r} is missing: pip install -r {wanted}") from None


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end: at any instant the old or the new is there whole.

    When the body fails the old file stands. Fault (74) when the system refuses.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise Fault(IO, f"{path}: cannot write: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Replaces `path` by a file with this content, as `replacing`."""
    with replacing(path) as file:
        file.write(content)
