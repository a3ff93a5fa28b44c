"""parse_spacy.py: CoNLL-U from hand-made analyses, the command, its faults."""

from __future__ import annotations

from pathlib import Path

import pytest

spacy = pytest.importorskip("spacy")

from spacy.tokens import Doc  # noqa: E402

import spacy_conllu  # noqa: E402
from conftest import fault_line, run_script  # noqa: E402
from parse_spacy import DEFAULT_MODEL  # noqa: E402

needs_model = pytest.mark.skipif(not spacy.util.is_package(DEFAULT_MODEL), reason=f"{DEFAULT_MODEL} is not installed")

VOCABULARY = spacy.blank("en").vocab


def columns(block: str) -> list[list[str]]:
    return [line.split("\t") for line in block.splitlines() if line and not line.startswith("#")]


def test_a_block_is_conllu() -> None:
    doc = Doc(
        VOCABULARY,
        words=["Keys", "fit", "."],
        spaces=[True, False, False],
        heads=[1, 1, 1],
        deps=["nsubj", "ROOT", "punct"],
        pos=["NOUN", "VERB", "PUNCT"],
        tags=["NNS", "VBP", "."],
        lemmas=["key", "fit", "."],
    )
    assert spacy_conllu.conllu(doc[:], "4.1") == (
        "# sent_id = 4.1\n"
        "# text = Keys fit.\n"
        "1\tKeys\tkey\tNOUN\tNNS\t_\t2\tnsubj\t_\t_\n"
        "2\tfit\tfit\tVERB\tVBP\t_\t0\troot\t_\tSpaceAfter=No\n"
        "3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n"
        "\n"
    )


def test_whitespace_tokens_are_left_out_and_heads_climb_over_them() -> None:
    # "b" hangs on the blank token, which hangs on "a": in the file b hangs on a.
    doc = Doc(VOCABULARY, words=["a", "  ", "b"], heads=[0, 0, 1], deps=["ROOT", "dep", "amod"])
    rows = columns(spacy_conllu.conllu(doc[:], "1.1"))
    assert [(row[0], row[1], row[6], row[7]) for row in rows] == [("1", "a", "0", "root"), ("2", "b", "1", "amod")]


def test_a_root_of_whitespace_leaves_one_root() -> None:
    doc = Doc(VOCABULARY, words=["a", " ", "b"], heads=[1, 1, 1], deps=["nsubj", "ROOT", "obj"])
    rows = columns(spacy_conllu.conllu(doc[:], "1.1"))
    assert [(row[6], row[7]) for row in rows] == [("0", "root"), ("1", "dep")]


def test_nothing_but_whitespace_is_no_sentence() -> None:
    doc = Doc(VOCABULARY, words=[" ", "\t"], heads=[0, 0], deps=["ROOT", "dep"])
    assert spacy_conllu.conllu(doc[:], "1.1") == ""


def test_fields_never_hold_whitespace() -> None:
    doc = Doc(VOCABULARY, words=["New\u2028York\tCity"], heads=[0], deps=["ROOT"])
    assert columns(spacy_conllu.conllu(doc[:], "1.1"))[0][1] == "New_York_City"


@needs_model
def test_text_becomes_valid_trees(tmp_path: Path) -> None:
    text, out = tmp_path / "t.txt", tmp_path / "t.conllu"
    text.write_bytes("\ufeffThe keys are here. She left!\r\n\r\n\u00a0 Is it  \u201cdone\u201d?\n".encode())
    done = run_script("parse_spacy.py", text, "-o", out)
    assert (done.returncode, done.stderr) == (0, "3 sentences\n")
    blocks = out.read_text().strip().split("\n\n")
    assert [block.split("sent_id = ")[1].split("\n")[0] for block in blocks] == ["1.1", "1.2", "3.1"]
    assert blocks[0].startswith(f"# generator = spaCy {spacy.__version__}, {DEFAULT_MODEL} ")
    for block in blocks:
        rows = columns(block)
        assert all(len(row) == 10 and all(row) for row in rows)
        assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
        assert [row[7] for row in rows if row[6] == "0"] == ["root"]
        for row in rows:  # every word climbs to the root without a cycle
            at, climbed = row, 0
            while at[6] != "0" and climbed <= len(rows):
                at, climbed = rows[int(at[6]) - 1], climbed + 1
            assert climbed < len(rows)


@needs_model
def test_a_line_can_be_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("She left. He stayed.\n")
    done = run_script("parse_spacy.py", text, "--sentences", "line")
    assert done.stdout.count("# sent_id") == 1
    assert done.stdout.count("\t0\troot\t") == 1


@needs_model
def test_faults_in_the_text(tmp_path: Path) -> None:
    text, out = tmp_path / "t.txt", tmp_path / "t.conllu"
    for content, problem in (
        (b"", f"{text}: no text in the file"),
        (b"\n \n", f"{text}: no text in the file"),
        (b"good\n\xff\n", f"{text}:2: not UTF-8 (byte 0 of the line)"),
        (b"a\0b\n", f"{text}:1: a NUL byte, expected text"),
    ):
        text.write_bytes(content)
        line = fault_line(run_script("parse_spacy.py", text, "-o", out), 65)
        assert line == f"parse_spacy.py: {problem}"
        assert not out.exists()


def test_missing_text_and_model(tmp_path: Path) -> None:
    absent = tmp_path / "none.txt"
    assert fault_line(run_script("parse_spacy.py", absent), 66) == f"parse_spacy.py: {absent}: no such file"
    text = tmp_path / "t.txt"
    text.write_text("Hello.\n")
    line = fault_line(run_script("parse_spacy.py", text, "--model", "no_such_model"), 66)
    assert "'no_such_model' is no installed spaCy model" in line


def test_usage_faults() -> None:
    assert "--batch" in fault_line(run_script("parse_spacy.py", "-", "--batch", 0), 64)
    assert "--sentences" in fault_line(run_script("parse_spacy.py", "-", "--sentences", "none"), 64)
