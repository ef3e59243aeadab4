"""How a conversation gets its title."""

from __future__ import annotations

from collections.abc import Sequence

from grok_tree.forest import Settings
from grok_tree.samplers import Prompt, Turn

MAX_TITLE_CHARACTERS = 80
TITLE_SETTINGS = Settings(temperature=0.3, max_tokens=24, seed=1)
_SYSTEM = "You write titles. Reply with the title alone: at most six words, in English, no quotes."
_SHOWN_CHARACTERS = 600


def title_prompt(turns: Sequence[Turn]) -> Prompt:
    """Return the prompt that asks for a title of a path."""
    said = "\n".join(f"{turn.sender}: {turn.message}" for turn in turns[:4])
    request = Turn("human", f"Write a title for this conversation:\n\n{said[:_SHOWN_CHARACTERS]}")

    async def load() -> Sequence[Turn]:
        return [request]

    return Prompt(last=request, load_turns=load, system_prompt=_SYSTEM)


def title_from(answer: str, turns: Sequence[Turn]) -> str:
    """Return the first line of the model's answer as a title.

    A model that answers nothing usable leaves the beginning of the first turn.
    """
    lines = [line.strip().strip("\"'*#`").strip() for line in answer.splitlines()]
    first = next((line for line in lines if line), "")
    return title_of(first.removeprefix("Title:") or (turns[0].message if turns else ""))


def title_of(text: str) -> str:
    """Return the beginning of a text as a title."""
    title = " ".join(text.split())
    if len(title) <= MAX_TITLE_CHARACTERS:
        return title
    return title[: MAX_TITLE_CHARACTERS - 1].rstrip() + "…"
