"""A server for clients of xAI: its model does what the question says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree.errors import (
    ContextTooLong,
    RateLimited,
    SamplerRefused,
    SamplerUnavailable,
    SamplingInterrupted,
)
from grok_tree.forest import (
    Citation,
    Cited,
    Finished,
    Model,
    Prices,
    Reasoning,
    Response,
    SamplerEvent,
    Searched,
    Settings,
    Token,
    TokenAlternative,
    TokenLogprob,
    ToolCall,
    ToolCalled,
    Usage,
)
from grok_tree.samplers import (
    CAPABILITIES,
    Embeddings,
    Prompt,
    RawPrompt,
    SamplerRegistry,
    ScriptedSampler,
    TextToken,
)
from grok_tree.server import RunningServer, ServerSettings, running_server
from grok_tree.testing import PlayedSampler

SCRIPT = Path(__file__).with_name("_xai_script.py")

FAILURES = {
    "too long": ContextTooLong("the path has too many tokens for this model"),
    "rate limit": RateLimited("too many at once", retry_after_s=7.0),
    "refused": SamplerRefused("the model cannot do this"),
    "away": SamplerUnavailable("the model cannot be reached now"),
    "midway": SamplingInterrupted("the stream was cut"),
}

USAGE = Usage(prompt_tokens=11, completion_tokens=2, reasoning_tokens=3, cost_usd=0.035)


def play(prompt: Prompt, settings: Settings, n: int) -> Iterator[SamplerEvent]:
    """Yield what the model says to a question; to most, what it was asked."""
    said = prompt.last.message
    for index in range(n):
        yield from _answer(prompt, settings, said, index)
        if not said.startswith("use a tool"):
            end = {"request_id": "r-1", "system_fingerprint": "fp-1"}
            yield Finished(
                index=index, usage=USAGE, provenance=end, encrypted_reasoning="secret thoughts"
            )


def _answer(prompt: Prompt, settings: Settings, said: str, index: int) -> Iterator[SamplerEvent]:
    if said.startswith("fail: "):
        yield Token("a beginning", index)
        raise FAILURES[said.removeprefix("fail: ")]
    if said.startswith("use a tool"):
        arguments = json.dumps({"city": "Oslo"})
        yield ToolCalled(ToolCall(call_id="call-1", name="weather", arguments=arguments), index)
        yield Finished(index=index, finish_reason="tool_calls", usage=USAGE)
    elif prompt.last.sender == "tool":
        yield Token(f"the tool says {said}", index)
    elif said.startswith("describe"):
        seen = ", ".join(one.url or one.media_type for one in prompt.last.attachments)
        yield Token(f"I see {seen}", index)
    elif settings.response_format:
        yield Token(json.dumps({"city": "Oslo", "degrees": 21}), index)
    elif said == "search":
        call = ToolCall(call_id="s-1", name="web_search", arguments="{}", kind="web_search")
        yield Searched("the weather", "web", index)
        yield ToolCalled(call, index)
        yield Token("it rains", index)
        yield Cited(Citation(url="https://example.org/rain"), index)
    elif said == "think":
        yield from _thought(settings, index)
    else:
        for word in ("you", " said:", f" {said}"):
            yield Token(word, index)


def _thought(settings: Settings, index: int) -> Iterator[SamplerEvent]:
    yield Reasoning(f"{settings.reasoning_effort} ", index)
    yield Reasoning("effort", index)
    others = tuple(TokenAlternative(f"other {rank}", -1.0 - rank) for rank in range(2))
    for word in ("a", " thought"):
        logprob = TokenLogprob(word, -0.5, others) if settings.logprobs else None
        yield Token(word, index, logprob=logprob)
    yield Cited(Citation(url="https://example.org/", begin=0, end=1), index)


class XaiModels(PlayedSampler):
    """That model, and another one that turns texts into vectors."""

    def __init__(self) -> None:
        super().__init__(play)

    def models(self) -> Sequence[Model]:
        talks = [name for name in CAPABILITIES if name != "embeddings"]
        prices = Prices(prompt=2.0, cached_prompt=0.5, completion=6.0)
        return [
            Model(
                name="played/it",
                aliases=("played/that",),
                capabilities=tuple(talks),
                context_length=4096,
                prices=prices,
            ),
            Model(name="played/vectors", capabilities=("embeddings",)),
            Model(name="played/gone", unavailable_because="it is only a test"),
        ]

    async def complete(
        self, model: str, prompt: RawPrompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Go on with the number of the seed."""
        assert (model, n) == ("it", 1)
        for word in (" and", f" so on {settings.seed or 0}"):
            yield Token(word)
        yield Finished(usage=Usage(prompt_tokens=len(prompt.inputs[0]), completion_tokens=2))

    async def embed(self, model: str, texts: Sequence[str]) -> Embeddings:
        """Give each text its length."""
        return Embeddings([[float(len(text)), 0.5] for text in texts], f"{model}-served")

    async def tokenize(self, model: str, text: str) -> Sequence[TextToken]:
        """Make a token of each byte."""
        assert model == "it"
        return [TextToken(byte, bytes([byte])) for byte in text.encode()]


def _lost() -> NoReturn:
    raise SamplerUnavailable("its key is missing")


@dataclass
class XaiDoor:
    """A running server.

    Attributes:
        server: It, in a thread of its own.
        model: What its model was asked.
        portal: Leads into its thread.
    """

    server: RunningServer
    model: PlayedSampler
    portal: BlockingPortal

    @property
    def host(self) -> str:
        """Where the official client finds it: by this name it speaks without TLS."""
        return f"localhost:{self.server.address.rpartition(':')[2]}"

    def response(self, response_id: str) -> Response:
        """Return a response that is kept."""
        forests = self.server.forests
        (found,) = self.portal.call(forests.get_responses, [response_id])
        return found

    def forest(self, conversation_id: str) -> list[Response]:
        """Return every visible response, in order of creation."""
        found = self.portal.call(self._forest, conversation_id)
        return sorted(found, key=lambda one: one.position)

    def tree(self, conversation_id: str) -> list[str]:
        """Return every response as the path of its messages, in order of creation."""
        paths: dict[str | None, str] = {None: ""}
        for one in self.forest(conversation_id):
            paths[one.response_id] = f"{paths[one.parent_response_id]}/{one.message}"
        return list(paths.values())[1:]

    async def _forest(self, conversation_id: str) -> list[Response]:
        pages = self.server.forests.iter_changes(conversation_id, 0)
        return [one async for page in pages for one in page.responses if not one.deleted]


@contextmanager
def xai_door(folder: Path, model: XaiModels | None = None, **options: Any) -> Iterator[XaiDoor]:
    """Run a server with that model, and the scripted ones."""
    model = model or XaiModels()
    settings = ServerSettings(
        database=folder / "forests.db",
        model="played/it",
        samplers=lambda: SamplerRegistry([ScriptedSampler(), model], {"lost": _lost}),
        **options,
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_server(settings)) as server,
    ):
        yield XaiDoor(server, model, portal)


def run_script(
    host: str, *names: str, python: str = sys.executable, path: str = "", **options: Any
) -> Any:
    """Do scenarios with the official client, in a process of its own; return what came out.

    Args:
        host: Of the server.
        names: Of the scenarios.
        python: The interpreter that has the client.
        path: A folder with packages that come before those of the interpreter.
        options: Of the client.
    """
    done = subprocess.run(
        [python, str(SCRIPT), host, json.dumps(options), *names],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
