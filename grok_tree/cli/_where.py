"""Which server a command works on: what the user said, then the environment, then the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from grok_tree.cli._settings import Settings, places, read_settings

if TYPE_CHECKING:
    from grok_tree.client import Client

_FROM_FILE = 1
_RANKS = {ParameterSource.COMMANDLINE: 3, ParameterSource.ENVIRONMENT: 2}


@dataclass(frozen=True)
class Where:
    """A server and the model to sample there.

    Attributes:
        database: File or URL of the embedded server's database; None for the usual one.
        host: Address of another server; None for the embedded one.
        model: The default model; None for the server's.
        asked_model: The model that was named on the command line, and so goes before the
            conversation's own.
    """

    database: str | None = None
    host: str | None = None
    model: str | None = None
    asked_model: str | None = None

    def client(self) -> Client:
        """Return a client, to be used as a context manager."""
        from grok_tree.client import Client

        return Client(self.host, database=self.database, model=self.model)


def where(
    ctx: click.Context, *, database: str | None, host: str | None, model: str | None
) -> Where:
    """Return which server a command works on, from the options that it was given.

    Raises:
        click.UsageError: Both a database and a host are named in the same place.
        ConfigurationError: The configuration file cannot be used.
    """
    settings = read_settings(places().config)
    database_rank = _rank(ctx, "database", database, settings)
    host_rank = _rank(ctx, "host", host, settings)
    if database_rank == host_rank > 0:
        raise click.UsageError("name either a database or a host, not both", ctx)
    remote = host_rank > database_rank
    asked = ctx.get_parameter_source("model") == ParameterSource.COMMANDLINE
    return Where(
        database=None if remote else database or settings.database or None,
        host=host or settings.host if remote else None,
        model=model or settings.model or None,
        asked_model=model if asked else None,
    )


def _rank(ctx: click.Context, name: str, value: str | None, settings: Settings) -> int:
    if not value:
        return _FROM_FILE if getattr(settings, name) else 0
    source = ctx.get_parameter_source(name)
    return _RANKS.get(source, 0) if source else 0
