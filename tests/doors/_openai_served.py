"""A server of this process for clients of the OpenAI protocol, and what they leave behind in it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree.errors import RateLimited, SamplerUnavailable
from grok_tree.forest import (
    Citation,
    Cited,
    Finished,
    Reasoning,
    Response,
    SamplerEvent,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    ToolCall,
    ToolCalled,
    Usage,
)
from grok_tree.samplers import Embeddings, Prompt, RawPrompt, SamplerRegistry, ScriptedSampler
from grok_tree.server import ServerSettings, running_server
from grok_tree.service import Forests
from grok_tree.testing import PlayedSampler
from grok_tree.web import WebDoor

FAILURES: dict[str, Exception] = {
    "please wait": RateLimited("ask again in a moment", retry_after_s=0.01),
    "break": ValueError("secret-of-the-server"),
    "away": SamplerUnavailable("the model sleeps"),
}
USAGE = Usage(prompt_tokens=7, cached_prompt_tokens=3, completion_tokens=2)
THOUGHTFUL = Usage(prompt_tokens=7, completion_tokens=2, reasoning_tokens=3)


def play(prompt: Prompt, settings: Settings, n: int) -> Iterator[SamplerEvent]:
    """Call tools, think, fill in a form or name a source, as the question asks."""
    if prompt.last.message in FAILURES:
        raise FAILURES[prompt.last.message]
    for index in range(n):
        yield from _answer(prompt, settings, index)


def _answer(prompt: Prompt, settings: Settings, index: int) -> Iterator[SamplerEvent]:
    said = prompt.last.message
    if prompt.last.sender == "tool":
        yield Token(f"The tools said {said}", index)
    elif settings.tools:
        for city in ("Oslo", "Rome"):
            arguments = f'{{"city":"{city}"}}'
            yield ToolCalled(
                ToolCall(call_id=f"call_{city}", name="weather", arguments=arguments), index
            )
        yield Finished(finish_reason="tool_calls", index=index, usage=USAGE)
        return
    elif settings.response_format:
        yield Token('{"city":"Oslo","degrees":7}', index)
    elif settings.reasoning_effort:
        yield from (
            Reasoning("Let me ", index),
            Reasoning("think.", index),
            Token("Thought.", index),
        )
        yield Finished(index=index, usage=THOUGHTFUL)
        return
    elif "source" in said:
        yield Token("See here.", index)
        yield Cited(Citation(url="https://example.org/a", title="A", begin=0, end=3), index)
    elif prompt.last.attachments:
        seen = [f"{one.media_type} {one.n_bytes}" for one in prompt.last.attachments]
        yield Token("I see " + ", ".join(seen), index)
    else:
        yield from (Token("So ", index), Token("be it.", index))
    yield Finished(index=index, usage=USAGE)


class TalkingSampler(PlayedSampler):
    """Plays, continues texts, and turns texts into vectors."""

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Say the prompt again, word by word."""
        assert n == 1, model
        for word in str(prompt.inputs[0]).split()[: settings.max_tokens]:
            others = (TokenAlternative(" other", -2.0), TokenAlternative(" never", -math.inf))
            logprob = TokenLogprob(f" {word}", -0.5, others) if settings.logprobs else None
            yield Token(f" {word}", logprob=logprob)
        yield Finished(usage=Usage(prompt_tokens=4, completion_tokens=3))

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Return the lengths of texts."""
        vectors = [(float(len(text)), 0.25) for text in texts]
        return Embeddings(vectors, f"played/{model}", Usage(prompt_tokens=len(texts)))


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        url: Of its HTTP door, with ``/v1``.
        forests: What is behind it; to be asked through `run`.
    """

    url: str
    forests: Forests
    portal: BlockingPortal

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a use case gives."""
        return self.portal.call(work, *arguments)

    def client(self, **options: Any) -> httpx.Client:
        """Return a plain HTTP client of the server."""
        return httpx.Client(base_url=self.url, timeout=20, **options)

    def response(self, response_id: str) -> Response:
        """Return a stored response."""
        found: list[Response] = self.run(self.forests.get_responses, [response_id])
        return found[0]

    def forest(self, conversation_id: str) -> list[Response]:
        """Return what is stored of a conversation, in the order of creation."""

        async def read() -> list[Response]:
            pages = self.forests.iter_changes(conversation_id, 0)
            return [one async for page in pages for one in page.responses if not one.deleted]

        return sorted(self.run(read), key=lambda one: one.position)

    def tree(self, conversation_id: str) -> list[str]:
        """Return every response as the path of its messages, sorted."""
        paths: dict[str | None, str] = {None: ""}
        for one in self.forest(conversation_id):
            paths[one.response_id] = f"{paths[one.parent_response_id]}/{one.message}"
        return sorted(list(paths.values())[1:])

    def conversations(self) -> list[str]:
        """Return the ids of all conversations."""
        page = self.run(self.forests.list_conversations)
        return [one.conversation_id for one in page.conversations]


@contextmanager
def served(
    folder: Path, *, api_key: str | None = None, samplers: Iterable[Any] = ()
) -> Iterator[Served]:
    """Run a server in this process, on a thread of its own, until the block is left."""
    own = list(samplers) or [ScriptedSampler(), TalkingSampler(play)]
    settings = ServerSettings(
        database=folder / "forests.db",
        model="scripted/echo",
        api_key=api_key,
        samplers=lambda: SamplerRegistry(own),
        http=lambda forests: WebDoor(forests, api_key=api_key),
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_server(settings)) as server,
    ):
        assert server.http is not None
        yield Served(f"{portal.call(server.http.open)}/v1", server.forests, portal)


def in_own_process(script: str, url: str) -> Any:
    """Run a script with the unmodified client, and return the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, "-c", script, url], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
