"""What goes wrong with a provider, as our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from grok_tree.errors import (
    AuthenticationFailed,
    ContextTooLong,
    GrokTreeError,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    SamplerRefused,
    SamplerUnavailable,
)
from grok_tree.samplers._retrying import may_pass, retry_after_s

MAX_QUOTED = 300
"""Characters of a provider's own message that are shown."""

_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|maximum context|prompt is too long"
    r"|too many (input )?tokens|context_length|exceed_context",
    re.IGNORECASE,
)
_SPENT = ("insufficient_quota", "billing_hard_limit_reached", "insufficient_balance")
_KEY = re.compile(r"\b(?:sk|pk|xai|gsk|key|Bearer)[-_ ][\w*.-]{6,}")


@dataclass(frozen=True)
class Asked:
    """Who was asked for what, for the messages of errors.

    Attributes:
        name: ``provider/model``.
        base_url: Of the provider.
        key: Never shown.
        key_variable: Where the key came from; empty for none.
        now: Seconds since 1970.
    """

    name: str
    base_url: str
    key: str = field(repr=False)
    key_variable: str
    now: float

    def without_key(self, text: str) -> str:
        """Return what a provider said, in one line, short, without keys."""
        shown = text.replace(self.key, "***") if self.key else text
        shown = " ".join(_KEY.sub("***", shown).split())
        return shown if len(shown) <= MAX_QUOTED else f"{shown[:MAX_QUOTED]}..."


class _Said(msgspec.Struct):
    """The usual form of an error."""

    message: str = ""
    code: str | int | None = None
    type: str | None = None


def is_passing(error: GrokTreeError) -> bool:
    """Return whether it is worthwhile to ask again."""
    return may_pass(error) and error.details.get("provider_code") not in _SPENT


def failure(
    asked: Asked, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> GrokTreeError:
    """Return the error for an answer that is none.

    Args:
        asked: Who was asked.
        status: Of the HTTP response.
        body: What it says.
        headers: Of the HTTP response.
    """
    said = _read(body)
    quoted = asked.without_key(said.message) or "it gives no reason"
    code = asked.without_key(str(said.code or said.type or ""))
    facts: dict[str, str | int] = {"http_status": status}
    if code:
        facts["provider_code"] = code
    if status in (400, 413, 422) and _TOO_LONG.search(f"{said.code} {said.type} {said.message}"):
        return ContextTooLong(
            f"the path does not fit into {asked.name} ({quoted}); branch from an earlier response"
            " or ask a model with a longer context",
            **facts,
        )
    if status == 429:
        wait_s = _retry_after(headers or {}, asked.now)
        remedy = "check its plan and credit" if code in _SPENT else "wait, or ask for less at once"
        return RateLimited(
            f"{asked.base_url} lets {asked.name} answer no more for now ({quoted}); {remedy}",
            retry_after_s=wait_s,
            **facts,
        )
    if status in (408, 409, 425) or status >= 500:
        wait_s = _retry_after(headers or {}, asked.now)
        return SamplerUnavailable(
            f"{asked.name} cannot answer: {asked.base_url} said {status} ({quoted});"
            " try again later",
            retry_after_s=wait_s,
            **facts,
        )
    return _final(asked, status, quoted, facts)


def _final(asked: Asked, status: int, quoted: str, facts: dict[str, str | int]) -> GrokTreeError:
    """Return the error for an answer that will not change by itself."""
    if status == 401:
        where = f"set {asked.key_variable} to a key that is valid there"
        if not asked.key_variable:
            where = "name the environment variable that holds its key as key_variable"
        return AuthenticationFailed(f"{asked.base_url} does not accept the key; {where}", **facts)
    if status == 403:
        return PermissionDenied(
            f"{asked.base_url} does not allow {asked.name} ({quoted}); use a key that may, or ask"
            " another model",
            **facts,
        )
    if status == 404:
        return ModelNotFound(
            f"{asked.base_url} has no model {asked.name} ({quoted}); grok-tree models lists what it"
            " has, and if that is empty the base_url is wrong: most end in /v1",
            model=asked.name,
            **facts,
        )
    if 300 <= status < 400:
        return SamplerUnavailable(
            f"{asked.base_url} sends elsewhere ({status}), where no key is taken; give the final"
            " address as base_url",
            **facts,
        )
    return SamplerRefused(
        f"{asked.name} refused the request: {asked.base_url} said {status} ({quoted}); change what"
        " is asked, or ask another model",
        **facts,
    )


def failure_in_stream(asked: Asked, error: bytes) -> GrokTreeError:
    """Return the error that a stream carries in place of an answer."""
    said = _read(b'{"error":' + error + b"}")
    code = said.code
    known = code if isinstance(code, int) and 400 <= code < 600 else None
    if known is None and str(code or said.type).startswith(("rate_limit", "insufficient_quota")):
        known = 429
    if known is None and "invalid_request" in str(said.type or code):
        known = 400
    return failure(asked, known or 500, b'{"error":' + error + b"}")


def not_this_protocol(asked: Asked, found: str) -> SamplerUnavailable:
    """Return the error for a server that talks of something else."""
    return SamplerUnavailable(
        f"{asked.base_url} does not answer as an OpenAI-compatible server ({found}); check the"
        f" base_url of {asked.name}: most end in /v1"
    )


def _read(body: bytes) -> _Said:
    """Return what an error says, whatever its form."""
    text = body.decode(errors="replace")
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _Said(message="" if "<html" in text.lower() else text)
    inner = found
    for name in ("error", "detail", "message"):
        if isinstance(inner, dict) and inner.get(name):
            inner = inner[name]
            break
    if isinstance(inner, str):
        return _Said(message=inner)
    try:
        return msgspec.convert(inner, _Said)
    except msgspec.ValidationError:
        return _Said(message=msgspec.json.encode(inner).decode())


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    if (milliseconds := headers.get("retry-after-ms", "")).isdigit():
        return retry_after_s(str(int(milliseconds) / 1_000), now)
    return retry_after_s(headers.get("Retry-After"), _their_time(headers.get("Date"), now))


def _their_time(date: str | None, now: float) -> float:
    """Return the provider's clock, which counts for the dates that it names."""
    from email.utils import parsedate_to_datetime

    try:
        found: datetime | None = parsedate_to_datetime(date) if date else None
    except ValueError:
        return now
    return found.timestamp() if found and found.tzinfo else now
