"""What a model is shown: the path, and the system prompt in force."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import anyio.to_thread

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import NAMED_PROMPTS, Conversation, Response
from grok_tree.samplers import Prompt, Turn
from grok_tree.store import Store


def system_prompt_of(conversation: Conversation) -> str:
    """Return the conversation's own system prompt, else the text of its named one."""
    return conversation.system_prompt or NAMED_PROMPTS.get(conversation.system_prompt_name, "")


def check_prompt_name(name: str) -> None:
    """Refuse a name that the registry does not have.

    Raises:
        InvalidOperationError: Naming those it has.
    """
    if name and name not in NAMED_PROMPTS:
        known = ", ".join(sorted(NAMED_PROMPTS))
        raise InvalidOperationError(f"no system prompt is named {name!r}; there are: {known}")


def prompt_below(store: Store, parent: Response, system_prompt: str, prefill: str = "") -> Prompt:
    """Return the prompt for a response below `parent`, which may be begun already."""
    load = partial(anyio.to_thread.run_sync, _read_turns, store, parent.response_id)

    async def load_file(file_id: str) -> bytes:
        return await anyio.to_thread.run_sync(_read_file, store, file_id)

    return Prompt(
        last=_turn(parent),
        load_turns=load,
        system_prompt=system_prompt,
        prefill=prefill,
        conversation_id=parent.conversation_id,
        load_file=load_file,
    )


def _turn(response: Response) -> Turn:
    return Turn(
        sender=response.sender,
        message=response.message,
        attachments=response.attachments,
        tool_calls=response.tool_calls,
        tool_call_id=response.tool_call_id,
        reasoning=response.reasoning,
        encrypted_reasoning=response.encrypted_reasoning,
        model_name=response.model_name,
    )


def _read_file(store: Store, file_id: str) -> bytes:
    with store.read() as reader:
        return reader.file(file_id)


def _read_turns(store: Store, response_id: str) -> Sequence[Turn]:
    with store.read() as reader:
        return [_turn(response) for response in reader.path(response_id)]
