"""What handles show of the values behind them; the same for both kinds of client."""

from __future__ import annotations

from datetime import datetime

from grok_tree.forest import (
    Analysed,
    Attachment,
    Citation,
    ConversationId,
    FinishReason,
    Forest,
    Marks,
    Origin,
    ResponseId,
    Sender,
    Settings,
    Timing,
    ToolCall,
    Usage,
)
from grok_tree.forest import Conversation as ConversationValue
from grok_tree.forest import Response as ResponseValue


class ResponseFields:
    """The recorded facts of a response, as they were last seen."""

    @property
    def value(self) -> ResponseValue:
        """Everything that is known of the response, as one immutable value."""
        raise NotImplementedError

    @property
    def response_id(self) -> ResponseId:
        """The id."""
        return self.value.response_id

    @property
    def conversation_id(self) -> ConversationId:
        """The conversation it belongs to."""
        return self.value.conversation_id

    @property
    def parent_response_id(self) -> ResponseId | None:
        """What it answers; None for a root."""
        return self.value.parent_response_id

    @property
    def sender(self) -> Sender:
        """Who wrote it: human, assistant, system or tool."""
        return self.value.sender

    @property
    def message(self) -> str:
        """The text."""
        return self.value.message

    @property
    def reasoning(self) -> str:
        """What the model thought before it answered."""
        return self.value.reasoning

    @property
    def create_time(self) -> datetime:
        """When it was begun, aware and in UTC."""
        return self.value.create_time

    @property
    def manual(self) -> bool:
        """Whether it was written by hand in the place of a model."""
        return self.value.manual

    @property
    def partial(self) -> bool:
        """Whether its text was cut, or is still growing."""
        return self.value.partial

    @property
    def shared(self) -> bool:
        """Whether somebody can read it through a share."""
        return self.value.shared

    @property
    def query(self) -> str:
        """What the model searched for."""
        return self.value.query

    @property
    def query_type(self) -> str:
        """Where the model searched."""
        return self.value.query_type

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Files and images that belong to it."""
        return self.value.attachments

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model called, in order."""
        return self.value.tool_calls

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources that the model named."""
        return self.value.citations

    @property
    def model_name(self) -> str:
        """The model that was sampled."""
        return self.value.model_name

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why the text ends; None for what was not sampled."""
        return self.value.finish_reason

    @property
    def settings(self) -> Settings:
        """What was asked of the sampler."""
        return self.value.settings

    @property
    def usage(self) -> Usage:
        """What the sampling used, in tokens and money."""
        return self.value.usage

    @property
    def timing(self) -> Timing:
        """How long the sampling took."""
        return self.value.timing

    @property
    def origin(self) -> Origin:
        """How it came to be."""
        return self.value.origin

    @property
    def marks(self) -> Marks:
        """What people said about it: star, tags, note, scores."""
        return self.value.marks

    @property
    def starred(self) -> bool:
        """Whether it is starred."""
        return self.value.marks.starred

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, sorted."""
        return self.value.marks.tags

    @property
    def scores(self) -> dict[str, float]:
        """Its scores by name."""
        return dict(self.value.marks.scores)

    @property
    def deleted(self) -> bool:
        """Whether it is hidden until restored."""
        return self.value.deleted

    def __repr__(self) -> str:
        return repr(self.value)


class ConversationFields(Analysed):
    """The recorded facts of a conversation, as they were last seen."""

    @property
    def forest(self) -> Forest:
        """Everything that is known, as an immutable snapshot."""
        raise NotImplementedError

    def _to_analyse(self) -> Forest:
        return self.forest

    @property
    def value(self) -> ConversationValue:
        """Everything that is known of the conversation itself, as one immutable value.

        Raises:
            InvalidOperationError: It was not created or not loaded yet.
        """
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The title, empty until somebody gives one."""
        return self.value.title

    @property
    def starred(self) -> bool:
        """Whether it is starred."""
        return self.value.starred

    @property
    def create_time(self) -> datetime:
        """When it was begun, aware and in UTC."""
        return self.value.create_time

    @property
    def modify_time(self) -> datetime:
        """When it last changed, as far as is known here; aware and in UTC."""
        return self.value.modify_time

    @property
    def model_name(self) -> str:
        """The model that is sampled when a call names none; empty for the default."""
        return self.value.model_name

    @property
    def system_prompt(self) -> str:
        """What every sampling is told first."""
        return self.value.system_prompt

    @property
    def system_prompt_name(self) -> str:
        """Name of a prompt of the server, such as fun."""
        return self.value.system_prompt_name

    @property
    def revision(self) -> int:
        """The revision that was last seen."""
        return self.value.revision
