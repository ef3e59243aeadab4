"""What a drawn tree shows."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection

from grok_tree.analysis import plot_tree
from grok_tree.errors import InvalidOperationError
from grok_tree.testing import forest_from_parents, forest_of

SMALL = forest_of("a>b>c, a>d, e", leaf="d")


def marks(ax: Axes) -> dict[str, int]:
    """Return how many marks each kind has."""
    found = [one for one in ax.collections if isinstance(one, PathCollection)]
    return {str(one.get_label()): len(np.asarray(one.get_offsets())) for one in found}


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def n_lines(ax: Axes, label: str) -> int:
    (found,) = (one for one in ax.collections if one.get_label() == label)
    assert isinstance(found, LineCollection)
    return len(found.get_segments())


def test_every_response_is_a_mark_of_its_sender() -> None:
    assert marks(plot_tree(SMALL)) == {"human (3)": 3, "assistant (2)": 2, "_leaf": 1}


def test_every_tip_says_its_message_from_top_to_bottom() -> None:
    assert texts(plot_tree(SMALL, label="message")) == ["c", "d", "e"]


def test_labels_may_be_a_function_a_mapping_or_nothing() -> None:
    assert texts(plot_tree(SMALL, label=lambda one: one.message.upper())) == ["C", "D", "E"]
    assert texts(plot_tree(SMALL, label={"d": "this"})) == ["this"]
    assert texts(plot_tree(SMALL, label=None)) == []


def test_labels_shrink_with_their_rows_and_are_left_out_where_they_could_not_be_read() -> None:
    forest = forest_from_parents([-1] * 50)
    for height, wanted in {12: [8.0], 5: [4.99], 2: []}.items():
        _, ax = plt.subplots(figsize=(8, height))
        sizes = {float(text.get_fontsize()) for text in plot_tree(forest, ax=ax).texts}
        assert list(sizes) == pytest.approx(wanted, abs=0.1)


def test_a_run_is_one_line_and_a_fork_one_for_each_child() -> None:
    ax = plot_tree(forest_of("a>b>c>d, a>e>f"))
    assert n_lines(ax, "_lines") == 2 + 2, "two bends below a, and the runs b-d and e-f"


def test_the_path_to_the_leaf_is_drawn_strong() -> None:
    assert n_lines(plot_tree(SMALL), "_path") == 1
    assert n_lines(plot_tree(forest_of("a>b")), "_path") == 0


@pytest.mark.parametrize(
    ("color", "kinds"),
    [
        ("origin.kind", {"sampled (5)": 5}),
        (lambda one: one.message in "ab", {"True (2)": 2, "False (3)": 3}),
        ({"a": "x"}, {"x (1)": 1, "none (4)": 4}),
        ("message", {"a (1)": 1, "b (1)": 1, "c (1)": 1, "d (1)": 1, "e (1)": 1}),
    ],
    ids=["field", "function", "mapping", "five kinds"],
)
def test_marks_stand_for_what_is_asked(color: Any, kinds: dict[str, int]) -> None:
    shown = marks(plot_tree(SMALL, color=color))
    del shown["_leaf"]
    assert shown == kinds


def test_rare_kinds_become_one() -> None:
    forest = forest_of("a, b, c, d, e, f, g")
    assert marks(plot_tree(forest, color="message"))["others (3)"] == 3


def test_quantities_get_a_scale() -> None:
    ax = plot_tree(SMALL, color={"a": 0.5, "b": 1.5})
    assert marks(ax) == {"none (3)": 3, "_quantities": 2, "_leaf": 1}
    scale = ax.figure.axes[1]
    assert scale.get_xlim() == (0.5, 1.5)


def test_a_field_that_no_response_has_is_refused() -> None:
    with pytest.raises(InvalidOperationError, match=r"no field 'colour'.*'sender'"):
        plot_tree(SMALL, color="colour")


def test_axes_that_are_given_are_used_and_their_figure_is_left_alone() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_tree(SMALL, ax=right) is right
    assert not left.collections
    assert figure.patch.get_alpha() is None


def test_an_empty_forest_says_that_it_is() -> None:
    ax = plot_tree(forest_of(""))
    assert ax.get_xlabel() == "an empty forest"
    assert marks(ax) == {}


def test_a_wide_fork_says_how_many_are_drawn() -> None:
    ax = plot_tree(forest_from_parents([-1] + [0] * 999))
    assert texts(ax) == ["300 of 999 children"]
    assert ax.get_xlabel() == "depth (301 of 1,000 responses are drawn)"


def test_a_chain_of_a_hundred_thousand_is_one_line_with_two_ends() -> None:
    ax = plot_tree(forest_from_parents(range(-1, 99_999)))
    assert n_lines(ax, "_lines") == 1
    assert sum(marks(ax).values()) == 2


def test_ten_thousand_are_drawn_and_saved_without_a_warning() -> None:
    at_random = random.Random(1)
    parents = [-1, *(at_random.randrange(max(0, n - 300), n) for n in range(1, 10_000))]
    ax = plot_tree(forest_from_parents(parents, leaf=9_999))
    assert len(ax.figure.axes) == 1
    ax.get_figure(root=True).savefig(io.BytesIO())  # type: ignore[union-attr]


def test_texts_of_any_kind_are_drawn_without_a_warning() -> None:
    messages = ["$x", "日本語 🌲", "a\nb\tc", "", "<b>&amp;", "\\frac{1}"]
    ax = plot_tree(forest_from_parents([-1] * 6, messages=messages), color="message")
    ax.get_figure(root=True).savefig(io.BytesIO())  # type: ignore[union-attr]
    assert texts(ax) == ["$x", "□□□ □", "a b c", "", "<b>&amp;", "\\frac{1}"]


def test_a_single_depth_is_a_single_number() -> None:
    ax = plot_tree(forest_of("a, b"))
    low, high = ax.get_xlim()
    assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]
