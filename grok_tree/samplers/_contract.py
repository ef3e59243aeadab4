"""The contract between the service and whatever produces text."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from grok_tree.forest import Model, SamplerEvent, Sender, Settings

Capability = Literal["logprobs", "seed", "prefill", "native_n", "top_k", "min_p", "stop"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model is shown of one response."""

    sender: Sender
    message: str


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
    """

    last: Turn
    load_turns: Callable[[], Awaitable[Sequence[Turn]]] = field(repr=False)
    system_prompt: str = ""
    prefill: str = ""


class Sampler(Protocol):
    """A provider of models.

    One sampler serves many samplings at once; it may queue them. It imports its runtime on first
    use, never when it is listed.
    """

    @property
    def provider(self) -> str:
        """What stands before the slash in the names of its models."""

    def models(self) -> Sequence[Model]:
        """Return its models, also those that cannot be used here, without loading anything."""

    def check(self, model: str, settings: Settings, n: int) -> None:
        """Refuse what the model cannot do, before anything is stored or spent.

        Called from any thread, also while a transaction is open: it must not wait for anything.

        Args:
            model: The part of the name after the slash.
            settings: What is asked of it.
            n: Number of siblings, 1 or more.

        Raises:
            ModelNotFound: The provider has no such model.
            SamplerRefused: It lacks a capability that the settings need.
            SamplerUnavailable: Its runtime or weights are missing.
        """

    def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Sample n siblings.

        Yields tokens and exactly one `Finished` for each index from 0 to n - 1, interleaved in any
        order; the `Finished` of a sibling is its last event. Closing the iterator or cancelling the
        task that reads it stops the model at once.

        Raises:
            SamplingError: The model failed; what was yielded before stays valid.
        """

    async def aclose(self) -> None:
        """Free the runtime; running samplings end with an error, threads have ended on return."""
