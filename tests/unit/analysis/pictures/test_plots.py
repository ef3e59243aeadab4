"""What the pictures of outcomes, tokens, costs and divergence show."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from grok_tree import analysis
from grok_tree.analysis import (
    Table,
    divergence_matrix,
    outcomes,
    plot_costs,
    plot_divergence,
    plot_outcomes,
    plot_tokens,
)
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import TokenAlternative, TokenLogprob
from grok_tree.testing import forest_from_parents, forest_of
from tests.unit.analysis.pictures.test_style import contrast

STUDY = forest_of("q>a>yes, q>a>no, q>b>maybe, q>b>so")
ENDS = {"yes": "good", "no": "bad", "maybe": "good", "so": "good"}


def rows(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def legend(ax: Axes) -> list[str]:
    shown = ax.get_legend()
    return [] if shown is None else [text.get_text() for text in shown.get_texts()]


def drawn(ax: Axes) -> list[Any]:
    """Return what was drawn at once: the dots of an outcome, the bars of a part."""
    return list(ax.containers)


def bars(ax: Axes) -> list[Any]:
    return list(ax.patches)


def saved(ax: Axes) -> None:
    """Draw it; a warning would be an error."""
    ax.get_figure(root=True).savefig(io.BytesIO())  # type: ignore[union-attr]


class TestOutcomes:
    def test_every_fork_is_a_row_with_a_dot_for_each_outcome(self) -> None:
        ax = plot_outcomes(outcomes(STUDY, ENDS))
        assert rows(ax) == ["q  n = 4", "a  n = 2", "b  n = 2"]
        assert legend(ax) == ["bad", "good"]
        bad, good = (dots.lines[0].get_xdata() for dots in drawn(ax))
        assert np.asarray(bad).tolist() == [0.25, 0.5, 0]
        assert np.asarray(good).tolist() == [0.75, 0.5, 1]
        saved(ax)

    def test_whiskers_are_the_intervals(self) -> None:
        found = outcomes(STUDY, ENDS)
        ax = plot_outcomes(found)
        (whiskers,) = drawn(ax)[0].lines[2]
        ends = [segment[:, 0].tolist() for segment in whiskers.get_segments()]
        bad = [fork.shares["bad"] for fork in found.forks()]
        assert ends == [pytest.approx([one.low, one.high]) for one in bad]

    def test_of_a_truth_only_true_is_drawn(self) -> None:
        ax = plot_outcomes(outcomes(STUDY, {tip: end == "good" for tip, end in ENDS.items()}))
        assert legend(ax) == ["True"]

    def test_a_path_is_drawn_from_its_root_on(self) -> None:
        ax = plot_outcomes(outcomes(STUDY, ENDS), along="no")
        assert rows(ax) == ["q  n = 4", "a  n = 2", "no  n = 1"]

    def test_means_of_quantities_are_in_their_unit(self) -> None:
        lengths = {"yes": 10.0, "no": 30.0, "maybe": 20.0, "so": 40.0}
        ax = plot_outcomes(outcomes(STUDY, lengths))
        assert np.asarray(drawn(ax)[0].lines[0].get_xdata()).tolist() == [25, 20, 30]
        assert (ax.get_xlabel(), legend(ax)) == ("mean", [])
        saved(ax)

    def test_of_many_forks_those_with_the_most_outcomes_are_drawn(self) -> None:
        ax = plot_outcomes(outcomes(STUDY, ENDS), most=1)
        assert rows(ax) == ["q  n = 4"]
        assert ax.get_xlabel() == "share of outcomes (1 of 3 are drawn)"

    def test_without_outcomes_an_empty_picture_is_drawn(self) -> None:
        ax = plot_outcomes(outcomes(forest_of(""), {}))
        assert rows(ax) == ["the whole forest  n = 0"]
        assert (ax.get_xlabel(), ax.get_xticks().tolist()) == ("no outcomes", [])
        saved(ax)

    def test_no_rows_and_unknown_responses_are_refused(self) -> None:
        with pytest.raises(InvalidOperationError, match="0 rows"):
            plot_outcomes(outcomes(STUDY, ENDS), most=0)
        with pytest.raises(ResponseNotFound):
            plot_outcomes(outcomes(STUDY, ENDS), along="nowhere")


def an_answer(*words: str) -> Any:
    other = (TokenAlternative("x", math.log(0.25)),)
    return analysis.tokens([TokenLogprob(word, math.log(0.5), other) for word in words])


class TestTokens:
    def test_every_token_is_a_bar_over_its_word(self) -> None:
        ax = plot_tokens(an_answer("The", " sky", "\n", " ", "\t", "", "日", "$"))
        assert [bar.get_height() for bar in bars(ax)] == pytest.approx([0.5] * 8)
        words = [label.get_text() for label in ax.get_xticklabels()]
        assert words == ["The", "sky", "⏎", "␣", "⇥", "∅", "□", "$"]
        saved(ax)

    def test_a_mark_stands_where_the_likeliest_alternative_is(self) -> None:
        ax = plot_tokens(an_answer("a", "b"))
        offsets = np.asarray(ax.collections[0].get_offsets())
        assert offsets.tolist() == [[0, pytest.approx(0.25)], [1, pytest.approx(0.25)]]
        assert legend(ax) == ["likeliest alternative", "sampled"]

    def test_entropy_is_drawn_in_nats(self) -> None:
        tokens = an_answer("a")
        ax = plot_tokens(tokens, by="entropy")
        assert [bar.get_height() for bar in bars(ax)] == [tokens[0].entropy]
        assert not ax.collections

    def test_a_long_answer_says_how_much_of_it_is_drawn(self) -> None:
        ax = plot_tokens(an_answer(*["word"] * 500))
        assert len(ax.patches) == 120
        assert ax.get_xlabel() == "the first 120 of 500 tokens"

    def test_no_tokens_are_an_empty_picture(self) -> None:
        ax = plot_tokens([])
        assert ax.get_xlabel() == "no tokens"
        saved(ax)

    def test_a_mark_stands_upright(self) -> None:
        labels = plot_tokens(an_answer("sky", "\n")).get_xticklabels()
        assert [label.get_rotation() for label in labels] == [90, 0]

    def test_an_unknown_figure_is_refused(self) -> None:
        with pytest.raises(InvalidOperationError, match="not 'colour'"):
            plot_tokens(an_answer("a"), by="colour")  # type: ignore[arg-type]


def cost(model: str, **figures: Any) -> dict[str, Any]:
    counts = dict.fromkeys(
        ("prompt_tokens", "cached_prompt_tokens", "completion_tokens", "reasoning_tokens"), 0
    )
    row = {"model_name": model, "day": None, "n_samplings": 1, **counts, "cost_usd": None}
    return row | {"n_unknown_costs": 1, "n_estimated": 0, "duration_s": 0.0} | figures


class TestCosts:
    TABLE = Table(
        "costs",
        [
            cost("m/free", prompt_tokens=5, cached_prompt_tokens=2, completion_tokens=1),
            cost("m/paid", prompt_tokens=10, cost_usd=0.25, n_unknown_costs=0),
            cost("m/paid", prompt_tokens=20, n_samplings=2),
        ],
        {},
    )

    def test_the_days_of_a_model_are_one_bar_in_parts(self) -> None:
        ax = plot_costs(self.TABLE)
        assert rows(ax) == ["m/paid", "m/free"]
        assert legend(ax) == ["prompt, computed", "prompt, cached", "answers"]
        widths = [[bar.get_width() for bar in part] for part in drawn(ax)]
        assert widths == [[30, 3], [0, 2], [0, 1]]
        saved(ax)

    def test_unknown_costs_are_counted_beside_known_ones(self) -> None:
        texts = [text.get_text() for text in plot_costs(self.TABLE).texts]
        assert texts == ["$0.25 (3 samplings, 1 of unknown cost)", "cost unknown (1 sampling)"]

    @pytest.mark.parametrize(
        ("usd", "shown"),
        [
            (0.0, "$0.00"),
            (1.5, "$1.50"),
            (0.00012, "$0.0001"),
            (0.00003, "under $0.0001"),
            (4_938_240.0, "$4,938,240.00"),
        ],
    )
    def test_dollars_have_two_decimals_or_more(self, usd: float, shown: str) -> None:
        table = analysis.Table("costs", [cost("a", cost_usd=usd, n_unknown_costs=0)], {})
        assert [text.get_text() for text in plot_costs(table).texts] == [f"{shown} (1 sampling)"]

    def test_dollars_are_drawn_as_far_as_they_are_known(self) -> None:
        ax = plot_costs(self.TABLE, by="usd")
        assert [bar.get_width() for bar in bars(ax)] == [0.25, 0]

    def test_forests_are_counted_when_they_are_given(self) -> None:
        ax = plot_costs([STUDY, STUDY])
        assert [text.get_text() for text in ax.texts] == ["cost unknown (4 samplings)"]
        saved(ax)

    def test_nothing_sampled_is_said(self) -> None:
        ax = plot_costs(forest_of("a"))
        assert (ax.get_xlabel(), ax.get_xticks().tolist()) == ("nothing was sampled", [])
        saved(ax)

    def test_other_tables_and_units_are_refused(self) -> None:
        with pytest.raises(InvalidOperationError, match="a table of forks says no costs"):
            plot_costs(analysis.table(STUDY, "forks"))
        with pytest.raises(InvalidOperationError, match="'tokens' or 'usd', not 'eur'"):
            plot_costs(STUDY, by="eur")  # type: ignore[arg-type]


LONG = "a rather long name of something "


def long_costs() -> Axes:
    used = {"prompt_tokens": 30, "cached_prompt_tokens": 10, "completion_tokens": 5}
    rows = [cost(LONG * 2, **used, reasoning_tokens=9), cost("short", **used)]
    return plot_costs(analysis.Table("costs", rows, {}))


def long_outcomes() -> Axes:
    kinds = {tip: f"{number} {LONG * 2}" for number, tip in enumerate(ENDS)}
    forest = forest_from_parents([-1, 0, 0, 0, 0], messages=[LONG * 3, *ENDS])
    return plot_outcomes(outcomes(forest, lambda tip: kinds[tip.message]))


def long_kinds() -> Axes:
    return analysis.plot_tree(STUDY, color=lambda one: f"{one.position % 4} {LONG * 2}", label=None)


@pytest.mark.parametrize("make", [long_costs, long_outcomes, long_kinds])
def test_what_marks_mean_stands_within_the_picture(make: Callable[[], Axes]) -> None:
    ax = make()
    figure: Any = ax.get_figure(root=True)
    figure.draw_without_rendering()
    shown: Any = ax.get_legend()
    assert shown.get_window_extent().x1 <= figure.bbox.x1
    assert shown.get_window_extent().y1 <= figure.bbox.y1


def squares(ax: Axes) -> list[list[float | None]]:
    """Return the numbers of the field, None for what is left empty."""
    values: Any = np.ma.filled(np.ma.asarray(ax.images[0].get_array()), np.nan)
    return [[None if np.isnan(one) else one for one in row] for row in values.tolist()]


class TestDivergence:
    def test_every_pair_is_a_square_as_strong_as_what_it_shares(self) -> None:
        ax = plot_divergence(divergence_matrix(STUDY))
        assert squares(ax) == [
            [None, 2, 1, 1],
            [2, None, 1, 1],
            [1, 1, None, 2],
            [1, 1, 2, None],
        ]
        assert rows(ax) == ["yes", "no", "maybe", "so"]
        assert [text.get_text() for text in ax.texts].count("2") == 4
        saved(ax)

    @pytest.mark.parametrize("page", ["default", "dark_background", "light", "dark"])
    def test_every_number_can_be_read_in_its_square(self, page: str) -> None:
        chain = forest_of(",".join(f"{'>'.join(map(str, range(n)))}>t{n}" for n in range(1, 14)))
        with plt.style.context(page if page in plt.style.available else "default"):
            own = {"light": "white", "dark": "#111111"}.get(page)
            given: Any = own and plt.subplots(facecolor=own, subplot_kw={"facecolor": own})[1]
            ax = plot_divergence(divergence_matrix(chain), ax=given)
        (image,) = ax.images
        colours: Any = image.to_rgba(np.ma.asarray(image.get_array()))
        assert len(ax.texts) == 156
        assert image.get_alpha() is None
        for text in ax.texts:
            column, row = text.xy  # type: ignore[attr-defined]
            square = colours[row, column]
            assert square[3] == 1
            assert contrast(text.get_color(), square) >= 4.5  # WCAG 2.2, level AA

    def test_distances_are_steps(self) -> None:
        ax = plot_divergence(divergence_matrix(STUDY), by="distance")
        assert squares(ax)[0] == [None, 2, 4, 4]

    def test_rows_follow_the_tree(self) -> None:
        forest = forest_of("q>a>first, q>b>second, q>a>third")
        assert rows(plot_divergence(divergence_matrix(forest))) == ["first", "third", "second"]

    def test_pairs_without_a_common_root_are_empty(self) -> None:
        ax = plot_divergence(divergence_matrix(forest_of("a>b, c>d")))
        assert squares(ax) == [[None, None], [None, None]]
        assert ax.get_xlabel() == "2 responses in the order of the tree; no two share a root"
        saved(ax)

    def test_many_tips_are_drawn_without_names(self) -> None:
        forest = forest_from_parents([-1] + [0] * 1_200)
        ax = plot_divergence(divergence_matrix(forest))
        assert rows(ax) == []
        assert ax.get_xlabel() == "1,000 of 1,200 responses in the order of the tree"

    def test_nothing_is_an_empty_picture(self) -> None:
        saved(plot_divergence(divergence_matrix(forest_of(""))))

    def test_one_response_is_no_pair(self) -> None:
        ax = plot_divergence(divergence_matrix(forest_of("a>b")))
        assert ax.get_xlabel() == "1 response: no two that could part"

    def test_an_unknown_figure_is_refused(self) -> None:
        with pytest.raises(InvalidOperationError, match="not 'age'"):
            plot_divergence(divergence_matrix(STUDY), by="age")  # type: ignore[arg-type]
