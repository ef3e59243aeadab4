"""What the original's requests may ask for beside their message, honoured or refused."""

from __future__ import annotations

from typing import Any

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Settings, named_prompt
from grok_tree.server._numbers import shortest
from grok_tree.service import Forests
from grok_tree.wire.original import parts


def settings_of(options: parts.Options) -> Settings:
    """Return the settings among the options that are set; a zero that is set counts as one."""
    return Settings(
        temperature=shortest(options.temperature) if options.HasField("temperature") else None,
        seed=options.seed if options.HasField("seed") else None,
        max_tokens=options.max_len if options.HasField("max_len") else None,
    )


def check_promises(request: Any) -> None:
    """Refuse what would change an answer and cannot be done here.

    Ignored, because it changes nothing here: `disable_search` (nothing searches unless a tool says
    so), `force_rust`, `return_image_bytes` (what is kept here always comes as bytes),
    `ignore_time_location` (no model is told of either).

    Raises:
        InvalidOperationError: Naming it.
    """
    if request.enable_image_generation:
        raise InvalidOperationError(
            "enable_image_generation is set, and no model here can be asked for images;"
            " leave it out"
        )


async def system_prompt_for(
    forests: Forests, conversation_id: str, name: str, options: parts.Options
) -> str | None:
    """Return what one sampling is told first; None for the conversation's own.

    Results of a search that the caller brings are part of it.

    Raises:
        ConversationNotFound: There is none of this id.
        InvalidOperationError: No prompt has this name.
    """
    told = named_prompt(name)
    if not options.HasField("injected_search_context"):
        return told or None
    if not told:
        conversation = await forests.get_conversation(conversation_id)
        told = conversation.system_prompt or named_prompt(conversation.system_prompt_name)
    return "\n\n".join(filter(None, [told, found_text(options.injected_search_context)]))


def found_text(found: parts.Searched) -> str:
    """Return results of a search as a model reads them."""
    lines = [
        ("Date", found.date),
        ("Searched the web for", found.web_search_query),
        ("Found on the web", found.web_formatted_chunks),
        ("Searched X for", found.x_search_query),
        ("Found on X", found.x_formatted_chunks),
    ]
    return "\n".join(f"{what}: {text}" for what, text in lines if text)
