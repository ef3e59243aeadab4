"""What a model is shown: the path, and the system prompt in force."""

from __future__ import annotations

from collections.abc import Sequence

import anyio.to_thread

from grok_tree.forest import NAMED_PROMPTS, Conversation, Response
from grok_tree.samplers import Prompt, Turn
from grok_tree.service._calls import Said
from grok_tree.store import Store


def system_prompt_of(conversation: Conversation) -> str:
    """Return the conversation's own system prompt, else the text of its named one."""
    return conversation.system_prompt or NAMED_PROMPTS.get(conversation.system_prompt_name, "")


def prompt_below(
    store: Store,
    parent: Response,
    system_prompt: str,
    prefill: str = "",
    *,
    path: Sequence[Response | Said] | None = None,
) -> Prompt:
    """Return the prompt for a response below `parent`, which may be begun already.

    Args:
        store: Where the path is read, when it is asked for.
        parent: Where the path ends.
        system_prompt: What the model is told first.
        prefill: The beginning of the answer.
        path: All of it, where it need not be read.
    """

    async def load_turns() -> Sequence[Turn]:
        if path is not None:
            return [turn_of(one) for one in path]
        return await anyio.to_thread.run_sync(_read_turns, store, parent.response_id)

    async def load_file(file_id: str) -> bytes:
        return await anyio.to_thread.run_sync(_read_file, store, file_id)

    return Prompt(
        last=turn_of(parent),
        load_turns=load_turns,
        system_prompt=system_prompt,
        prefill=prefill,
        conversation_id=parent.conversation_id,
        load_file=load_file,
    )


def turn_of(response: Response | Said, model_name: str = "") -> Turn:
    """Return what a model is shown of a response; the name is of the model that is asked."""
    if isinstance(response, Response):
        model_name = response.model_name
    return Turn(
        sender=response.sender,
        message=response.message,
        attachments=response.attachments,
        tool_calls=response.tool_calls,
        tool_call_id=response.tool_call_id,
        reasoning=response.reasoning,
        encrypted_reasoning=response.encrypted_reasoning,
        model_name=model_name,
    )


def _read_file(store: Store, file_id: str) -> bytes:
    with store.read() as reader:
        return reader.file(file_id)


def _read_turns(store: Store, response_id: str) -> Sequence[Turn]:
    with store.read() as reader:
        return [turn_of(response) for response in reader.path(response_id)]
