"""onset_program.py: how the program is asked, and what becomes of each sort of answer."""

from __future__ import annotations

from pathlib import Path

import pytest

import onset_program
from conftest import NOT_FOUND
from onset_program import Question
from script_base import Fault

SERIES = Path("a.h5")


def test_breaks_and_gap_are_read(program) -> None:
    onsets = onset_program.detect(program(), SERIES, Question())
    assert onsets.why_not == ""
    assert (onsets.structure.step, onsets.structure.low, onsets.structure.high) == (1200, 1000, 1400)
    assert onsets.structure.detectors == {"second_difference": 1200, "piecewise_linear": 1150, "slope": 1300}
    assert (onsets.gap.steps, onsets.gap.low, onsets.gap.high, onsets.gap.p_structure_first) == (800, 500, 1100, 0.995)


def test_no_break_has_no_step_and_no_gap(program) -> None:
    onsets = onset_program.detect(program(NOT_FOUND), SERIES, Question())
    assert (onsets.structure.step, onsets.structure.p, onsets.gap) == (None, 0.62, None)


def test_absent_curve_is_none(program) -> None:
    onsets = onset_program.detect(program('{"structure": null, "capability": null, "gap": null}'), SERIES, Question())
    assert (onsets.structure, onsets.capability, onsets.gap, onsets.why_not) == (None, None, None, "")


def test_step_without_a_break_is_not_believed(program) -> None:
    answer = '{"structure": {"curve": "uas/micro", "break": false, "step": 1200}, "capability": null, "gap": null}'
    assert onset_program.detect(program(answer), SERIES, Question()).structure.step is None


def test_refusal_is_told_in_the_programs_words(program) -> None:
    refused = program("", 65, "onset: a.h5: step: 2 checkpoints are too few")
    assert onset_program.detect(refused, SERIES, Question()).why_not == "onset: a.h5: step: 2 checkpoints are too few"


@pytest.mark.parametrize("answer", ["", "no JSON", "[1]", '{"structure": {"break": true}}', '{"structure": 3}'])
def test_unreadable_answer_is_no_onset(program, answer: str) -> None:
    onsets = onset_program.detect(program(answer), SERIES, Question())
    assert onsets.why_not.startswith("onset detect gave no answer that this script reads: ")
    assert onsets.structure is None


def test_question_becomes_options() -> None:
    words = Question(structure="uas/macro", spacing=300).words()
    assert words == ["--structure", "uas/macro", "--capability", "pll/overall", "--spacing", "300"]


def test_program_named_by_the_user_must_exist() -> None:
    with pytest.raises(Fault) as caught:
        onset_program.find_program("/no/such/onset")
    assert (caught.value.code, str(caught.value)) == (66, "--onset: /no/such/onset: no such program")


def test_without_a_program_there_is_a_word_and_no_onset() -> None:
    assert onset_program.detect(None, SERIES, Question()).why_not.startswith("the program onset was not found")


def test_the_built_program_answers(tmp_path: Path) -> None:
    pytest.importorskip("h5netcdf")
    built = onset_program.find_program(None)
    if built is None:
        pytest.skip("the onset program is not built")
    from small_series import small_series

    onsets = onset_program.detect(built, small_series(tmp_path / "a.h5", checkpoints=60), Question())
    if "no command" in onsets.why_not:
        pytest.skip(f"{built} has no detect")
    assert onsets.why_not == ""
    assert onsets.structure.curve == "uas/micro"
    assert onsets.capability.curve == "pll/overall"
