"""The values of a forest: responses, conversations, and what is recorded about them.

All are immutable; a change is a new value. Times are aware and in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from grok_tree.forest import _analysed
from grok_tree.forest._ids import ConversationId, ResponseId
from grok_tree.forest._parts import Attachment, Citation, Tool, ToolCall
from grok_tree.forest._telling import on_one_line

Sender = Literal["human", "assistant", "system", "tool"]
FinishReason = Literal[
    "stop", "length", "context", "tool_calls", "cancelled", "disconnected", "failed"
]
ReasoningEffort = Literal["none", "low", "medium", "high", "xhigh"]
OriginKind = Literal[
    "sampled",
    "manual",
    "imported",
    "resampled",
    "replaced",
    "forked",
    "resumed",
    "explored",
    "recorded",
]

_SHOWN = 60
"""Characters of a message that tell one response from another."""

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of what a file says no time of."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What was asked of the sampler; None leaves the choice to the sampler.

    Attributes:
        temperature: Softmax temperature, 0 or more; 0 is greedy.
        top_p: Nucleus size, above 0 up to 1.
        min_p: Smallest probability relative to the likeliest token, 0 to 1.
        top_k: Number of likeliest tokens kept; 0 keeps all.
        max_tokens: Most tokens to sample, 1 or more.
        seed: Seed of the sampler's random source; sibling i uses seed + i.
        stop: Texts that end the answer; they are not part of it.
        logprobs: Keep the log-probability of every sampled token.
        top_logprobs: Number of alternatives kept per token, 0 to 20.
        frequency_penalty: Makes tokens less likely the more often they came, -2 to 2.
        presence_penalty: Makes tokens less likely once they came, -2 to 2.
        reasoning_effort: How long the model thinks before it answers.
        response_format: Empty for free text, ``json`` for any JSON object, else the JSON Schema
            (as JSON text) that the answer must fit.
        tools: What the model may call.
        tool_choice: Empty or ``auto`` for the model's choice, ``none``, ``required``, or the name
            of the function that it must call.
    """

    temperature: float | None = None
    top_p: float | None = None
    min_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    top_logprobs: int = 0
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning_effort: ReasoningEffort | None = None
    response_format: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a sampling used.

    Attributes:
        prompt_tokens: Of the prompt, those that were cached included.
        cached_prompt_tokens: Of these, how many were not computed again.
        completion_tokens: Of the answer.
        reasoning_tokens: Of what the model thought, beside the answer.
        cost_usd: In US dollars; None: not known.
        estimated: The provider did not count, or contradicted itself; these are our figures.
    """

    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float | None = None
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """All tokens: of the prompt, of the answer, and of what the model thought."""
        return self.prompt_tokens + self.completion_tokens + self.reasoning_tokens


class Timing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How long a sampling took, in seconds from the request to the sampler."""

    first_token_s: float | None = None
    duration_s: float = 0.0


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How a response came to be.

    Attributes:
        kind: One of `OriginKind`.
        of: The response that was resampled, replaced, forked or resumed.
        offset: Where in `of` the text was forked, in characters.
        forced: The words that were put there in place of the model's.
        format: Of an imported response, the format it came in.
        original_id: Its id there.
        repairs: What the import had to mend, each a kind, a colon and a sentence.
        flags: What the file said of it that a response has no field for, such as ``hidden``,
            ``deleted`` and ``empty``.
        raw: What the file said beside all this, as JSON text in the format's own words.
        run: The exploration that asked for it.
        cell: The cell of that exploration.
        door: Of a recorded response, the protocol it came through.
        client: Who was on the other side of that door.
        system_prompt: What this sampling was told first, where the call said so; None for the
            conversation's own.
        provenance: What produced the text, in the sampler's own words.
    """

    kind: OriginKind = "sampled"
    of: ResponseId | None = None
    offset: int | None = None
    forced: str = ""
    format: str | None = None
    original_id: str | None = None
    repairs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    raw: str = ""
    run: str | None = None
    cell: str | None = None
    door: str | None = None
    client: str | None = None
    system_prompt: str | None = None
    provenance: dict[str, str] = {}

    @property
    def sampled_from(self) -> int:
        """Where the text begins that was sampled for this response, in characters.

        Before it stands what was taken over from `of`, and what was forced.
        """
        if self.kind not in ("resumed", "forked"):
            return 0
        return (self.offset or 0) + len(self.forced)


class Marks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What people say about a response afterwards; the only part that changes.

    Attributes:
        starred: Whether it is starred.
        tags: Its tags, sorted.
        note: Free text.
        scores: Name to value.
        times: When each mark was last set: ``starred``, ``note``, ``tag:NAME``, ``score:NAME``.
    """

    starred: bool = False
    tags: tuple[str, ...] = ()
    note: str = ""
    scores: dict[str, float] = {}
    times: dict[str, datetime] = {}


class MarkChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of marks; None and empty leave a mark as it is."""

    starred: bool | None = None
    note: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    scores: dict[str, float] = {}
    remove_scores: tuple[str, ...] = ()


class Response(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One node of a forest: what one sender said once.

    Attributes:
        response_id: UUIDv7.
        conversation_id: The conversation it belongs to.
        parent_response_id: What it answers; None for a root.
        sender: ``human``, ``assistant``, ``system`` or ``tool``.
        message: The text.
        create_time: When it was begun.
        reasoning: What the model thought before it answered, where it says so.
        manual: Written by hand rather than sampled.
        partial: The text was cut, or is still growing (then `finish_reason` is None).
        shared: Somebody can read it through a share.
        query: What the model searched for, a line for each search.
        query_type: Where it searched, a line for each search.
        attachments: Files and images that belong to it.
        tool_calls: The tools that the model called, in order.
        tool_call_id: Of sender ``tool``: the call that it answers.
        citations: The sources that the model named.
        encrypted_reasoning: What the provider wants back with the next turn; opaque.
        model_name: The model that was sampled, ``provider/model``.
        finish_reason: Why the text ends; None for human and manual responses.
        settings: What was asked of the sampler.
        usage: What it used.
        timing: How long it took.
        origin: How it came to be.
        marks: What people said about it afterwards.
        position: Order of creation in the conversation, from 0; a parent's is always smaller.
        revision: The conversation's revision at which this response last changed.
        deleted: Hidden with its subtree until restored; then the texts are empty.
    """

    response_id: ResponseId
    conversation_id: ConversationId
    parent_response_id: ResponseId | None
    sender: Sender
    message: str
    create_time: datetime
    reasoning: str = ""
    manual: bool = False
    partial: bool = False
    shared: bool = False
    query: str = ""
    query_type: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    citations: tuple[Citation, ...] = ()
    encrypted_reasoning: str = ""
    model_name: str = ""
    finish_reason: FinishReason | None = None
    settings: Settings = Settings()
    usage: Usage = Usage()
    timing: Timing = Timing()
    origin: Origin = Origin()
    marks: Marks = Marks()
    position: int = 0
    revision: int = 0
    deleted: bool = False

    def __repr__(self) -> str:
        parent = self.parent_response_id
        told = [
            self.response_id if parent is None else f"{self.response_id} below {parent}",
            *(["root"] if parent is None else []),
            f"{self.sender} {self.model_name}".rstrip(),
            *(["partial"] if self.partial else []),
            *([self.finish_reason] if self.finish_reason not in (None, "stop") else []),
            *(["deleted"] if self.deleted else []),
        ]
        return f"<Response {', '.join(told)}: {on_one_line(self.message, _SHOWN)!r}>"

    def _repr_html_(self) -> str:
        return _analysed.response_html(self)


class ResponseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A response to be stored as it is: written by hand, or imported.

    Attributes:
        parent_response_id: A stored response to attach to.
        parent_index: Instead, an earlier draft of the same batch, counted from 0.
        create_time: None means now.

    The other attributes are those of `Response`.
    """

    sender: Sender
    message: str
    parent_response_id: ResponseId | None = None
    parent_index: int | None = None
    create_time: datetime | None = None
    reasoning: str = ""
    partial: bool = False
    query: str = ""
    query_type: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    citations: tuple[Citation, ...] = ()
    encrypted_reasoning: str = ""
    model_name: str = ""
    finish_reason: FinishReason | None = None
    settings: Settings = Settings()
    usage: Usage = Usage()
    timing: Timing = Timing()
    origin: Origin = Origin(kind="manual")
    marks: Marks = Marks()


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One named forest of responses; the responses themselves are read apart.

    Attributes:
        conversation_id: UUIDv7.
        title: Empty until somebody gives one.
        starred: Whether it is starred.
        create_time: When it was begun.
        modify_time: When anything in it last changed.
        model_name: The model that is sampled when a call names none; empty for the server's.
        system_prompt: What every sampling is told first; empty for the named prompt's text.
        system_prompt_name: Name of a prompt of the server's registry, such as ``"fun"``.
        revision: Raised by every change.
        leaf_response_id: Where the next turn attaches; None makes it a new root.
        deleted: Hidden until restored.
        n_responses: Number of visible responses.
    """

    conversation_id: ConversationId
    create_time: datetime
    modify_time: datetime
    title: str = ""
    starred: bool = False
    model_name: str = ""
    system_prompt: str = ""
    system_prompt_name: str = ""
    revision: int = 0
    leaf_response_id: ResponseId | None = None
    deleted: bool = False
    n_responses: int = 0


class ConversationChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a conversation's own fields; what is UNSET stays as it is."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    starred: bool | msgspec.UnsetType = msgspec.UNSET
    leaf_response_id: ResponseId | msgspec.UnsetType | None = msgspec.UNSET
    model_name: str | msgspec.UnsetType = msgspec.UNSET
    system_prompt: str | msgspec.UnsetType = msgspec.UNSET
    system_prompt_name: str | msgspec.UnsetType = msgspec.UNSET


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A published path: from the root to `response_id`."""

    share_id: str
    url: str
    response_id: ResponseId
    create_time: datetime


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a searched text was found; without a response it is the title."""

    conversation_id: ConversationId
    response_id: ResponseId | None
    snippet: str
    title: str


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs, in US dollars for a million tokens; None: not known.

    Attributes:
        prompt: Of tokens that are computed.
        cached_prompt: Of tokens that the provider has in its cache.
        completion: Of tokens that are sampled, reasoning included.
    """

    prompt: float | None = None
    cached_prompt: float | None = None
    completion: float | None = None


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A model that can be sampled.

    Attributes:
        name: ``provider/model``.
        aliases: Other names of the same model, with the provider.
        context_length: In tokens; 0 when not known.
        prices: What it costs; None when nothing is known of it.
        capabilities: Names such as ``logprobs``, ``seed``, ``prefill``.
        unavailable_because: What is missing here, empty when it can be used.
        default_max_tokens: The most that an answer has where no max_tokens is asked for; 0 when
            that is not known.
    """

    name: str
    description: str = ""
    context_length: int = 0
    capabilities: tuple[str, ...] = ()
    is_default: bool = False
    aliases: tuple[str, ...] = ()
    prices: Prices | None = None
    unavailable_because: str = ""
    default_max_tokens: int = 0

    @property
    def available(self) -> bool:
        """Whether it can be sampled on this server now."""
        return not self.unavailable_because
