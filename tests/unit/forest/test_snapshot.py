"""Questions to a forest of known shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from grok_tree.errors import ResponseNotFound
from grok_tree.forest import NO_PARENT, Conversation, Forest, HeldResponses, Response, Responses
from grok_tree.testing import CONVERSATION_ID, EPOCH, forest_of

SHAPE = "a>b>c>d, b>e, a>f, x>y"


@pytest.fixture
def forest() -> Forest:
    return forest_of(SHAPE, leaf="e", title="shapes")


def messages(responses: Iterable[Response]) -> list[str]:
    return [response.message for response in responses]


def test_the_length_counts_every_response(forest: Forest) -> None:
    assert len(forest) == 8


def test_responses_are_in_order_of_creation(forest: Forest) -> None:
    assert messages(forest.responses) == ["a", "b", "c", "d", "e", "f", "x", "y"]


def test_iterating_a_forest_yields_its_responses(forest: Forest) -> None:
    assert messages(forest) == messages(forest.responses)


def test_a_response_is_numbered_by_its_place(forest: Forest) -> None:
    assert [forest.number(name) for name in "abcdefxy"] == list(range(8))
    with pytest.raises(ResponseNotFound, match="refresh"):
        forest.number("z")
    assert forest.at([4, 1]).ids == ["e", "b"]


def test_roots_are_the_responses_without_a_parent(forest: Forest) -> None:
    assert forest.roots.ids == ["a", "x"]


def test_tips_are_the_responses_without_a_child(forest: Forest) -> None:
    assert forest.tips.ids == ["d", "e", "f", "y"]


def test_the_leaf_is_the_response_that_the_conversation_names(forest: Forest) -> None:
    assert forest.leaf == forest["e"]


def test_a_conversation_without_a_leaf_has_none() -> None:
    assert forest_of("a").leaf is None


def test_a_leaf_that_is_not_in_the_snapshot_is_none() -> None:
    assert forest_of("a", leaf="gone").leaf is None


def test_a_path_runs_from_the_root_to_the_response(forest: Forest) -> None:
    assert forest.path("d").ids == ["a", "b", "c", "d"]


def test_the_path_of_a_root_is_the_root(forest: Forest) -> None:
    assert forest.path("x").ids == ["x"]


def test_the_parent_is_what_a_response_answers(forest: Forest) -> None:
    assert forest.parent("e") == forest["b"]


def test_a_root_has_no_parent(forest: Forest) -> None:
    assert forest.parent("a") is None


def test_children_are_in_order_of_creation(forest: Forest) -> None:
    assert forest.children("b").ids == ["c", "e"]


def test_a_tip_has_no_children(forest: Forest) -> None:
    assert forest.children("y").ids == []


def test_siblings_are_the_other_children_of_the_parent(forest: Forest) -> None:
    assert forest.siblings("c").ids == ["e"]


def test_the_siblings_of_a_root_are_the_other_roots(forest: Forest) -> None:
    assert forest.siblings("a").ids == ["x"]


def test_ancestors_are_the_path_without_the_response(forest: Forest) -> None:
    assert forest.ancestors("d").ids == ["a", "b", "c"]


def test_descendants_are_everything_below(forest: Forest) -> None:
    assert forest.descendants("a").ids == ["b", "c", "d", "e", "f"]


def test_descendants_of_a_later_branch_leave_out_the_earlier_one(forest: Forest) -> None:
    assert forest.descendants("c").ids == ["d"]


@pytest.mark.parametrize(("name", "depth"), [("a", 0), ("b", 1), ("d", 3), ("y", 1)])
def test_depth_counts_the_responses_above(forest: Forest, name: str, depth: int) -> None:
    assert forest.depth(name) == depth


@pytest.mark.parametrize(
    ("first", "second", "last_shared"),
    [("d", "e", "b"), ("e", "d", "b"), ("d", "f", "a"), ("d", "c", "c"), ("d", "d", "d")],
)
def test_the_divergence_is_the_last_shared_response(
    forest: Forest, first: str, second: str, last_shared: str
) -> None:
    assert forest.divergence(first, second) == forest[last_shared]


def test_trees_of_one_forest_share_nothing(forest: Forest) -> None:
    assert forest.divergence("d", "y") is None


def test_a_diff_splits_two_paths_where_they_part(forest: Forest) -> None:
    diff = forest.diff("d", "e")

    assert messages(diff.common) == ["a", "b"]
    assert messages(diff.first) == ["c", "d"]
    assert messages(diff.second) == ["e"]
    assert diff.divergence == forest["b"]


def test_a_diff_of_two_trees_has_nothing_in_common(forest: Forest) -> None:
    diff = forest.diff("b", "y")

    assert messages(diff.common) == []
    assert diff.divergence is None


def test_membership_goes_by_id(forest: Forest) -> None:
    assert "a" in forest
    assert "z" not in forest
    assert 1 not in forest


def test_parent_numbers_are_smaller_than_their_childrens(forest: Forest) -> None:
    assert list(forest.parent_numbers) == [NO_PARENT, 0, 1, 2, 1, 0, NO_PARENT, 6]


QUESTIONS: dict[str, Callable[[Forest], object]] = {
    "getitem": lambda forest: forest["z"],
    "path": lambda forest: forest.path("z"),
    "parent": lambda forest: forest.parent("z"),
    "children": lambda forest: forest.children("z"),
    "siblings": lambda forest: forest.siblings("z"),
    "ancestors": lambda forest: forest.ancestors("z"),
    "descendants": lambda forest: forest.descendants("z"),
    "depth": lambda forest: forest.depth("z"),
    "divergence": lambda forest: forest.divergence("a", "z"),
    "diff": lambda forest: forest.diff("z", "a"),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_question_about_an_unknown_response_names_it(
    forest: Forest, question: Callable[[Forest], object]
) -> None:
    with pytest.raises(ResponseNotFound, match="response z is not in this snapshot") as caught:
        question(forest)

    assert caught.value.response_id == "z"
    assert caught.value.conversation_id == CONVERSATION_ID


def test_the_repr_tells_title_and_counts(forest: Forest) -> None:
    assert repr(forest) == "<Forest 'shapes': 8 responses, 4 tips>"


def test_the_repr_of_an_untitled_forest_tells_its_id() -> None:
    assert CONVERSATION_ID in repr(forest_of("a"))


def test_an_empty_forest_has_nothing() -> None:
    empty = forest_of("")

    assert (len(empty), empty.roots.ids, empty.tips.ids, list(empty)) == (0, [], [], [])


class Counted(HeldResponses):
    """Counts how many responses were fetched."""

    fetched = 0

    def responses(self, numbers: Sequence[int]) -> list[Response]:
        self.fetched += len(numbers)
        return super().responses(numbers)


def counted_forest(shape: str) -> tuple[Forest, Counted]:
    built = forest_of(shape)
    source = Counted(built.responses)
    conversation = Conversation(
        conversation_id=CONVERSATION_ID, create_time=EPOCH, modify_time=EPOCH
    )
    return Forest(conversation, built.parent_numbers, source), source


def test_ids_and_lengths_are_told_without_fetching_a_response() -> None:
    forest, source = counted_forest(SHAPE)

    forest.path("d").ids, len(forest.children("a")), forest.depth("d"), forest.tips.ids

    assert source.fetched == 0


def test_a_response_is_fetched_when_it_is_looked_at() -> None:
    forest, source = counted_forest(SHAPE)

    assert forest.path("d")[-1].message == "d"
    assert source.fetched == 1


def test_responses_can_be_sliced(forest: Forest) -> None:
    assert forest.path("d")[1:3].ids == ["b", "c"]


def test_responses_equal_any_sequence_of_the_same(forest: Forest) -> None:
    assert forest.path("b") == [forest["a"], forest["b"]]
    assert forest.path("b") != [forest["a"]]
    assert forest.path("b") != [forest["b"], forest["a"]]


def test_responses_do_not_equal_what_is_no_sequence(forest: Forest) -> None:
    assert forest.path("b") != 2


def test_responses_cannot_be_hashed(forest: Forest) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(forest.path("b"))


def test_the_repr_of_responses_tells_how_many(forest: Forest) -> None:
    assert repr(forest.path("b")) == "<Responses: 2>"


def test_iteration_crosses_batches_in_order() -> None:
    forest = forest_of(",".join(f"n{number}" for number in range(600)))

    assert messages(forest.responses) == [f"n{number}" for number in range(600)]


def test_responses_are_a_public_type(forest: Forest) -> None:
    assert isinstance(forest.tips, Responses)
