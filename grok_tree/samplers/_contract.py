"""The contract between the service and whatever produces text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from grok_tree.errors import AttachmentNotFound
from grok_tree.forest import (
    Attachment,
    Conversation,
    Model,
    Response,
    SamplerEvent,
    Sender,
    Settings,
    ToolCall,
    Usage,
)

Capability = Literal[
    "completion",
    "embeddings",
    "files",
    "images",
    "logprobs",
    "min_p",
    "native_n",
    "penalties",
    "prefill",
    "reasoning_effort",
    "seed",
    "server_tools",
    "stop",
    "structured",
    "token_limits",
    "tokenizer",
    "tools",
    "top_k",
]
"""What a model may be able to do; `CAPABILITIES` says what each means."""

CAPABILITIES: dict[Capability, str] = {
    "completion": "continues any text, without a conversation",
    "embeddings": "turns texts into vectors",
    "files": "reads files that are attached to a response",
    "images": "sees images that are attached to a response",
    "logprobs": "gives log-probabilities of tokens, with alternatives",
    "min_p": "leaves out tokens that are unlikely beside the likeliest",
    "native_n": "samples several siblings from one prompt",
    "penalties": "makes tokens that came before less likely",
    "prefill": "continues an answer that is begun already: resume() and fork_at()",
    "reasoning_effort": "thinks for as long as it is told",
    "seed": "samples the same again from the same seed, as far as its provider can",
    "server_tools": "has tools that its provider runs, such as web search",
    "stop": "ends its answer at given texts",
    "structured": "answers in JSON that fits a schema",
    "token_limits": "samples from, or without, given tokens only",
    "tokenizer": "says of what tokens a text consists",
    "tools": "calls functions that the caller runs",
    "top_k": "samples from the likeliest tokens only",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model is shown of one response; the attributes are those of `Response`."""

    sender: Sender
    message: str
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    reasoning: str = ""
    encrypted_reasoning: str = ""
    model_name: str = ""


async def _no_file(file_id: str) -> bytes:
    raise AttachmentNotFound(f"no file {file_id} is kept here; upload it again", file_id=file_id)


@dataclass(frozen=True)
class Prompt:
    """What a model is asked to continue.

    The path is read only when a sampler asks for it, so that a sampler which needs the last turn
    alone costs the same at every depth.

    Attributes:
        last: The response that is answered.
        load_turns: Reads the whole path from the root to `last`, both included.
        system_prompt: What the model is told first; empty for nothing.
        prefill: The beginning of the answer; what is sampled continues it and does not repeat it.
        conversation_id: The same for all that share a beginning, so that a provider which caches
            prompts finds them; empty for none.
        load_file: Reads an attachment by its `file_id`; raises `AttachmentNotFound`.
    """

    last: Turn
    load_turns: Callable[[], Awaitable[Sequence[Turn]]] = field(repr=False)
    system_prompt: str = ""
    prefill: str = ""
    conversation_id: str = ""
    load_file: Callable[[str], Awaitable[bytes]] = field(default=_no_file, repr=False)


@dataclass(frozen=True)
class RawPrompt:
    """A text that a model is asked to continue as it is, without a conversation around it.

    Attributes:
        inputs: Texts, and tokens by their numbers, one after another.
        stop_tokens: Texts of tokens that end the continuation, each exactly one token.
        allowed_tokens: Only these are sampled, by text or number; empty for all.
        disallowed_tokens: These are never sampled.
    """

    inputs: tuple[str | tuple[int, ...], ...]
    stop_tokens: tuple[str, ...] = ()
    allowed_tokens: tuple[str | int, ...] = ()
    disallowed_tokens: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class TextToken:
    """A token of a text.

    Attributes:
        number: Its place in the model's vocabulary.
        data: Its bytes, which may be a part of a character.
    """

    number: int
    data: bytes

    @property
    def text(self) -> str:
        """Its text, with U+FFFD for what is no whole character."""
        return self.data.decode(errors="replace")


@dataclass(frozen=True)
class Embeddings:
    """Texts as vectors; as a sequence it holds one vector a text.

    Attributes:
        vectors: One a text, in order; all of the same length.
        model: The name under which the provider served the model.
        usage: What it took.
    """

    vectors: Sequence[Sequence[float]]
    model: str
    usage: Usage = field(default_factory=Usage)

    def __len__(self) -> int:
        return len(self.vectors)

    def __iter__(self) -> Iterator[Sequence[float]]:
        return iter(self.vectors)

    def __getitem__(self, place: int) -> Sequence[float]:
        return self.vectors[place]


@dataclass(frozen=True)
class Recorded:
    """A conversation that was kept in a file, with its responses, parents before children."""

    conversation: Conversation
    responses: Sequence[Response]


@dataclass(frozen=True)
class SamplerSetup:
    """What a sampler may know of the machine when it is made.

    Attributes:
        environment: Environment variables; a provider reads its own key there, and nothing else.
        options: What the configuration says of this provider.
        cache: Where prepared models are kept; None for the user's cache folder.
        read_recording: Reads the conversations of a file; None where there is nothing that can.
        trusted: Whoever asks is the user of this machine, who may read any file.
    """

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    cache: Path | None = None
    read_recording: Callable[[Path], Sequence[Recorded]] | None = None
    trusted: bool = False


class Sampler(Protocol):
    """A provider of models.

    One sampler serves many samplings at once; it may queue them. It imports its runtime on first
    use, never when it is listed. What it can do beside answering in conversations it says by the
    further protocols `Completer`, `Embedder` and `Tokenizer`.
    """

    @property
    def provider(self) -> str:
        """What stands before the slash in the names of its models."""

    def models(self) -> Sequence[Model]:
        """Return the models it knows, also those that cannot be used here, without asking anybody.

        May be called from any thread.
        """

    async def refresh(self) -> None:
        """Ask the provider which models it has, so that `models` knows them.

        Raises:
            GrokTreeError: It cannot be asked.
        """

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Refuse what the model cannot do, before anything is stored or spent.

        Called from any thread, also while a transaction is open: it must not wait for anything.
        A model that only its provider can know is refused when it is sampled.

        Args:
            model: The part of the name after the slash.
            settings: What is asked of it.
            n: Number of siblings, 1 or more.

        Raises:
            ModelNotFound: The provider has no such model.
            SamplerRefused: It lacks a capability that the settings need.
            SamplerUnavailable: Its runtime, weights or key are missing.
        """

    def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Sample n siblings.

        Yields tokens and exactly one `Finished` for each index from 0 to n - 1, interleaved in any
        order; the `Finished` of a sibling is its last event. Closing the iterator or cancelling the
        task that reads it stops the model at once.

        Raises:
            SamplingError: The model failed; what was yielded before stays valid. What the provider
                bills all the same may stand in its details: ``prompt_tokens``,
                ``completion_tokens`` and ``cost_usd``.
        """

    async def aclose(self) -> None:
        """Free the runtime; running samplings end with an error, threads have ended on return."""


@runtime_checkable
class Completer(Protocol):
    """A sampler whose models with the capability ``completion`` continue any text."""

    def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Sample n continuations, with the events and errors of `Sampler.sample`."""


@runtime_checkable
class Embedder(Protocol):
    """A sampler whose models with the capability ``embeddings`` turn texts into vectors."""

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Return a vector for each text.

        Raises:
            ModelNotFound: The provider has no such model.
            SamplingError: It failed.
        """


@runtime_checkable
class Tokenizer(Protocol):
    """A sampler whose models with the capability ``tokenizer`` say what tokens a text has."""

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Return the tokens of a text as it is, without a mark of a beginning.

        Raises:
            ModelNotFound: The provider has no such model.
            SamplingError: It failed.
        """


@runtime_checkable
class PubliclyPriced(Protocol):
    """A sampler whose provider has public prices, which the library genai-prices may know."""

    @property
    def price_provider(self) -> str:
        """The provider's id in that library, or the base URL that is asked; empty for none."""
