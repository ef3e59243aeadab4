"""A group as a table: what stands in a row is the figure that has its name."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grok_tree.analysis import Estimate, siblings, wilson
from grok_tree.forest import TokenLogprob
from tests.unit.analysis._answers import asked, forest_with, response
from tests.unit.analysis.answers._samples import answered


def test_the_rows_are_the_figures_with_their_units() -> None:
    texts = ["a b", "a b", "b a", "c", "A b."]
    tokens = [[TokenLogprob("x", -0.1 * at), TokenLogprob("y", -at)] for at in range(1, 6)]
    forest = answered(texts, tokens)
    group = siblings(
        forest.responses.ids[1], forest=forest, embeddings=[[1, 0], [1, 1], [0, 1], [1, 2], [3, 1]]
    )
    summary, weighted = group.logprobs, group.weighted_entropy()
    assert summary is not None
    assert weighted is not None
    corrected = group.semantic_entropy(correction="miller-madow")
    one, two, three, four = group.distinct
    figures: dict[str, tuple[Estimate, str, str]] = {
        "distinct_1": (one, "share", "n answers"),
        "distinct_2": (two, "share", "n answers"),
        "distinct_3": (three, "share", "n answers"),
        "distinct_4": (four, "share", "n answers"),
        "self_bleu": (group.self_bleu, "0 to 100", "n answers"),
        "compression_ratio": (group.compression_ratio, "ratio", "n answers"),
        "duplicates": (group.duplicates, "share", "n answers"),
        "edit_distance": (group.edit_distance, "0 to 1", "model"),
        "characters": (group.characters.mean, "characters", "model"),
        "words": (group.words.mean, "words", "model"),
        "finish_unknown": (group.finish_reasons[""], "share", "model"),
        "embedding_distance": (group.embedding_distance, "0 to 2", "model"),
        "clusters": (group.n_clusters, "clusters", "n answers"),
        "agreement": (group.majority.agreement, "share", "model"),
        "pair_agreement": (group.pair_agreement, "share", "model"),
        "semantic_entropy": (group.semantic_entropy(), "nats", "n answers"),
        "semantic_entropy_miller_madow": (corrected, "nats", "model"),
        "semantic_entropy_weighted": (weighted, "nats", "n answers"),
        "logprob": (summary.total, "nats", "model"),
        "logprob_per_token": (summary.per_token, "nats", "model"),
        "perplexity": (summary.perplexity, "", "model"),
    }

    rows = group.to_records()

    assert [row["statistic"] for row in rows] == list(figures)
    for row in rows:
        estimate, unit, about = figures[row["statistic"]]
        assert (row["unit"], row["about"]) == (unit, about)
        kept = ("value", "low", "high", "level", "method", "n")
        # As text, since not a number is not equal to itself.
        assert repr([row[name] for name in kept]) == repr([getattr(estimate, one) for one in kept])


@given(st.lists(st.sampled_from(["stop", "length", None]), min_size=1, max_size=12))
def test_shares_of_finish_reasons_are_counts(reasons: list[Any]) -> None:
    answers = [response(f"a{at}", "x", "ask", finish_reason=one) for at, one in enumerate(reasons)]
    found = siblings("a0", forest=forest_with([asked(), *answers])).finish_reasons
    assert found == {one or "": wilson(reasons.count(one), len(reasons)) for one in {*reasons}}


def test_a_row_of_an_answer_by_hand() -> None:
    tokens = [[TokenLogprob("a", -0.5), TokenLogprob("b", -1.5)], []]
    forest = answered(["a b", "c"], tokens)
    first, second = siblings(forest.responses.ids[1], forest=forest).answer_records()
    assert first == {
        "response_id": forest.responses.ids[1],
        "cluster": 0,
        "characters": 3,
        "words": 2,
        "tokens": None,
        "finish_reason": None,
        "logprob": -2.0,
        "logprob_per_token": -1.0,
        "perplexity": 2.718281828459045,
        "message": "a b",
    }
    assert (second["cluster"], second["logprob"], second["perplexity"]) == (1, None, None)
