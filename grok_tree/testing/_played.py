"""A sampler that yields the events a test gives it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from grok_tree.forest import Finished, Model, SamplerEvent, Settings
from grok_tree.samplers import CAPABILITIES, Prompt, Turn, check_settings_supported

Play = Callable[[Prompt, Settings, int], Iterable[SamplerEvent]]
"""Gives the events of one sampling: from the prompt, the settings and the number of siblings."""


class PlayedSampler:
    """Plays events, and remembers what it was asked.

    A sibling without a `Finished` among the events gets one at the end.

    Attributes:
        prompts: What was asked, oldest first.
        paths: The path of each prompt.
    """

    provider = "played"

    def __init__(
        self, play: Play | Iterable[SamplerEvent], capabilities: Iterable[str] = CAPABILITIES
    ) -> None:
        """Make a sampler with the one model ``played/it``.

        Args:
            play: The events of every sampling, or what gives those of one.
            capabilities: What the model can do.
        """
        given = () if callable(play) else tuple(play)
        self._play = play if callable(play) else lambda *_: given
        self._capabilities = tuple(capabilities)
        self.prompts: list[Prompt] = []
        self.paths: list[Sequence[Turn]] = []

    def models(self) -> Sequence[Model]:
        """Return the one model."""
        return [Model(name="played/it", capabilities=self._capabilities)]

    async def refresh(self) -> None:
        """Do nothing: there is nobody to ask."""

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse settings that it cannot follow."""
        check_settings_supported(f"played/{model}", self._capabilities, settings)

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the events."""
        self.check(model, settings, n)
        self.prompts.append(prompt)
        self.paths.append(await prompt.load_turns())
        running = set(range(n))
        for event in self._play(prompt, settings, n):
            if isinstance(event, Finished):
                running.discard(event.index)
            yield event
        for index in sorted(running):
            yield Finished(index=index)

    async def aclose(self) -> None:
        """Do nothing: there is nothing to free."""
