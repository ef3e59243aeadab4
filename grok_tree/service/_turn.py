"""How a turn begins: the human response and the still empty answers, stored together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from grok_tree.forest import Origin, Response, ResponseDraft, ResponseId, Settings, Started
from grok_tree.service._calls import Said
from grok_tree.service._requests import SampleCommand
from grok_tree.store import NewResponse, Writer

METHOD = "sample"
"""Under which requests for turns are remembered."""


class TurnRecord(msgspec.Struct, frozen=True):
    """What is remembered of a turn, so that a repeated request finds it.

    Attributes:
        human_response_id: None when the message was empty.
        response_ids: Of the answers, in order of index.
        model_name: Of the model that is sampled.
    """

    human_response_id: ResponseId | None
    response_ids: tuple[ResponseId, ...]
    model_name: str

    def started(self, sampling_id: str, human: Response | None) -> Started:
        """Return the event with which the sampling begins, for the request that began it."""
        return Started(
            sampling_id=sampling_id,
            human_response=human,
            response_ids=self.response_ids,
            model_name=self.model_name,
        )


@dataclass(frozen=True)
class Turn:
    """A turn that has just been stored.

    Attributes:
        record: What is remembered of it.
        parent: What the answers attach to.
        human: The human response; None when the message was empty.
        system_prompt: In force for it.
        settings: What is asked of the sampler.
        prefix: The text with which the answers begin.
        reserved: Whether something is reserved for it.
        path: What leads to the parent, both included, where all of it is at hand.
    """

    record: TurnRecord
    parent: Response
    human: Response | None
    system_prompt: str
    settings: Settings
    prefix: str = ""
    reserved: bool = False
    path: Sequence[Response | Said] | None = None


def begin_turn(
    writer: Writer,
    command: SampleCommand,
    *,
    ids: Sequence[str],
    model_name: str,
    system_prompt: str,
    prefix: str,
    now: datetime,
) -> Turn:
    """Store the beginning of a turn.

    Args:
        writer: An open transaction.
        command: A command that was checked.
        ids: n + 1 new ids: of the human response, and of the answers.
        model_name: Of the model that will be sampled.
        system_prompt: In force for this turn.
        prefix: The text with which the answers begin.
        now: The time of the turn.

    Raises:
        ResponseNotFound: The parent does not exist or was deleted.
        InvalidOperationError: The parent belongs to another conversation.
    """
    human_id = ResponseId(ids[0]) if command.message else None
    answer_ids = tuple(ResponseId(answer_id) for answer_id in ids[1:])
    answer = ResponseDraft(
        sender="assistant",
        message=prefix,
        partial=True,
        model_name=model_name,
        origin=_answer_origin(command, prefix),
    )
    new = _new_responses(command, human_id, answer_ids, answer)
    stored = writer.add_responses(command.conversation_id, new, now=now)
    record = TurnRecord(human_id, answer_ids, model_name)
    if human_id:
        return Turn(record, stored[0], stored[0], system_prompt, command.settings, prefix)
    assert stored[0].parent_response_id, "check_turn demands a message or a parent"
    parent = writer.response(stored[0].parent_response_id)
    return Turn(record, parent, None, system_prompt, command.settings, prefix)


def _new_responses(
    command: SampleCommand,
    human_id: ResponseId | None,
    answer_ids: tuple[ResponseId, ...],
    answer: ResponseDraft,
) -> list[NewResponse]:
    parent_id = ResponseId(command.parent_response_id) if command.parent_response_id else None
    new = []
    if human_id:
        origin = command.origin if command.origin.of else Origin(kind="manual")
        human = ResponseDraft(
            sender="human",
            message=command.message,
            parent_response_id=parent_id,
            attachments=command.attachments,
            origin=origin,
        )
        new.append(NewResponse(human_id, human))
    for index, answer_id in enumerate(answer_ids):
        draft = msgspec.structs.replace(
            answer,
            parent_response_id=None if human_id else parent_id,
            parent_index=0 if human_id else None,
            settings=_settings_of(command.settings, index),
        )
        new.append(NewResponse(answer_id, draft, growing=True))
    return new


def _answer_origin(command: SampleCommand, prefix: str) -> Origin:
    """Return where an answer comes from; of a resumed one also where the new text begins."""
    origin = Origin() if command.message else command.origin
    if origin.kind == "resumed":
        origin = msgspec.structs.replace(origin, offset=len(prefix))
    if command.system_prompt is not None:
        origin = msgspec.structs.replace(origin, system_prompt=command.system_prompt)
    return origin


def _settings_of(settings: Settings, index: int) -> Settings:
    """Return what one sibling is asked for: its own seed, so that it can be sampled alone."""
    if settings.seed is None:
        return settings
    return msgspec.structs.replace(settings, seed=settings.seed + index)
