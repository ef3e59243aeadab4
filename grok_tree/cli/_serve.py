"""``grok-tree serve``: a server for other programs and machines."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import database_option, examples, model_option, talking
from grok_tree.cli._settings import Settings, places, read_settings

if TYPE_CHECKING:
    from grok_tree.server import RunningServer, ServerSettings

DEFAULT_PORT = 8733
DEFAULT_HTTP_PORT = 8734
KEY_VARIABLE = "GROK_TREE_API_KEY"


@click.command(
    "serve",
    epilog=examples(
        "grok-tree serve",
        "grok-tree serve --port 0 --http-port 0 --json",
        "GROK_TREE_API_KEY=... grok-tree serve --host 0.0.0.0 --database lab.db",
        "grok-tree serve --max-cost-usd 5 --budget november",
        "grok-tree ls --host 127.0.0.1:8733",
    ),
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port of the gRPC door; 0 for any that is free.",
)
@click.option(
    "--http-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_HTTP_PORT,
    show_default=True,
    help="Port of the HTTP door, where shares are read; 0 for any that is free.",
)
@click.option(
    "--share-url",
    envvar="GROK_TREE_SHARE_URL",
    show_envvar=True,
    metavar="URL",
    help="What the addresses of shares begin with; by default the HTTP door's address.",
)
@click.option(
    "--max-cost-usd",
    type=click.FloatRange(min=0),
    metavar="USD",
    help="What all that is sampled here may cost; what might cost more is refused.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many tokens all that is sampled here may use, prompts included.",
)
@click.option(
    "--budget",
    default="server",
    show_default=True,
    metavar="NAME",
    help="Under which name that is counted in the database; a new name begins at nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one line of JSON when ready.")
@database_option
@model_option
@talking
def command(
    *,
    console: Console,
    host: str,
    port: int,
    http_port: int,
    share_url: str | None,
    max_cost_usd: float | None,
    max_tokens: int | None,
    budget: str,
    as_json: bool,
    database: str | None,
    model: str | None,
) -> None:
    """Serve the forests of a database until SIGTERM or Ctrl-C.

    Running samplings are kept as partial responses when the server stops. Callers must bring the
    key in GROK_TREE_API_KEY, if it is set; without one, only this machine is listened to.
    """
    import anyio

    from grok_tree.server import serve

    if console.verbosity <= 0:
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
    found = read_settings(places().config)
    chosen = Settings(
        model=model or found.model,
        database=database or found.database,
        share_url=share_url or found.share_url,
    )
    settings = replace(
        _server_settings(chosen, host=host, port=port, http_port=http_port),
        max_cost_usd=max_cost_usd,
        max_tokens=max_tokens,
        budget=budget,
    )

    def ready(server: RunningServer, http_url: str) -> None:
        _announce(console, server.address, http_url, as_json=as_json)

    anyio.run(serve, settings, ready)


def _server_settings(chosen: Settings, *, host: str, port: int, http_port: int) -> ServerSettings:
    from grok_tree.client import default_database, prices_of_this_machine, samplers_of_this_machine
    from grok_tree.server import DEFAULT_MODEL, ServerSettings
    from grok_tree.web import WebDoor

    return ServerSettings(
        database=chosen.database or default_database(),
        address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        model=chosen.model or DEFAULT_MODEL,
        api_key=os.environ.get(KEY_VARIABLE) or None,
        share_url=chosen.share_url,
        samplers=samplers_of_this_machine,
        prices=prices_of_this_machine(),
        http=lambda forests: WebDoor(forests, host=host, port=http_port),
        health=True,
    )


def _announce(console: Console, address: str, http_url: str, *, as_json: bool) -> None:
    if as_json:
        console.json({"grpc": address, "http": http_url, "pid": os.getpid()})
        sys.stdout.flush()
    else:
        console.say(f"serving {address} (gRPC) and {http_url} (shares); Ctrl-C stops")
