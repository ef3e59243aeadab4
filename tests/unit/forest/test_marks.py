"""How marks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import MarkChange, Marks, changed_marks

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
MARKED = Marks(
    starred=True,
    tags=("good", "short"),
    note="keep",
    scores={"truth": 0.5},
    times={"starred": BEFORE, "note": BEFORE},
)


def test_an_empty_change_changes_nothing() -> None:
    assert changed_marks(MARKED, MarkChange(), NOW) == MARKED


def test_a_star_is_taken_away_and_its_time_kept() -> None:
    marks = changed_marks(MARKED, MarkChange(starred=False), NOW)

    assert not marks.starred
    assert marks.times == {"starred": NOW, "note": BEFORE}


def test_tags_are_added_and_removed_and_stay_sorted() -> None:
    marks = changed_marks(MARKED, MarkChange(add_tags=("best",), remove_tags=("good",)), NOW)

    assert marks.tags == ("best", "short")
    assert marks.times["tag:best"] == marks.times["tag:good"] == NOW


def test_a_tag_is_there_once_however_often_it_is_added() -> None:
    assert changed_marks(MARKED, MarkChange(add_tags=("good", "good")), NOW).tags == MARKED.tags


def test_an_empty_note_takes_the_note_away() -> None:
    marks = changed_marks(MARKED, MarkChange(note=""), NOW)

    assert marks.note == ""
    assert marks.times["note"] == NOW


def test_scores_are_set_and_removed() -> None:
    marks = changed_marks(MARKED, MarkChange(scores={"fun": 2}, remove_scores=("truth",)), NOW)

    assert marks.scores == {"fun": 2}
    assert marks.times["score:fun"] == marks.times["score:truth"] == NOW


def test_removing_a_score_that_is_not_there_is_no_error() -> None:
    assert changed_marks(Marks(), MarkChange(remove_scores=("fun",)), NOW).scores == {}


def test_the_marks_before_stay_as_they_were() -> None:
    changed_marks(MARKED, MarkChange(scores={"fun": 2}, note="other"), NOW)

    assert MARKED.scores == {"truth": 0.5}
    assert MARKED.times == {"starred": BEFORE, "note": BEFORE}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (MarkChange(add_tags=(" ",)), "the tag is empty; give it a word"),
        (MarkChange(add_tags=("a\0",)), r"the tag holds U\+0000"),
        (MarkChange(scores={"": 1.0}), "the name of a score is empty"),
        (MarkChange(scores={"fun": float("nan")}), "score 'fun' is nan; give a finite number"),
        (MarkChange(scores={"fun": float("inf")}), "score 'fun' is inf"),
        (MarkChange(note="a\0"), r"the note holds U\+0000"),
    ],
)
def test_marks_that_cannot_be_stored_are_refused(change: MarkChange, sentence: str) -> None:
    with pytest.raises(InvalidOperationError, match=sentence):
        changed_marks(MARKED, change, NOW)
