"""Where in a forest a stateless call belongs: found, or made.

What is not there yet is added below the place that was found, so no beginning is ever stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from grok_tree.forest import (
    Conversation,
    ConversationId,
    Origin,
    ResponseDraft,
    ResponseId,
)
from grok_tree.service._calls import (
    Said,
    StatelessCall,
    content_of,
    group_hash,
    path_hashes,
)
from grok_tree.service._live import live_conversation, live_response
from grok_tree.service._paths import Found, found_path, response_if_live
from grok_tree.service._ports import Ids
from grok_tree.service._titles import title_of
from grok_tree.store import NewResponse, Reader, Writer


@dataclass(frozen=True)
class Place:
    """Where the path of a call ends in a forest.

    Attributes:
        conversation: The forest.
        response_id: The last response of the path; what is sampled attaches to it.
        system_prompt: For the sampling; None for the conversation's.
        path: What leads there, where the call brought all of it and nothing was known before.
    """

    conversation: Conversation
    response_id: ResponseId
    system_prompt: str | None
    path: tuple[Said, ...] | None = None


def place(writer: Writer, call: StatelessCall, ids: Ids, now: datetime) -> Place:
    """Return where the path of a call ends; store what of it is not there yet.

    Raises:
        ConversationDeletedError: The response or the conversation that is named was deleted.
        ResponseNotFound: The response that is named is not there.
    """
    found = found_path(writer, call)
    if found.conversation_id:
        conversation = live_conversation(writer, found.conversation_id)
    else:
        conversation = _new_conversation(writer, call, ids, now)
    conversation_id = conversation.conversation_id
    last_id = _add_rest(writer, call, found, conversation_id=conversation_id, ids=ids, now=now)
    prompt = _told(writer, call)
    if prompt == conversation.system_prompt and not conversation.system_prompt_name:
        prompt = None
    return Place(conversation, last_id, prompt, _whole_path(call, found))


def _whole_path(call: StatelessCall, found: Found) -> tuple[Said, ...] | None:
    """Return the path of a call, unless more is stored of it than what the call says."""
    if found.response is not None:
        return None
    says_more = any(said.response_id or said.encrypted_reasoning for said in call.path)
    return None if says_more else call.path


def _new_conversation(writer: Writer, call: StatelessCall, ids: Ids, now: datetime) -> Conversation:
    asked = next((one.message for one in call.path if one.sender == "human"), "")
    conversation = Conversation(
        conversation_id=ConversationId(ids.new_id()),
        create_time=now,
        modify_time=now,
        title=call.title or call.conversation or title_of(asked),
        model_name=call.model_name,
        system_prompt=call.system_prompt or "",
        revision=1,
    )
    writer.insert_conversation(conversation)
    if call.conversation:
        name = group_hash(call.scope, call.conversation)
        writer.note_group(name, conversation.conversation_id)
    return conversation


def _add_rest(
    writer: Writer,
    call: StatelessCall,
    found: Found,
    *,
    conversation_id: str,
    ids: Ids,
    now: datetime,
) -> ResponseId:
    """Store what is new of a path, a chain below what was found; return the end of the path."""
    rest = call.path[found.n_found :]
    if not rest:
        assert found.response, "an empty path names its parent"
        return found.response.response_id
    new: list[NewResponse] = []
    for place, said in enumerate(rest):
        draft = msgspec.structs.replace(
            _draft(writer, call, said),
            parent_index=place - 1 if place else None,
            parent_response_id=found.response.response_id if found.response and not place else None,
        )
        new.append(NewResponse(ResponseId(ids.new_id()), draft, manual=_is_edited(draft)))
    writer.add_responses(conversation_id, new, now=now)
    hashes = path_hashes(found.path_hash, rest)
    writer.note_paths(dict(zip((one.response_id for one in new), hashes, strict=True)))
    return new[-1].response_id


def _draft(reader: Reader, call: StatelessCall, said: Said) -> ResponseDraft:
    """Return what is stored of a response that a client brings."""
    origin = Origin(kind="recorded", door=call.door, client=call.client)
    draft = ResponseDraft(
        sender=said.sender,
        message=said.message,
        attachments=said.attachments,
        tool_calls=said.tool_calls,
        tool_call_id=said.tool_call_id,
        reasoning=said.reasoning,
        encrypted_reasoning=said.encrypted_reasoning,
        model_name=call.model_name if said.encrypted_reasoning else "",
        origin=origin,
    )
    named = response_if_live(reader, said.response_id)
    if named is None:
        return draft
    if content_of(named) != content_of(said):
        edited = msgspec.structs.replace(origin, kind="replaced", of=named.response_id)
        return msgspec.structs.replace(draft, origin=edited)
    return msgspec.structs.replace(
        draft,
        origin=msgspec.structs.replace(origin, of=named.response_id),
        reasoning=named.reasoning,
        encrypted_reasoning=named.encrypted_reasoning,
        model_name=named.model_name,
        finish_reason=named.finish_reason,
        partial=named.partial,
    )


def _is_edited(draft: ResponseDraft) -> bool:
    return draft.sender == "assistant" and draft.origin.kind == "replaced"


def _told(reader: Reader, call: StatelessCall) -> str | None:
    """Return what the model is told first; None for what the conversation says."""
    if call.system_prompt is not None:
        return call.system_prompt
    if call.parent_response_id:
        # Of the one that is named: the place may be a question below it, which says nothing of it.
        return live_response(reader, call.parent_response_id).origin.system_prompt
    return ""
