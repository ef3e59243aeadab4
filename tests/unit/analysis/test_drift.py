"""A study against its re-run: what stands in one place, and what changed there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Forest, Origin, Response, ResponseId, Settings, Usage
from grok_tree.testing import forest_from_parents
from tests.unit.analysis._answers import forest_with, response


def human(name: str, text: str, parent: str | None = None) -> Response:
    return response(name, text, parent, sender="human", model_name="", settings=Settings())


def study(answers: Mapping[str, Sequence[str]], prefix: str = "") -> Forest:
    """Return a forest of questions, each with its answers."""
    found = []
    for question, texts in answers.items():
        found.append(human(f"{prefix}{question}", question))
        found += [
            response(f"{prefix}{question}{place}", text, f"{prefix}{question}")
            for place, text in enumerate(texts)
        ]
    return forest_with(found)


def is_yes(one: Response) -> bool:
    return one.message.startswith("yes")


def test_rates_by_hand() -> None:
    before = study({"a": ["yes", "yes", "no", "yes"], "b": ["no"]})
    after = study({"b": ["no"], "a": ["no", "no", "no"], "c": ["yes"]}, "x")
    found = analysis.drift(before, after, is_yes)

    first, second = found.places
    assert (first.prompt, first.n_before, first.n_after) == ("a", 4, 3)
    (change,) = first.outcomes
    assert (change.before.value, change.after.value, change.difference.value) == (0.75, 0, -0.75)
    # tables with margins 4, 3 and 3 yes: 4 of 35 as seen; 1 (all three on the other side) is less
    assert first.p_value == pytest.approx((4 + 1) / 35)
    assert first.p_adjusted == pytest.approx(2 * 5 / 35)
    assert first.total_variation == pytest.approx(0.75)
    assert first.same_text == pytest.approx(1 / 4)  # of 12 pairs, no with no: 1 * 3
    assert (second.prompt, second.p_value, second.same_text) == ("b", 1, 1)
    (overall,) = found.overall
    assert overall.difference.value == pytest.approx((-0.75 + 0) / 2)
    assert found.only_after_ids == ("xc",)
    assert (found.n_responses, found.n_in_both) == ((7, 8), (7, 6))


def test_what_stands_in_one_run_alone_is_named_once_from_its_top() -> None:
    before = forest_with(
        [
            human("a", "hi"),
            response("b", "yo", "a"),
            human("c", "why?", "b"),
            response("d", "so", "c"),
        ]
    )
    after = forest_with([human("a", "hi"), response("b", "ho", "a"), human("c", "what?", "b")])
    found = analysis.drift(before, after)
    assert (found.only_before_ids, found.only_after_ids) == (("c",), ("c",))
    assert found.n_in_both == (2, 2)
    assert [place.prompt for place in found.places] == ["hi"]


def test_a_second_question_is_one_place_whichever_answer_it_followed() -> None:
    before = forest_with(
        [
            human("a", "hi"),
            *(response(f"b{n}", f"yo {n}", "a") for n in range(2)),
            *(human(f"c{n}", "why?", f"b{n}") for n in range(2)),
            *(response(f"d{n}", "yes", f"c{n}") for n in range(2)),
        ]
    )
    found = analysis.drift(before, before, is_yes)
    deeper = next(place for place in found.places if place.prompt == "why?")
    assert (deeper.before_ids, deeper.n_before, deeper.depth) == (("c0", "c1"), 2, 3)
    assert found.only_before_ids == ()


def test_what_was_asked_twice_is_pooled() -> None:
    twice = forest_with(
        [
            human("a", "hi"),
            human("b", "hi"),
            response("c", "yes", "a"),
            response("d", "no", "b"),
        ]
    )
    (place,) = analysis.drift(twice, study({"hi": ["yes"]}), is_yes).places
    assert (place.n_before, place.n_after) == (2, 1)


def test_what_a_hand_wrote_is_matched_by_its_text() -> None:
    def few_shot(text: str) -> Forest:
        return forest_with([human("a", "hi"), response("b", text, "a", manual=True)])

    assert analysis.drift(few_shot("yo"), few_shot("yo")).n_in_both == (2, 2)
    assert analysis.drift(few_shot("yo"), few_shot("ho")).only_after_ids == ("b",)


def test_cut_and_forked_answers_are_no_samples() -> None:
    forked = Origin(kind="forked", of=ResponseId("c"), offset=3, forced="x")
    forest = forest_with(
        [
            human("a", "hi"),
            response("b", "ye", "a", partial=True),
            response("c", "yes", "a"),
            response("d", "yesx", "a", origin=forked),
        ]
    )
    found = analysis.drift(forest, study({"hi": ["yes"]}), is_yes)
    assert found.places[0].n_before == 1
    assert found.n_left_out == (2, 0)
    cut = forest_with([human("a", "hi"), response("b", "ye", "a", partial=True)])
    none = analysis.drift(cut, forest)
    assert (none.places, none.n_left_out, none.only_after_ids) == ((), (1, 2), ())


def test_the_same_words_of_another_sender_are_another_place() -> None:
    system = forest_with([response("a", "hi", None, sender="system"), response("b", "yes", "a")])
    assert analysis.drift(system, study({"hi": ["yes"]})).places == ()


@given(st.lists(st.lists(st.booleans(), max_size=6), max_size=6), st.integers(0, 99))
def test_order_and_ids_do_not_matter(answers: list[list[bool]], seed: int) -> None:
    texts = {str(at): ["yes" if one else "no" for one in row] for at, row in enumerate(answers)}
    random = np.random.default_rng(seed)
    questions = list(texts)
    random.shuffle(questions)
    mixed = {one: list(random.permutation(texts[one])) for one in questions}
    other = study({str(at): ["no", "yes", "maybe"] for at in range(3)})

    def told(forest: Forest) -> list[tuple[object, ...]]:
        rows = analysis.drift(forest, other, lambda one: str(one.message)).to_records()
        return sorted(
            (row["prompt"], row["outcome"], row["difference"], row["p_value"], row["p_adjusted"])
            for row in rows
        )

    assert told(study(texts)) == told(study(mixed, "other"))


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_forest_has_not_drifted_from_itself(answers: list[bool]) -> None:
    forest = study({"a": ["yes" if one else "no" for one in answers]})
    (place,) = analysis.drift(forest, forest, is_yes).places
    assert place.p_value == pytest.approx(1)
    assert place.total_variation == 0
    assert place.outcomes[0].difference.value == 0


class TestWithoutALabel:
    def test_exact_texts_are_compared(self) -> None:
        found = analysis.drift(study({"a": ["x"] * 3}), study({"a": ["y"] * 3}))
        assert found.places[0].p_value == pytest.approx(0.1)
        assert found.places[0].total_variation == 1
        assert found.overall == ()
        assert found.to_records()[0]["outcome"] is None

    def test_fixed_places_say_the_same_or_not(self) -> None:
        greedy = Settings(temperature=0)

        def one(text: str, settings: Settings) -> Forest:
            return forest_with([human("a", "hi"), response("b", text, "a", settings=settings)])

        found = analysis.drift(one("x", greedy), one("x", greedy))
        assert (found.same_text.value, found.same_text.n) == (1, 1)
        assert math.isnan(analysis.drift(one("x", Settings()), one("x", greedy)).same_text.value)
        assert analysis.drift(study({"a": "xx"}), study({"a": "yy"})).same_text.value == 0

    def test_samples_of_the_same_seed_are_pairs(self) -> None:
        def seeded(said: dict[int, str], temperature: float = 1) -> Forest:
            answers = [
                response(
                    f"b{seed}", text, "a", settings=Settings(seed=seed, temperature=temperature)
                )
                for seed, text in said.items()
            ]
            return forest_with([human("a", "hi"), *answers])

        before = seeded({1: "x", 2: "y", 3: "z"})
        found = analysis.drift(before, seeded({3: "z", 2: "other", 4: "x"}))
        assert (found.same_seed.value, found.same_seed.n) == (0.5, 2)
        assert analysis.drift(before, seeded({1: "x"}, 0.5)).same_seed.n == 0
        assert analysis.drift(before, before).same_seed.value == 1

    def test_what_was_asked_twice_with_a_seed_is_no_pair(self) -> None:
        seeded = Settings(seed=1)
        once = forest_with([human("a", "hi"), response("b", "x", "a", settings=seeded)])
        twice = forest_with(
            [
                human("a", "hi"),
                response("b", "x", "a", settings=seeded),
                response("c", "y", "a", settings=seeded),
            ]
        )
        assert analysis.drift(once, once).same_seed.n == 1
        assert analysis.drift(once, twice).same_seed.n == 0


def test_length_and_cost_change() -> None:
    def priced(texts: dict[str, str], cost: float) -> Forest:
        found = []
        for name, text in texts.items():
            found.append(human(name, name))
            found.append(response(f"{name}1", text, name, usage=Usage(cost_usd=cost)))
        return forest_with(found)

    found = analysis.drift(priced({"a": "xx", "b": "xx"}, 1), priced({"a": "xxx", "b": "xxxxx"}, 3))
    assert found.length_change.value == pytest.approx((1 + 3) / 2)
    assert 2 in found.length_change
    assert (found.cost_change.value, found.cost_change.low) == (2, 2)
    alone = analysis.drift(study({"a": ["x"]}), study({"a": ["xy"]}))
    assert alone.length_change.value == 1
    assert math.isnan(alone.length_change.low)
    assert math.isnan(alone.cost_change.value)


def test_quantities_have_means() -> None:
    before, after = study({"a": ["x", "xx", "xxx"]}), study({"a": ["xxx", "xxxx", "xxxxx"]})
    (place,) = analysis.drift(before, after, lambda one: float(len(one.message))).places
    (change,) = place.outcomes
    assert (change.outcome, change.before.value, change.after.value) == ("mean", 2, 4)
    assert place.total_variation is None


def test_whole_numbers_beside_floats_are_quantities_in_every_place() -> None:
    marks: dict[str, int | float] = {"x": 1, "xx": 2.5, "y": 3, "yy": 4}
    before = study({"a": ["x", "xx"], "b": ["y", "yy"]})
    after = study({"a": ["xx", "xx"], "b": ["yy", "yy"], "c": []})
    found = analysis.drift(before, after, lambda one: marks[one.message])
    by_prompt = {place.prompt: place.outcomes for place in found.places}

    assert [one.outcome for one in by_prompt["a"]] == ["mean"]
    assert [(one.before.value, one.after.value) for one in by_prompt["b"]] == [(3.5, 4)]
    assert found.overall == ()


def test_a_place_without_quantities_tells_nothing() -> None:
    marks = {"x": 1.5, "xx": 2.5}
    before, after = study({"a": ["x"], "b": ["y"]}), study({"a": ["xx"], "b": ["y"]})
    found = analysis.drift(before, after, lambda one: marks.get(one.message))

    assert {place.prompt: len(place.outcomes) for place in found.places} == {"a": 1, "b": 0}


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ({"x": 1.0, "y": "yes"}, "none may be a text, a truth or above 1e100"),
        ({"x": 1.0, "y": True}, "none may be a text, a truth or above 1e100"),
        ({"x": 1.0, "y": 10**101}, "none may be a text, a truth or above 1e100"),
        ({"x": True, "y": 2}, "some outcomes are truths and some whole numbers"),
    ],
)
def test_outcomes_of_two_sorts_are_refused_wherever_they_stand(
    ends: dict[str, bool | float | str], why: str
) -> None:
    # As by `outcomes`, though each place of each forest has outcomes of one sort.
    before, after = study({"a": ["x"], "b": ["y"]}), study({"a": ["x"], "b": ["y"]})
    with pytest.raises(InvalidOperationError, match=why):
        analysis.drift(before, after, lambda one: ends[one.message])
    with pytest.raises(InvalidOperationError, match=why):
        analysis.outcomes(before, lambda one: ends[one.message])


def test_p_values_are_corrected_as_is_asked_for() -> None:
    before = study({"a": ["yes", "yes", "no", "yes"], "b": ["yes", "no"]})
    after = study({"a": ["no", "no", "no"], "b": ["no", "no"]})
    found = [
        analysis.drift(before, after, is_yes, correction=correction)
        for correction in ("benjamini-hochberg", "bonferroni", "none")
    ]

    p = [[place.p_value for place in one.places] for one in found]
    assert p[0] == p[1] == p[2] == pytest.approx([5 / 35, 1])
    p_adjusted = [[place.p_adjusted for place in one.places] for one in found]
    assert p_adjusted == [pytest.approx([2 * 5 / 35, 1])] * 2 + [pytest.approx([5 / 35, 1])]
    assert found[0] == analysis.drift(before, after, is_yes)
    assert found[1].correction == "bonferroni"


def test_truths_of_numpy_are_truths() -> None:
    found = analysis.drift(
        study({"a": ["yes"]}),
        study({"a": ["no"]}),
        lambda one: np.bool_(is_yes(one)),  # type: ignore[arg-type]
    )
    assert [one.outcome for one in found.places[0].outcomes] == [True]


def test_an_answer_without_an_outcome_is_left_out() -> None:
    found = analysis.drift(study({"a": ["x"]}), study({"a": ["y"]}), lambda _: None)
    assert (found.places[0].p_value, found.places[0].outcomes, found.overall) == (None, (), ())
    assert found.places[0].p_adjusted is None


def test_an_outcome_is_a_text_a_truth_or_a_number() -> None:
    forest = study({"a": ["x"]})
    with pytest.raises(InvalidOperationError, match="response a0"):
        analysis.drift(forest, forest, lambda _: ["x"])  # type: ignore[arg-type]
    by_id = analysis.drift(forest, forest, {"a0": float("nan")})
    assert by_id.places[0].outcomes == ()


@pytest.mark.parametrize(
    "wrong", [{"level": 1}, {"n_permutations": 0}, {"label": "yes"}, {"correction": "x"}]
)
def test_what_is_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    forest = study({"a": ["x"]})
    with pytest.raises(InvalidOperationError):
        analysis.drift(forest, forest, **wrong)  # type: ignore[arg-type]


def test_intervals_of_places_cover_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(11)

    def run(share: float, n: int) -> Forest:
        said = np.where(random.random((800, n)) < share, "yes", "no")
        return study({str(at): list(map(str, row)) for at, row in enumerate(said)})

    found = analysis.drift(run(0.35, 24), run(0.6, 18), is_yes)
    covered = [0.25 in place.outcomes[0].difference for place in found.places]
    assert 0.93 <= np.mean(covered) <= 0.97
    assert 0.25 in found.overall[0].difference


@pytest.mark.parametrize("n_places", [2, 5])
def test_intervals_of_lengths_cover_the_truth_with_few_places(n_places: int) -> None:
    random = np.random.default_rng(13)
    covered = []
    for _ in range(250):
        longer = np.rint(random.normal(40, 10, n_places)).astype(int).tolist()
        before = study({str(at): ["x"] for at in range(n_places)})
        after = study({str(at): ["x" * (1 + more)] for at, more in enumerate(longer)})
        covered.append(40 in analysis.drift(before, after).length_change)

    # 250 runs: a share of 0.95 is found with a standard error of 0.014.
    assert 0.91 <= np.mean(covered) <= 0.985


def test_few_false_alarms_where_nothing_changed() -> None:
    random = np.random.default_rng(12)

    def run() -> Forest:
        said = random.choice(["a", "b", "c"], (200, 12))
        return study({str(at): list(map(str, row)) for at, row in enumerate(said)})

    found = analysis.drift(run(), run(), lambda one: one.message, n_permutations=500)
    ps = np.array([place.p_value for place in found.places])
    assert np.mean(ps <= 0.05) <= 0.09
    assert not any((place.p_adjusted or 0) <= 0.05 for place in found.places)


def test_nothing_is_nothing() -> None:
    found = analysis.drift(forest_from_parents([]), forest_from_parents([]))
    assert (found.places, found.to_records(), found.n_responses) == ((), [], (0, 0))
    full = analysis.drift(study({"a": ["x"]}), study({"a": ["x"]}), is_yes)
    assert found.to_polars().schema == full.to_polars().schema
    assert "0 places" in str(found)
    assert "Drift" in full._repr_html_()


@pytest.mark.parametrize("shape", ["chain", "fan"])
@pytest.mark.parametrize("size", [3_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_deep_and_wide_forests(shape: str, size: int) -> None:
    parents = range(-1, size - 1) if shape == "chain" else [-1] + [0] * (size - 1)
    forest = forest_from_parents(parents)
    found = analysis.drift(forest, forest)
    assert found.n_in_both == (size, size)
    assert len(found.places) == (size // 2 if shape == "chain" else 1)


def test_the_rows_of_places_are_their_figures() -> None:
    def asked(prices: Sequence[float], texts: Sequence[str]) -> Forest:
        answers = [
            response(f"b{at}", text, "a", usage=Usage(cost_usd=price))
            for at, (price, text) in enumerate(zip(prices, texts, strict=True))
        ]
        return forest_with([human("a", "hi"), *answers])

    found = analysis.drift(
        asked([1, 2, 3], ["yes", "yes", "no"]), asked([5, 7], ["no", "no, not"]), is_yes
    )
    (place,), (row,) = found.places, found.to_records()
    (change,) = place.outcomes
    assert row == {
        "prompt": "hi",
        "depth": 1,
        "before_id": "a",
        "after_id": "a",
        "n_before": 3,
        "n_after": 2,
        "outcome": "True",
        "before": pytest.approx(2 / 3),
        "after": 0,
        "difference": pytest.approx(-2 / 3),
        "low": change.difference.low,
        "high": change.difference.high,
        "total_variation": pytest.approx(2 / 3),
        "p_value": place.p_value,
        "p_adjusted": place.p_adjusted,
        "same_text": pytest.approx(1 / 6),
        "n_paired": 0,
        "n_paired_same": 0,
        "is_fixed": False,
        "length_before": pytest.approx((3 + 3 + 2) / 3),
        "length_after": (2 + 7) / 2,
        "cost_before": 2,
        "cost_after": 6,
    }


def test_what_changed_most_comes_first() -> None:
    def said(answers: Mapping[str, str]) -> Forest:
        return study({question: list(texts) for question, texts in answers.items()})

    before = said({"same": "yyyy", "all": "yyyyyyyy", "half": "yyyyyyyy", "few": "y"})
    after = said({"same": "yyyy", "all": "nnnnnnnn", "half": "yyyynnnn", "few": "n"})
    found = analysis.drift(before, after, lambda one: one.message)
    assert [place.prompt for place in found.places] == ["all", "half", "few", "same"]
    p_values = [place.p_value for place in found.places]
    # Those of one sample each say nothing, but lie further apart than those that are the same.
    assert p_values[2:] == [1, 1]


def test_the_mean_change_over_places_by_hand() -> None:
    # Of 4 and of 2 samples 1/4 and 1/2 before, 3/4 and 1/2 after; each place counts half.
    before = study({"a": ["yes", "no", "no", "no"], "b": ["yes", "no"]})
    after = study({"a": ["yes", "yes", "yes", "no"], "b": ["no", "yes"]})
    (found,) = analysis.drift(before, after, is_yes).overall

    assert (found.before.value, found.after.value) == pytest.approx((3 / 8, 5 / 8))
    # With half a yes and half a no more: 1.5/5 and 1.5/3.
    variance = (0.3 * 0.7 / 4 + 0.5 * 0.5 / 2) / 4
    worth = 3 / 8 * 5 / 8 / variance
    first, second = analysis.wilson(3 / 8 * worth, worth), analysis.wilson(5 / 8 * worth, worth)
    assert (found.before.low, found.before.high) == pytest.approx((first.low, first.high))
    change = analysis.newcombe(first, second)
    assert (found.difference.low, found.difference.high) == pytest.approx((change.low, change.high))
