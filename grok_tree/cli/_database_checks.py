"""Is the database well, and what may harm it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from grok_tree.cli._findings import Finding
from grok_tree.cli._where import Where
from grok_tree.client import Client, default_database
from grok_tree.errors import GrokTreeError, ProtocolMismatch, StoreBusy
from grok_tree.forest import Health
from grok_tree.store import (
    SCHEMA_VERSION,
    Owner,
    Store,
    canonical_location,
    damage_in,
    is_file,
    read_owner,
    schema_version,
)

_GIB = 1 << 30
_NO_SPACE = 100 << 20


def database_findings(where: Where) -> Iterator[Finding]:
    """Check the embedded server's database; when a process has it open, ask that one."""
    location = canonical_location(where.database or default_database())
    try:
        version = schema_version(location)
        owner = read_owner(location)
        yield _lock(owner)
        if version is None:
            yield Finding("database", "ok", f"{location} is not there yet; its first use makes it")
        elif owner is not None and not owner.endpoint:
            yield Finding(
                "database", "warning", "it could not be checked: its process is no server"
            )
        elif owner is not None:
            with where.client() as client:
                yield from served_findings(client)
        elif version < SCHEMA_VERSION:
            yield _older(location, version)
        else:
            with closing(Store.open(location, create=False)) as store:
                yield from _health_findings(store.health())
    except StoreBusy as busy:
        yield Finding("database", "warning", f"it could not be checked: {busy.message}")
    except GrokTreeError as error:
        yield Finding("database", "problem", error.message)


def served_findings(client: Client) -> Iterator[Finding]:
    """Let a server check its database."""
    try:
        health = client.check_store()
    except ProtocolMismatch as older:
        yield Finding("database", "warning", f"it could not be checked: {older.message}")
    else:
        yield from _health_findings(health)


def _health_findings(health: Health) -> Iterator[Finding]:
    if health.problems:
        yield Finding("database", "problem", "; ".join(health.problems))
    else:
        size = f"{health.size_bytes / (1 << 20):,.1f} MiB"
        yield Finding("database", "ok", f"{health.database}: {size}, all texts are as stored")
    yield Finding("library", "ok", health.library)
    for warning in health.warnings:
        yield Finding("risk", "warning", warning)
    if health.free_bytes is not None:
        yield _disk(health.free_bytes)


def _disk(free: int) -> Finding:
    detail = f"{free / _GIB:,.1f} GiB free"
    if free < _NO_SPACE:
        return Finding("disk", "problem", f"{detail}; make room before anything is written")
    return Finding("disk", "ok", detail)


def _lock(owner: Owner | None) -> Finding:
    if owner is None:
        return Finding("lock", "ok", "no process has the database open")
    where = f" at {owner.endpoint}" if owner.endpoint else ", which cannot be joined"
    return Finding("lock", "ok", f"process {owner.pid} on {owner.host} has it open{where}")


def _older(location: str, version: int) -> Finding:
    """Check a database of an older release without bringing it up to date."""
    keeps = ""
    if is_file(location):
        if damage := damage_in(Path(location)):
            return Finding("database", "problem", "; ".join(damage))
        keeps = " and keeps a copy beside it"
    return Finding(
        "database",
        "warning",
        f"{location} has schema {version} of an older release; its next use brings it to"
        f" {SCHEMA_VERSION}{keeps}",
    )
