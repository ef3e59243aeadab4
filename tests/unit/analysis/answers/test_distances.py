"""Distances and clusters: by hand, against scipy and scikit-learn, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from grok_tree.analysis import siblings
from grok_tree.errors import InvalidOperationError

_TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "😀", "dé"]), max_size=6).map(" ".join), max_size=6
)
_SEEDS = st.integers(0, 2**32)


def vectors(seed: int, n: int, d: int = 5) -> np.typing.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(n, d))


def edits(first: list[str], second: list[str]) -> int:
    row = list(range(len(second) + 1))
    for i, one in enumerate(first, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def test_edit_distances_by_hand() -> None:
    # "a b c" to "a c": one word less of three; to "": all three. Over characters " b" is two of 5.
    group = siblings(["a b c", "a c", ""])
    assert group.edit_distances().tolist() == [
        [0, pytest.approx(1 / 3), 1],
        [pytest.approx(1 / 3), 0, 1],
        [1, 1, 0],
    ]
    assert group.edit_distances("characters")[0, 1] == pytest.approx(2 / 5)
    assert group.edit_distance.value == pytest.approx((1 / 3 + 1 + 1) / 3)


@given(_TEXTS)
def test_edit_distances_are_those_of_the_textbook(texts: list[str]) -> None:
    found = siblings(texts).edit_distances()
    for i, one in enumerate(texts):
        for j, two in enumerate(texts):
            longer = max(len(one.split()), len(two.split()))
            expected = edits(one.split(), two.split()) / longer if longer else 0
            assert found[i, j] == pytest.approx(expected)


@given(_SEEDS, st.integers(2, 12))
def test_cosine_distances_are_those_of_scipy(seed: int, n: int) -> None:
    given_vectors = vectors(seed, n)
    group = siblings(["x"] * n, embeddings=given_vectors)
    reference = pdist(given_vectors, "cosine")
    assert group.embedding_distances() == pytest.approx(squareform(reference), abs=1e-9)
    assert group.embedding_distance.value == pytest.approx(reference.mean())


def test_a_vector_without_length_is_one_away_from_all_others() -> None:
    group = siblings(["a", "b", "c"], embeddings=[[0, 0], [1, 0], [1, 0]])
    assert group.embedding_distances().tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert group.embedding_distance.value == pytest.approx(2 / 3)


def test_clusters_are_merged_up_to_the_threshold_itself() -> None:
    # The cosine of vectors at right angles is 0, and their distance 1.
    vectors = [[1, 0], [0, 1]]
    found = [
        len(siblings(["a", "b"], embeddings=vectors, threshold=threshold).clusters)
        for threshold in (1, math.nextafter(1, 0))
    ]
    assert found == [1, 2]


def test_vectors_that_are_alike_are_not_less_than_nothing_apart() -> None:
    found = siblings(["a"] * 7, embeddings=[[0.1, 0.3, 0.7]] * 7).embedding_distance
    assert 0 == found.low <= found.value == pytest.approx(0, abs=1e-12)
    assert found.high > 0.5


@given(_SEEDS, st.integers(2, 25), st.sampled_from(["average", "single", "complete"]))
def test_clusters_are_those_of_scipy_and_scikit_learn(seed: int, n: int, how: str) -> None:
    given_vectors = vectors(seed, n)
    away = pdist(given_vectors, "cosine")
    for threshold in (0.1, 0.4, 0.9, 1.9):
        group = siblings(
            ["x"] * n,
            embeddings=given_vectors,
            threshold=threshold,
            linkage=how,  # type: ignore[arg-type]
        )
        scipys = fcluster(linkage(away, how), threshold, criterion="distance")
        learned = AgglomerativeClustering(
            None, metric="precomputed", linkage=how, distance_threshold=threshold
        ).fit(squareform(away))
        for reference in (scipys, learned.labels_):
            assert adjusted_rand_score(reference, group.clusters.of) == 1
            assert len(set(reference)) == len(group.clusters)


@given(_SEEDS, st.integers(2, 15))
def test_clusters_do_not_depend_on_the_order_of_answers(seed: int, n: int) -> None:
    given_vectors = vectors(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    one = siblings(["x"] * n, embeddings=given_vectors, threshold=0.5).clusters
    two = siblings(["x"] * n, embeddings=given_vectors[order], threshold=0.5).clusters
    assert adjusted_rand_score([one.of[at] for at in order], two.of) == 1


def test_clusters_of_equal_distances_are_the_same_each_time() -> None:
    corners = np.repeat(np.eye(3), 2, axis=0)
    found = siblings(list("abcdef"), embeddings=corners, threshold=0.5).clusters
    assert [cluster.members for cluster in found.clusters] == [(0, 1), (2, 3), (4, 5)]
    assert found.how == "embeddings, average linkage up to 0.5"


def test_without_anything_answers_are_put_together_by_their_normalised_text() -> None:
    found = siblings(["Paris.", " paris", "PARIS!", "Rome", ""]).clusters
    assert [cluster.members for cluster in found.clusters] == [(0, 1, 2), (3,), (4,)]
    assert found.how == "normalised text"
    assert [row["n"] for row in found.to_records()] == [3, 1, 1]


def test_sameness_must_hold_in_both_directions() -> None:
    def longer(first: str, second: str) -> bool:
        return len(first) >= len(second)

    found = siblings(["aa", "b", "cc", "dd", "e"], same=longer).clusters
    assert [cluster.members for cluster in found.clusters] == [(0, 2, 3), (1, 4)]


def test_a_text_is_not_asked_about_twice() -> None:
    asked: list[tuple[str, str]] = []

    def same(first: str, second: str) -> bool:
        asked.append((first, second))
        return False

    assert len(siblings(["a", "b", "a", "b"], same=same).clusters) == 2
    assert asked == [("a", "b")]


def test_a_key_says_what_is_the_same() -> None:
    found = siblings(["it is 12", "12!", "say 7"], key=lambda text: "12" in text).clusters
    assert [cluster.members for cluster in found.clusters] == [(0, 1), (2,)]


def test_embed_is_asked_once_and_only_when_it_is_needed() -> None:
    asked: list[list[str]] = []

    def embed(texts: list[str]) -> list[list[float]]:
        asked.append(texts)
        return [[1.0, float(len(text))] for text in texts]

    group = siblings(["a", "bb"], embed=embed)
    assert group.words.mean.value == 1
    assert asked == []
    group.clusters  # noqa: B018 - for what it asks
    assert group.embedding_distance.value > 0
    assert asked == [["a", "bb"]]


@pytest.mark.parametrize(
    ("embeddings", "said"),
    [
        ([[1.0, 2.0]], "shape 1 x 2 for 2 answers"),
        ([[1.0], [2.0, 3.0]], "no table of numbers"),
        ([1.0, 2.0], "shape 2 for 2 answers"),
        ([[1.0], [math.nan]], "not finite"),
        ("ab", "no table of numbers"),
    ],
    ids=["too few", "ragged", "flat", "nan", "text"],
)
def test_embeddings_that_do_not_fit_are_refused(embeddings: object, said: str) -> None:
    with pytest.raises(InvalidOperationError, match=said):
        siblings(["a", "b"], embeddings=embeddings).clusters  # noqa: B018 - it raises


def test_without_embeddings_the_way_to_some_is_said() -> None:
    with pytest.raises(InvalidOperationError, match=r"embed= such as client\.embedder\.embed"):
        siblings(["a"]).embedding_distances()


def test_an_embedder_that_must_be_awaited_is_refused() -> None:
    async def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0] for _ in texts]

    with pytest.raises(InvalidOperationError, match="await it yourself"):
        siblings(["a"], embed=embed).clusters  # noqa: B018 - it raises


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": -1.0},
        {"threshold": math.nan},
        {"linkage": "ward"},
        {"level": 1.0},
        {"same": str.__eq__, "key": str},
        {"embeddings": [[1.0]], "embed": list},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidOperationError):
        siblings(["a"], **options)  # type: ignore[arg-type]


def test_a_matrix_that_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match="10,001 x 10,001"):
        siblings(["a"] * 10_001).edit_distances()
    with pytest.raises(InvalidOperationError, match="over 'lines'"):
        siblings(["a"]).edit_distances("lines")  # type: ignore[arg-type]
