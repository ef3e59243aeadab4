"""Pictures can be read on white and on black, and by those who see few colours."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.typing import ColorType

from grok_tree.analysis import plot_tree
from grok_tree.analysis.pictures import _style
from grok_tree.testing import forest_of


def luminance(colour: ColorType) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: ColorType, other: ColorType) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize("background", ["#FFFFFF", "#111111"])
@pytest.mark.parametrize("colour", [*_style.PALETTE, "#3A86C8"])
def test_every_mark_stands_out_from_white_and_from_black(colour: str, background: str) -> None:
    assert contrast(colour, background) >= 3


@pytest.mark.parametrize("background", ["#FFFFFF", "#111111"])
def test_ink_is_about_as_far_from_white_as_from_black(background: str) -> None:
    assert contrast(_style.GREY, background) >= 4.2


def test_every_kind_has_a_shape_and_a_hatch_of_its_own() -> None:
    n = len(_style.PALETTE)
    assert len(set(_style.MARKERS)) == len(set(_style.HATCHES)) == n == len(set(_style.PALETTE))


def test_a_new_figure_lets_the_page_through() -> None:
    ax = plot_tree(forest_of("a>b"))
    assert ax.figure.patch.get_alpha() == ax.patch.get_alpha() == 0
    assert ax.xaxis.label.get_color() == _style.GREY


def test_a_style_of_the_user_is_followed() -> None:
    with plt.style.context("dark_background"):
        ax = plot_tree(forest_of("a>b"))
    assert ax.figure.get_facecolor() == (0, 0, 0, 1)
    assert ax.xaxis.label.get_color() == (1, 1, 1)


def test_a_page_that_is_only_let_through_is_no_choice_of_colours() -> None:
    with plt.rc_context({"figure.facecolor": (1, 1, 1, 0)}):
        assert _style.ink() == _style.GREY


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\n b", "a b"), ("abcdefghij", "abcd…"), ("日本", "□□"), ("$x$", "$x$"), ("é", "é")],
)
def test_texts_are_one_line_that_the_font_can_draw(text: str, shown: str) -> None:
    assert _style.shortened(text, 5) == shown


def test_pictures_of_the_users_own_can_have_the_same_colours() -> None:
    with plt.style.context("grok_tree.analysis.any_page"):
        figure, ax = plt.subplots()
        bars = [ax.bar([n], [1]).patches[0] for n in range(len(_style.PALETTE))]
        drawn = plot_tree(forest_of("a>b"))
        ink = _style.ink()
    assert [to_rgb(bar.get_facecolor()) for bar in bars] == [to_rgb(one) for one in _style.PALETTE]
    assert to_rgb(ax.xaxis.label.get_color()) == ink == to_rgb(_style.GREY)
    for one in (figure, ax, drawn.figure, drawn):
        assert to_rgba(one.patch.get_facecolor())[3] == 0
