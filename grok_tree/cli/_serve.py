"""``grok-tree serve``: a server for other programs and machines."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from grok_tree.cli._console import Console
from grok_tree.cli._options import database_option, examples, model_option, talking
from grok_tree.cli._serve_lines import KEY_VARIABLE, client_lines
from grok_tree.cli._serve_options import Reach, limiting, reaching
from grok_tree.cli._settings import Settings, places, read_settings

if TYPE_CHECKING:
    from grok_tree.server import RunningServer, ServerSettings

SWITCH_S = 0.001


@click.command(
    "serve",
    epilog=examples(
        "grok-tree serve",
        "grok-tree serve --port 0 --http-port 0 --json",
        "GROK_TREE_API_KEY=... grok-tree serve --host 0.0.0.0 --database lab.db",
        "grok-tree serve --max-cost-usd 5 --budget november",
        "grok-tree serve --allow-origin https://lab.example",
        "grok-tree serve --no-record",
        "grok-tree ls --host 127.0.0.1:8733",
    ),
)
@reaching
@limiting
@click.option(
    "--share-url",
    envvar="GROK_TREE_SHARE_URL",
    show_envvar=True,
    metavar="URL",
    help="What the addresses of shares begin with; by default the HTTP door's address.",
)
@click.option("--no-record", is_flag=True, help="Keep nothing of what stateless clients say.")
@click.option("--json", "as_json", is_flag=True, help="Write one line of JSON when ready.")
@database_option
@model_option
@talking
def command(
    *,
    console: Console,
    reach: Reach,
    limits: Mapping[str, Any],
    share_url: str | None,
    no_record: bool,
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
    settings = replace(_server_settings(chosen, reach), recording=not no_record, **limits)

    def ready(server: RunningServer, http_url: str) -> None:
        lines = client_lines(server, http_url, has_key=settings.api_key is not None)
        if as_json:
            place = {"grpc": server.address, "http": http_url, "pid": os.getpid()}
            console.json({**place, "clients": lines})
            sys.stdout.flush()
            return
        width = max(map(len, lines)) + 2
        console.say(f"serving {settings.database}; Ctrl-C stops")
        for door, line in lines.items():
            console.say(f"  {door:{width}}{line}")

    # The threads that read and write the database get their turn sooner beside busy streams: five
    # times as often as Python would give it.
    sys.setswitchinterval(SWITCH_S)
    anyio.run(serve, settings, ready)


def _server_settings(chosen: Settings, reach: Reach) -> ServerSettings:
    from grok_tree.client import default_database, prices_of_this_machine, samplers_of_this_machine
    from grok_tree.server import DEFAULT_MODEL, ServerSettings
    from grok_tree.web import WebDoor

    key = os.environ.get(KEY_VARIABLE) or None
    return ServerSettings(
        database=chosen.database or default_database(),
        address=reach.address,
        model=chosen.model or DEFAULT_MODEL,
        api_key=key,
        share_url=chosen.share_url,
        samplers=samplers_of_this_machine,
        prices=prices_of_this_machine(),
        http=partial(WebDoor, **reach.http, api_key=key),
        health=True,
    )
