"""Settings in the words of other programs."""

from __future__ import annotations

from grok_tree.forest import Settings, Tool
from grok_tree.formats._settings import settings_of, with_tools


def test_what_has_a_field_is_taken_and_the_rest_is_left() -> None:
    options = {
        "temperature": 1,
        "seed": 7,
        "stop": "END",
        "logprobs": True,
        "top_logprobs": 3,
        "reasoning_effort": "low",
        "num_ctx": 4096,
        "user": None,
    }
    settings, rest = settings_of(options)
    assert settings == Settings(
        temperature=1.0,
        seed=7,
        stop=("END",),
        logprobs=True,
        top_logprobs=3,
        reasoning_effort="low",
    )
    assert rest == {"num_ctx": 4096}


def test_impossible_settings_are_left() -> None:
    options = {"temperature": -1, "top_p": 0, "max_tokens": True, "seed": -1, "stop": [""]}
    assert settings_of(options) == (Settings(), options)
    assert settings_of("warm") == (Settings(), {})


def test_tools_that_no_request_may_have_are_left() -> None:
    good, twice, bad = Tool(name="f"), Tool(name="f", description="again"), Tool(name="a b")
    settings, rest = with_tools(Settings(), [good, twice, bad], choice="g", answer="[1]")
    assert settings == Settings(tools=(good,))
    assert rest == {
        "tools": [{"name": "f", "description": "again"}, {"name": "a b"}],
        "tool_choice": "g",
        "response_format": "[1]",
    }
    kept, none = with_tools(Settings(), [good], choice="f", answer='{"type": "object"}')
    assert (kept.tool_choice, kept.response_format, none) == ("f", '{"type": "object"}', {})
