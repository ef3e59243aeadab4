"""What values look like in a notebook."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grok_tree import analysis
from grok_tree.analysis import forest_html, response_html, responses_html
from grok_tree.analysis._results import table_html
from grok_tree.forest import Citation, Forest, Marks, Origin, Response, Settings, Usage
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_from_parents, forest_of
from tests.unit.analysis.pictures._inert import read, text_of

KIB = 1024
HOSTILE = [
    "<script>alert(1)</script>",
    "</details></div><img src=x onerror=alert(1)>",
    "<!-- ",
    "&lt;b&gt; & &amp;",
    '"\' style="x',
    "]]><style>*{display:none}</style>",
    "<" * 3_000,
    "&" * 100_000,
    "\u202egnirts",
]
STUDY = forest_of("q>a>why>because, q>b, q>c>how, other", leaf="because", title="Study <1>")


def answer(**fields: object) -> Response:
    plain = {"response_id": "a", "parent_response_id": "q", "message": "Blue.", **fields}
    fixed = {"conversation_id": CONVERSATION_ID, "sender": "assistant", "create_time": EPOCH}
    return Response(**plain | fixed)  # type: ignore[arg-type]


class TestForest:
    def test_it_begins_with_its_title_and_counts(self) -> None:
        assert text_of(forest_html(STUDY)).startswith(
            "Study <1> 8 responses · 4 tips · 1 fork · depth 4"
        )

    def test_the_path_to_the_leaf_comes_whole_and_in_order(self) -> None:
        path = text_of(forest_html(STUDY)).partition("tree ·")[0]
        places = [path.index(said) for said in ("human q", "assistant a", "human why", "because")]
        assert places == sorted(places)

    def test_siblings_stand_folded_beside_the_path(self) -> None:
        shown = text_of(forest_html(STUDY))
        assert "2 other responses in its place assistant b assistant c" in shown
        assert "1 other response in its place human other" in shown

    def test_the_outline_has_every_branch_with_its_runs(self) -> None:
        outline = text_of(forest_html(STUDY)).partition("tree · ")[2]
        assert outline == (
            "5 runs of responses human q 3 branches · 3 tips"
            " assistant a … 1 … assistant because"
            " assistant b assistant c … human how human other"
        )

    def test_without_a_leaf_the_outline_is_open(self) -> None:
        assert "<details open><summary><span" in forest_html(forest_of("a>b, a>c"))

    def test_an_empty_forest_is_its_title(self) -> None:
        assert text_of(forest_html(forest_of(""))) == (
            "Untitled conversation 0 responses · 0 tips · 0 forks · depth 0"
        )

    def test_the_same_stands_on_the_forest_itself(self) -> None:
        assert STUDY._repr_html_() == forest_html(STUDY)

    def test_hostile_texts_stay_texts(self) -> None:
        forest = forest_from_parents(
            [-1, *([0] * (len(HOSTILE) - 1))], messages=HOSTILE, leaf=1, title=HOSTILE[0]
        )
        shown = forest_html(forest)
        assert HOSTILE[0] in text_of(shown)
        assert "<script" not in shown
        assert len(shown) < 64 * KIB

    @settings(max_examples=25)
    @given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
    def test_any_texts_make_whole_html(self, messages: list[str]) -> None:
        parents = [-1, *(at // 2 for at in range(len(messages) - 1))]
        read(forest_html(forest_from_parents(parents, messages=messages, leaf=len(parents) - 1)))

    @pytest.mark.parametrize(
        "parents",
        [
            range(-1, 99_999),
            [-1] + [0] * 99_999,
            [-1] * 100_000,
            [-1, *(random.Random(1).randrange(n) for n in range(1, 100_000))],
            [-1, *(max(0, n - 2) for n in range(1, 100_000))],
        ],
        ids=["chain", "star", "roots", "bush", "comb"],
    )
    def test_a_large_forest_is_a_small_page(self, parents: list[int]) -> None:
        forest = forest_from_parents(parents, leaf=99_999)
        shown = forest_html(forest)
        assert len(shown) < 48 * KIB
        assert read(shown).deepest < 130
        assert "100,000 responses" in shown

    def test_what_is_left_out_is_counted(self) -> None:
        shown = text_of(forest_html(forest_from_parents([-1] + [0] * 100, leaf=100)))
        assert "99 other responses in its place" in shown
        assert "… 91 more" in shown
        assert "… 92 more branches" in shown
        long = text_of(forest_html(forest_from_parents(range(-1, 99), leaf=99)))
        assert "… 76 earlier responses" in long

    def test_long_texts_on_every_place_of_the_path_stay_small(self) -> None:
        forest = forest_from_parents(range(-1, 99), messages=["<&" * 50_000] * 100, leaf=99)
        assert len(forest_html(forest)) < 300 * KIB


class TestResponse:
    def test_it_says_who_said_what_and_how(self) -> None:
        response = answer(
            model_name="local/m",
            settings=Settings(temperature=0.7, seed=3),
            usage=Usage(completion_tokens=2, cost_usd=0.5),
            marks=Marks(starred=True, tags=("x",), scores={"good": 1.0}, note="Look <here>"),
            finish_reason="length",
            reasoning="I think.",
            origin=Origin(kind="resampled"),
            citations=(Citation(url="https://example.org"),),
        )
        assert text_of(response_html(response)) == (
            "assistant ★ · local/m · T=0.7 · seed=3 · length · #x · good=1 Blue."
            " reasoning I think. details"
            " id a created 2026-01-01 00:00:00 UTC origin resampled"
            " settings temperature=0.7, seed=3 tokens completion_tokens=2, cost_usd=0.5"
            " citations 1 source"
            " note Look <here>"
        )

    def test_a_long_text_is_cut_and_says_so(self) -> None:
        shown = response_html(answer(message="x" * 25_000))
        assert "… 5,000 more characters" in shown
        assert len(shown) < 22_000

    def test_hostile_texts_stay_texts(self) -> None:
        for text in HOSTILE:
            read(response_html(answer(message=text, reasoning=text, marks=Marks(note=text))))

    def test_the_value_shows_itself(self) -> None:
        assert answer()._repr_html_() == response_html(answer())

    def test_siblings_are_numbered_and_what_is_sampled_shows_how_far_it_is(self) -> None:
        shown = text_of(responses_html([answer(), "Bl"], caption="2 answers to '<q>'"))
        assert shown == "2 answers to '<q>' 0 Blue. 1 being sampled Bl"

    def test_of_many_siblings_the_first_are_shown(self) -> None:
        shown = responses_html(["<&" * 9_000] * 1_000, caption="many")
        assert "… 960 more" in shown
        assert len(shown) < 400 * KIB


class TestTables:
    def test_rows_stand_below_their_names(self) -> None:
        shown = table_html([{"name": "a", "n": 1}, {"name": None, "n": 2.5}], caption="Two <rows>")
        assert text_of(shown) == "Two <rows> 2 rows name n a 1 2.5"

    def test_figures_are_aligned_to_the_right_as_are_their_names(self) -> None:
        shown = table_html([{"s": "a", "n": None}, {"s": "b", "n": 2}], caption="x")
        right = [cell.rpartition(">")[2] for cell in shown.split("</t") if "right" in cell]
        assert right == ["n", "2"]

    def test_a_single_row_stands_upright(self) -> None:
        assert text_of(table_html([{"name": "a", "n": 1}], caption="One")) == "One name a n 1"

    def test_ids_are_never_broken_and_long_texts_never_a_narrow_column(self) -> None:
        row = {"id": "01a2001f-27fd-7541-9334-7d76563c34e6", "text": "word " * 30, "n": 3}
        shown = table_html([row, row], caption="x")
        assert f'white-space:nowrap">{row["id"]}' in shown
        assert 'min-width:20em">word word' in shown
        assert 'text-align:right">3' in shown

    def test_figures_of_a_single_row_stand_at_the_right_only_among_themselves(self) -> None:
        assert 'right">2' in table_html([{"n": 1, "m": 2}], caption="x")
        assert 'left">2' in table_html([{"name": "a", "m": 2}], caption="x")

    def test_the_results_of_structure_are_inert(self) -> None:
        for result in (
            STUDY.shape(),
            analysis.divergence_matrix(STUDY),
            analysis.path_table(STUDY),
        ):
            read(result._repr_html_())

    def test_many_rows_and_long_cells_are_cut(self) -> None:
        shown = table_html([{"text": "<" * 10_000}] * 10_000, caption="many")
        assert "… 9,950 more rows" in shown
        assert len(shown) < 100 * KIB

    def test_no_rows_are_said(self) -> None:
        assert text_of(table_html([], caption="none")) == "none 0 rows"

    @pytest.mark.parametrize("grain", ["responses", "forks", "costs"])
    def test_every_table_is_inert(self, grain: analysis.Grain) -> None:
        forest: Forest = forest_from_parents([-1] + [0] * 8, messages=HOSTILE)
        read(analysis.table(forest, grain)._repr_html_())


FOREST = forest_of("q>a>yes, q>a>no, q>b>maybe, q>b>so")
ENDS = {"yes": "<good>", "no": "bad", "maybe": "<good>", "so": "<good>"}


class TestOutcomes:
    def test_the_whole_and_every_fork_has_its_shares_with_intervals(self) -> None:
        found = analysis.outcomes(FOREST, ENDS)
        shares = found.at("a").shares
        shown = text_of(found._repr_html_())
        assert shown.startswith("Outcomes 3 forks the whole forest n = 4 <good> 0.75")
        a_fork = f"a n = 2 <good> {shares['<good>']} bad {shares['bad']}"
        assert a_fork in shown

    def test_the_interval_is_a_band_on_a_track_from_0_to_1(self) -> None:
        distribution = analysis.outcomes(FOREST, ENDS).whole
        share = distribution.shares["<good>"]
        shown = distribution._repr_html_()
        assert f"left:{100 * share.low:.1f}%;width:{100 * (share.high - share.low):.1f}%" in shown
        assert "left:75.0%;width:0.0%" in shown

    def test_means_are_said_in_words(self) -> None:
        lengths = {"yes": 10.0, "no": 30.0}
        assert "mean 20" in text_of(analysis.outcomes(FOREST, lengths)._repr_html_())

    def test_no_outcomes_are_said(self) -> None:
        assert text_of(analysis.outcomes(FOREST, {})._repr_html_()) == (
            "Outcomes 0 forks the whole forest n = 0"
        )

    def test_many_forks_and_outcomes_stay_small(self) -> None:
        forest = forest_from_parents([-1, *((n - 1) // 2 for n in range(1, 2_000))])
        found = analysis.outcomes(forest, lambda one: HOSTILE[one.position % len(HOSTILE)])
        shown = found._repr_html_()
        assert "… 987 more forks" in text_of(shown)
        assert len(shown) < 128 * KIB
