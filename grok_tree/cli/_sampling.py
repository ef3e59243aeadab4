"""What the commands that sample share: their options, and following what comes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._errors import Interrupted, SomeSamplesFailed
from grok_tree.cli._options import Function, with_options
from grok_tree.cli._where import Where
from grok_tree.errors import GrokTreeError

if TYPE_CHECKING:
    from grok_tree.client import SyncSampling, SyncSamplingGroup
    from grok_tree.forest import Ended, Response, SamplingEvent

    Handle = SyncSampling | SyncSamplingGroup

_SETTINGS = (
    click.option("--temperature", type=float, metavar="T", help="0 is greedy; often 0.2 to 1.2."),
    click.option("--top-p", type=float, metavar="P", help="Nucleus size, above 0 up to 1."),
    click.option("--min-p", type=float, metavar="P", help="Least share of the likeliest token."),
    click.option("--top-k", type=int, metavar="K", help="Number of likeliest tokens kept."),
    click.option("--max-tokens", type=int, metavar="N", help="Most tokens of an answer."),
    click.option("--seed", type=int, metavar="N", help="Seed; sibling i uses seed + i."),
    click.option("--stop", multiple=True, metavar="TEXT", help="Ends the answer; repeatable."),
    click.option("--logprobs", is_flag=True, help="Keep the log-probability of every token."),
    click.option(
        "--reasoning-effort",
        metavar="LEVEL",
        help="How long it thinks: none, low, medium, high, xhigh.",
    ),
    click.option(
        "--schema",
        "response_format",
        type=click.File(encoding="utf-8"),
        metavar="FILE",
        help="JSON Schema that the answer must fit.",
    ),
)


_NAMES = (
    "temperature",
    "top_p",
    "min_p",
    "top_k",
    "max_tokens",
    "seed",
    "stop",
    "logprobs",
    "reasoning_effort",
    "response_format",
)


def sampling(function: Function) -> Function:
    """Give a command the options of a sampling, as one dictionary ``settings``."""

    @functools.wraps(function)
    def wrapped(*args: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _NAMES}
        settings = {name: value for name, value in given.items() if value not in (None, (), False)}
        if "response_format" in settings:
            settings["response_format"] = settings["response_format"].read()
        return function(*args, settings=settings, **options)

    return with_options(wrapped, _SETTINGS)


def call_options(settings: dict[str, Any], where: Where) -> dict[str, Any]:
    """Return the options of a call: the settings, and the model if one was named."""
    return settings | ({"model_name": where.asked_model} if where.asked_model else {})


def message_from(argument: str | None) -> str:
    """Return the message of a command: its argument, or what is piped into it.

    Args:
        argument: ``-`` means standard input, and so does None unless that is a terminal.
    """
    if argument is not None and argument != "-":
        return argument
    if argument is None and sys.stdin.isatty():
        return ""
    return sys.stdin.read().removesuffix("\n")


def follow(
    console: Console, handle: Handle, *, as_json: bool = False, announce: bool = True
) -> list[Response]:
    """Write what comes, one answer as it grows, several as each ends; return the responses.

    Args:
        console: Where to.
        handle: What is being sampled.
        as_json: Write the responses as JSON Lines instead.
        announce: Say afterwards where a single answer can be found.

    Raises:
        SamplingError: Every sample failed; this is the first error.
        SomeSamplesFailed: Some did, and were named.
        Interrupted: The user pressed Ctrl-C; what came is kept and was named.
    """
    with ExitStack() as waiting:
        waiting.enter_context(console.waiting("asking the model"))
        follower = _Follower(console, waiting.close, as_json=as_json, announce=announce)
        try:
            for event in handle.events():
                follower.take(event)
        except KeyboardInterrupt:
            waiting.close()
            follower.end_line()
            raise Interrupted(_kept(console, handle)) from None
        finally:
            follower.end_line()
    return follower.finish()


def _kept(console: Console, handle: Handle) -> list[str]:
    """Stop a sampling; name what was kept of it and return the ids."""
    try:
        stopped = handle.cancel()
    except GrokTreeError as error:
        console.say(f"stopped: {error.message}")
        return []
    responses = stopped if isinstance(stopped, list) else [stopped]
    kept = [response.response_id for response in responses if response.partial]
    for response_id in kept:
        console.say(f"stopped; what came is kept as partial response {response_id}")
    return list(kept)


class _Follower:
    """Writes the events of a sampling."""

    def __init__(
        self,
        console: Console,
        before_output: Callable[[], None],
        *,
        as_json: bool,
        announce: bool,
    ) -> None:
        self._console = console
        self._as_json = as_json
        self._announce = announce
        self._before_output = before_output
        self._n = 1
        self._line_is_open = False
        self._ended: list[Ended] = []

    def take(self, event: SamplingEvent) -> None:
        """Write the next event, if it is one to be seen."""
        from grok_tree.forest import Ended, Started, Token

        match event:
            case Started():
                self._n = len(event.response_ids)
            case Token() if self._n == 1 and not self._as_json:
                self._before_output()
                self._console.stream(event.text)
                self._line_is_open = True
            case Ended():
                self._before_output()
                self._ended.append(event)
                self._write_ended(event)
            case _:
                pass

    def end_line(self) -> None:
        """End the line that is being written, if one is."""
        if self._line_is_open:
            self._console.line()
        self._line_is_open = False

    def finish(self) -> list[Response]:
        """Return the responses; raise if some are missing."""
        errors = [ended.error for ended in self._ended if ended.error is not None]
        if errors and len(errors) == len(self._ended):
            raise errors[0]
        if errors:
            raise SomeSamplesFailed
        return [ended.response for ended in sorted(self._ended, key=lambda ended: ended.index)]

    def _write_ended(self, ended: Ended) -> None:
        from grok_tree.cli._rows import response_heading, response_text

        self.end_line()
        response = ended.response
        if self._as_json:
            self._console.json(response)
        elif self._n > 1:
            self._console.line(*response_heading(response, response.response_id))
            self._console.lines([*response_text(response), ""])
        elif self._announce:
            self._console.say(_where_it_is(response), "faint")
        if ended.error is not None and self._n > 1:
            self._console.complain(f"sample {response.response_id} failed: {ended.error.message}")


def _where_it_is(response: Response) -> str:
    partial = "partial response" if response.partial else "response"
    return f"{partial} {response.response_id} in conversation {response.conversation_id}"
