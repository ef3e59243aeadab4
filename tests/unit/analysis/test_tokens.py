"""What recorded probabilities say of single tokens and of whole answers."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from grok_tree import analysis
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import Response, TokenAlternative, TokenLogprob
from tests.unit.analysis._answers import asked, forest_with, response, token


def test_the_figures_of_a_token_by_hand() -> None:
    # recorded 0.5, 0.25 and 0.125; 0.125 is missing and counts as one lump of its own
    (one,) = analysis.tokens([token("a", 0.25, b=0.5, c=0.125)])
    assert one.surprisal_bits == pytest.approx(2)
    assert one.surprisal == pytest.approx(2 * math.log(2))
    assert one.covered == pytest.approx(0.875)
    # 0.5*1 + 0.25*2 + 0.125*3 + 0.125*3 = 1.75 bits
    assert one.entropy / math.log(2) == pytest.approx(1.75)
    # the missing 0.125 over 11 - 3 = 8 other tokens adds 0.125 * 3 bits
    assert one.entropy_at_most(11) / math.log(2) == pytest.approx(1.75 + 0.375)
    assert one.margin == pytest.approx(0.25 - 0.5)
    assert one.rank == 2


def test_the_rank_counts_what_was_likelier() -> None:
    ranks = [
        analysis.tokens([token("a", share, b=0.4, c=0.2)])[0].rank for share in (0.5, 0.4, 0.3, 0.1)
    ]
    assert ranks == [1, 1, 2, 3]


def test_a_row_of_a_token_by_hand() -> None:
    (row,) = analysis.tokens([token("a", 0.25, b=0.5, c=0.125)], vocabulary=11).to_records()
    assert row == {
        "index": 0,
        "offset": 0,
        "text": "a",
        "logprob": pytest.approx(-2 * math.log(2)),
        "probability": pytest.approx(0.25),
        "surprisal_nats": pytest.approx(2 * math.log(2)),
        "surprisal_bits": pytest.approx(2),
        "entropy_nats": pytest.approx(1.75 * math.log(2)),
        "covered": pytest.approx(0.875),
        "rank": 2,
        "margin": pytest.approx(-0.25),
        "n_alternatives": 2,
        "best_alternative": "b",
        "best_alternative_logprob": pytest.approx(-math.log(2)),
        "entropy_at_most_nats": pytest.approx(2.125 * math.log(2)),
    }


def test_the_figures_of_an_answer_by_hand() -> None:
    found = analysis.tokens([token("a", 0.5), token("b", 0.125, 1)])
    assert found.text == "ab"
    assert found.logprob == pytest.approx(math.log(1 / 16))
    assert found.perplexity == pytest.approx(4)  # two places, 1/16 together: 1/4 each
    # each as if all that is missing were one token: ln 2, and -(1/8 ln 1/8 + 7/8 ln 7/8)
    second = 3 / 8 * math.log(2) - 7 / 8 * math.log(7 / 8)
    assert found.mean_entropy == pytest.approx((math.log(2) + second) / 2)


def distributions() -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(0.001, 1), min_size=2, max_size=30).map(
        lambda weights: [weight / sum(weights) for weight in weights]
    )


def recorded(shares: Sequence[float], n: int) -> TokenLogprob:
    """Return a place where the last token was sampled and the n likeliest were recorded."""
    likeliest = sorted(range(len(shares)), key=lambda place: -shares[place])[:n]
    alternatives = [TokenAlternative(str(place), math.log(shares[place])) for place in likeliest]
    return TokenLogprob(str(len(shares) - 1), math.log(shares[-1]), tuple(alternatives))


@given(distributions(), st.integers(0, 30))
def test_the_true_entropy_is_between_the_bounds(shares: list[float], n: int) -> None:
    (one,) = analysis.tokens([recorded(shares, n)])
    truth = float(entropy(shares))
    assert one.entropy <= truth + 1e-9
    assert truth <= one.entropy_at_most(len(shares)) + 1e-9
    if n >= len(shares):
        assert one.entropy == pytest.approx(truth, abs=1e-9)


@given(distributions(), st.randoms(use_true_random=False))
def test_the_order_of_the_alternatives_does_not_matter(shares: list[float], random: object) -> None:
    one = recorded(shares, len(shares))
    mixed = list(one.alternatives)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    again = TokenLogprob(one.text, one.logprob, tuple(mixed))
    (first,), (second,) = analysis.tokens([one]), analysis.tokens([again])
    assert first.entropy == pytest.approx(second.entropy, abs=1e-12)
    assert (first.rank, first.margin) == (second.rank, second.margin)


@given(st.lists(st.floats(0.01, 1), max_size=20), st.integers(0, 20))
def test_the_log_probability_follows_the_chain_rule(shares: list[float], cut: int) -> None:
    places = [token("x", share, place) for place, share in enumerate(shares)]
    parts = analysis.tokens(places[:cut]), analysis.tokens(places[cut:])
    whole = analysis.tokens(places)
    assert whole.logprob == pytest.approx(sum(part.logprob for part in parts))
    if places:
        assert whole.perplexity == pytest.approx(float(np.exp(-np.mean(np.log(shares)))))


class TestWhatProvidersWrite:
    def test_a_sampled_token_that_is_not_among_the_alternatives_counts_too(self) -> None:
        one = TokenLogprob("z", math.log(0.1), (TokenAlternative("a", math.log(0.6)),), 0)
        (found,) = analysis.tokens([one])
        assert found.covered == pytest.approx(0.7)
        assert found.rank is None, "others that were not recorded may be likelier, too"
        assert [other.text for other in found.alternatives] == ["a"]

    def test_of_equal_texts_the_sampled_one_is_told_by_its_probability(self) -> None:
        pieces = (TokenAlternative("\ufffd", -0.2), TokenAlternative("\ufffd", -2.0))
        (found,) = analysis.tokens([TokenLogprob("\ufffd", -2.0, pieces)])
        assert found.alternatives == (TokenAlternative("\ufffd", -0.2),)
        assert found.rank == 2

    def test_probabilities_that_sum_to_more_than_one_are_scaled(self) -> None:
        (found,) = analysis.tokens([token("a", 0.8, b=0.8)])
        assert found.covered == pytest.approx(1.6)
        assert found.entropy == pytest.approx(math.log(2))
        assert found.entropy_at_most(1000) == pytest.approx(math.log(2))

    def test_a_log_probability_rounded_above_zero_is_certain(self) -> None:
        (found,) = analysis.tokens([TokenLogprob("a", 1e-7, (TokenAlternative("a", 1e-7),))])
        assert (found.probability, found.surprisal, found.entropy) == (1.0, 0.0, 0.0)

    def test_a_probability_of_zero_is_no_accident(self) -> None:
        found = analysis.tokens([token("a", 0, b=0.9), token("c", 0.5, 1)])
        assert found[0].surprisal == found.perplexity == math.inf
        assert found.logprob == -math.inf
        assert found[0].entropy == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
        row = json.loads(json.dumps(found.to_records(), allow_nan=False))[0]
        assert (row["logprob"], row["probability"]) == (None, 0)

    def test_a_perplexity_is_infinite_only_where_it_is_no_number_any_more(self) -> None:
        likely = [analysis.tokens([TokenLogprob("a", one)]).perplexity for one in (-705.0, -710.0)]
        assert likely == [math.exp(705), math.inf]

    def test_what_is_not_a_number_is_refused(self) -> None:
        with pytest.raises(InvalidOperationError, match="token 1, 'b'"):
            analysis.tokens([token("a", 0.5), TokenLogprob("b", math.nan)])
        with pytest.raises(InvalidOperationError, match="not all numbers"):
            analysis.tokens([TokenLogprob("b", -1.0, (TokenAlternative("c", math.nan),))])
        with pytest.raises(InvalidOperationError, match="not all numbers"):
            analysis.tokens([TokenLogprob("b", math.inf)])
        with pytest.raises(InvalidOperationError, match="token 0, 'b'"):
            analysis.align([token("b", 0.5)], [TokenLogprob("b", math.nan)])

    @pytest.mark.parametrize("vocabulary", [0, -5, math.nan])
    def test_a_model_knows_a_token_at_least(self, vocabulary: int) -> None:
        with pytest.raises(InvalidOperationError, match="a vocabulary of"):
            analysis.tokens([token("a", 0.5)], vocabulary=vocabulary)

    def test_without_alternatives_there_is_no_margin_and_no_rank(self) -> None:
        (found,) = analysis.tokens([TokenLogprob("a", -1.0)])
        assert (found.margin, found.rank) == (None, None)
        assert found.covered == pytest.approx(math.exp(-1))

    def test_nothing_has_no_perplexity(self) -> None:
        found = analysis.tokens([])
        assert math.isnan(found.perplexity)
        assert math.isnan(found.mean_entropy)
        assert (len(found), found.logprob, found.to_records()) == (0, 0.0, [])
        assert str(found) == "0 tokens"


class TestWhereTokensComeFrom:
    forest = forest_with([asked(), response("a", "hi")], {"a": [token("hi", 0.5)]})

    def test_an_id_or_a_value_with_its_forest_will_do(self) -> None:
        by_id = analysis.tokens("a", forest=self.forest)
        assert by_id == analysis.tokens(self.forest["a"], forest=self.forest)
        assert by_id.response == self.forest["a"]

    def test_an_id_alone_is_not_enough(self) -> None:
        with pytest.raises(InvalidOperationError, match="give forest="):
            analysis.tokens("a")

    def test_an_unknown_response_is_named(self) -> None:
        with pytest.raises(ResponseNotFound, match="response b"):
            analysis.tokens("b", forest=self.forest)

    def test_an_answer_without_recorded_tokens_says_how_to_get_them(self) -> None:
        bare = forest_with([asked(), response("a", "hi")])
        with pytest.raises(InvalidOperationError, match="logprobs=True, top_logprobs=5"):
            analysis.tokens("a", forest=bare)

    def test_a_human_response_has_none_to_get(self) -> None:
        with pytest.raises(InvalidOperationError, match="was not sampled"):
            analysis.tokens("ask", forest=self.forest)

    def test_an_empty_answer_that_was_asked_for_them_has_no_tokens(self) -> None:
        empty = forest_with([asked(), response("a", "")])
        assert len(analysis.tokens("a", forest=empty)) == 0


class Unloaded:
    """What belongs to responses of a client that must not wait."""

    def logprobs(self, response: Response) -> Sequence[TokenLogprob]:
        raise InvalidOperationError(
            f"{response.response_id}: await conversation.load_logprobs() first"
        )

    def file(self, file_id: str) -> bytes | None:  # noqa: ARG002
        return None


def test_what_is_not_loaded_is_not_taken_for_missing() -> None:
    forest = TestWhereTokensComeFrom.forest.with_beside(Unloaded())
    with pytest.raises(InvalidOperationError, match="load_logprobs"):
        analysis.tokens("a", forest=forest)
    with pytest.raises(InvalidOperationError, match="was not sampled"):
        analysis.tokens("ask", forest=forest)


def luminance(colour: Sequence[float]) -> float:
    """Return the relative luminance of a colour of sRGB, as WCAG 2.2 says."""
    parts = [one / 255 for one in colour]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class TestHowTheyLook:
    def test_a_terminal_shows_blocks_below_the_text(self) -> None:
        _, *lines = str(analysis.tokens([token("ab", 0.99), token("漢\n", 0.01, 2)])).split("\n")
        assert lines == ["ab漢⏎", "▁▁███"]

    def test_a_notebook_shows_nothing_that_acts(self) -> None:
        forest = forest_with(
            [asked(), response("a", "<b>kept</b><script>x")],
            {"a": [token('<script>"', 0.3, 11, **{"<img>": 0.2})]},
        )
        shown = analysis.tokens("a", forest=forest)._repr_html_()
        assert "<script" not in shown
        assert "<img" not in shown
        assert "&lt;b&gt;kept&lt;/b&gt;<span" in shown
        assert "rgba(217,119,6,0.49)" in shown

    @pytest.mark.parametrize(("page", "text"), [(255, 0), (17, 238)], ids=["light", "dark"])
    def test_the_strongest_colour_leaves_text_readable(self, page: int, text: int) -> None:
        shown = analysis.tokens([token("a", 0)])._repr_html_()
        *colour, share = map(float, re.findall(r"rgba\((.*?)\)", shown)[0].split(","))
        mixed = [share * one + (1 - share) * page for one in colour]
        lights = sorted([luminance(mixed), luminance([text] * 3)])
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5  # WCAG 2.2, level AA

    @pytest.mark.parametrize(
        ("text", "seen", "name"),
        [
            ("\n", "⏎\n", r"'\n'"),
            ("  ", "␣␣", "'  '"),
            ("\t", "⇥", r"'\t'"),
            (" \r\n", "␣↵⏎\n", r"' \r\n'"),
            ("\u00a0", "␣", r"'\xa0'"),
            ("", "∅", "(no text)"),
        ],
    )
    def test_a_token_without_ink_has_a_mark_and_its_name(
        self, text: str, seen: str, name: str
    ) -> None:
        shown = html.unescape(analysis.tokens([token(text, 0.5)])._repr_html_())
        assert f">{seen}</span>" in shown
        assert f'role="img" aria-label="{name}"' in shown
        assert f'title="{name} 50 %' in shown

    def test_white_space_within_a_token_stays_what_it_is(self) -> None:
        shown = analysis.tokens([token(" a b\n\tc", 0.5)])._repr_html_()
        assert "> a b⏎\n⇥\tc</span>" in shown
        assert "aria-label" not in shown

    def test_a_table_shows_an_alternative_without_ink(self) -> None:
        found = analysis.tokens([token("a", 0.5, 0, **{"\n": 0.4})]).forking_tokens(threshold=0.1)
        shown = html.unescape(found._repr_html_())
        assert r"""title="'\n'">⏎</td>""" in shown

    def test_long_answers_are_cut_and_say_so(self) -> None:
        many = analysis.tokens([token("x", 0.5, place) for place in range(2_500)])
        assert "500 more tokens" in many._repr_html_()
        assert str(many).endswith("…")
        assert len(many.to_records()) == 2_500


def test_frames_have_a_row_a_token() -> None:
    found = analysis.tokens([token("a", 0.5, b=0.5), token("c", 1.0, 1)], vocabulary=100)
    assert found.to_pandas().shape == found.to_polars().shape == (2, 15)
    assert found.to_polars()["entropy_at_most_nats"].to_list() == pytest.approx([math.log(2), 0])


def test_frames_of_nothing_keep_their_columns() -> None:
    nothing = analysis.tokens([])
    one = analysis.tokens([token("a", 0.5)])
    pairs: list[tuple[analysis.Tabular, analysis.Tabular]] = [
        (nothing, one),
        (nothing.low_confidence(), one.low_confidence(threshold=1)),
        (nothing.forking_tokens(), analysis.tokens([token("a", 0.5, b=0.5)]).forking_tokens()),
        (analysis.align([], []), analysis.align([], [token("a", 0.5)])),
    ]
    for result, other in pairs:
        assert result.to_polars().schema == other.to_polars().schema
        assert list(result.to_pandas().columns) == list(other.to_records()[0])
        assert (result.to_pandas().dtypes == other.to_pandas().dtypes).all()
