"""The options of a server, gathered into the values that they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from grok_tree.cli._options import with_options

DEFAULT_PORT = 8733
DEFAULT_HTTP_PORT = 8734

Function = Callable[..., Any]


@dataclass(frozen=True)
class Reach:
    """Where a server listens and whom it answers.

    Attributes:
        host: Where both doors listen.
        port: Of the gRPC door.
        http_port: Of the HTTP door.
        allow_host: Further names that the HTTP door answers to.
        allow_origin: Pages elsewhere whose scripts may ask it.
    """

    host: str
    port: int
    http_port: int
    allow_host: tuple[str, ...]
    allow_origin: tuple[str, ...]

    @property
    def address(self) -> str:
        """The address of the gRPC door, with its port as it was asked for."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def http(self) -> Mapping[str, Any]:
        """What the HTTP door is made with."""
        return {
            "host": self.host,
            "port": self.http_port,
            "allowed_hosts": self.allow_host,
            "allowed_origins": self.allow_origin,
        }


_REACH_OPTIONS = (
    click.option(
        "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen."
    ),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=DEFAULT_PORT,
        show_default=True,
        help="Port of the gRPC door; 0 for any that is free.",
    ),
    click.option(
        "--http-port",
        type=click.IntRange(0, 65535),
        default=DEFAULT_HTTP_PORT,
        show_default=True,
        help="Port of the HTTP door, for OpenAI clients and shares; 0 for any that is free.",
    ),
    click.option(
        "--allow-host",
        multiple=True,
        metavar="NAME",
        help="Answer over HTTP under this name, too; may be given several times.",
    ),
    click.option(
        "--allow-origin",
        multiple=True,
        metavar="URL",
        help="Let scripts of the pages at this address ask over HTTP; may be given several times.",
    ),
)
_LIMIT_OPTIONS = (
    click.option(
        "--max-cost-usd",
        type=click.FloatRange(min=0),
        metavar="USD",
        help="What all that is sampled here may cost; what might cost more is refused.",
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(min=0),
        metavar="N",
        help="How many tokens all that is sampled here may use, prompts included.",
    ),
    click.option(
        "--budget",
        default="server",
        show_default=True,
        metavar="NAME",
        help="Under which name that is counted in the database; a new name begins at nothing.",
    ),
)


def reaching(function: Function) -> Function:
    """Give a command the options about where a server listens, and a `Reach` as ``reach``."""

    @functools.wraps(function)
    def wrapped(
        *,
        host: str,
        port: int,
        http_port: int,
        allow_host: tuple[str, ...],
        allow_origin: tuple[str, ...],
        **options: Any,
    ) -> Any:
        return function(reach=Reach(host, port, http_port, allow_host, allow_origin), **options)

    return with_options(wrapped, _REACH_OPTIONS)


def limiting(function: Function) -> Function:
    """Give a command the options about the server's ceiling, as settings in ``limits``."""

    @functools.wraps(function)
    def wrapped(
        *, max_cost_usd: float | None, max_tokens: int | None, budget: str, **options: Any
    ) -> Any:
        limits = {"max_cost_usd": max_cost_usd, "max_tokens": max_tokens, "budget": budget}
        return function(limits=limits, **options)

    return with_options(wrapped, _LIMIT_OPTIONS)
