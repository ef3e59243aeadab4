"""What a provider says of its models."""

from __future__ import annotations

import msgspec

from grok_tree.forest import Model
from grok_tree.samplers.openai._endpoint import Endpoint
from grok_tree.samplers.openai._failures import Asked, not_this_protocol


class _Meta(msgspec.Struct):
    n_ctx: int | None = None


class _Listed(msgspec.Struct):
    id: str
    aliases: list[str] | None = None
    context_length: int | None = None
    context_window: int | None = None
    max_model_len: int | None = None
    meta: _Meta | None = None


class _List(msgspec.Struct):
    data: list[msgspec.Raw]


def read_models(body: bytes, endpoint: Endpoint, asked: Asked) -> list[Model]:
    """Return the models of a list; entries that are odd are left out.

    Raises:
        SamplerUnavailable: It is no list of models.
    """
    try:
        entries = msgspec.json.decode(body, type=_List).data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise not_this_protocol(asked, "it gave no list of models") from None
    found = [listed for entry in entries if (listed := _read(entry)) is not None]
    return [_model(listed, endpoint) for listed in sorted(found, key=lambda listed: listed.id)]


def named_model(name: str, endpoint: Endpoint, unavailable_because: str = "") -> Model:
    """Return a model of which only the name is known."""
    return _model(_Listed(name), endpoint, unavailable_because)


def _model(listed: _Listed, endpoint: Endpoint, unavailable_because: str = "") -> Model:
    context = listed.context_length or listed.context_window or listed.max_model_len
    if context is None and listed.meta is not None:
        context = listed.meta.n_ctx
    others = sorted({*(listed.aliases or ())} - {listed.id, ""})
    return Model(
        name=f"{endpoint.name}/{listed.id}",
        description=f"served at {endpoint.base_url}",
        context_length=max(context or 0, 0),
        capabilities=endpoint.can,
        aliases=tuple(f"{endpoint.name}/{alias}" for alias in others),
        unavailable_because=unavailable_because,
    )


def _read(entry: msgspec.Raw) -> _Listed | None:
    try:
        listed = msgspec.json.decode(entry, type=_Listed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return listed if listed.id else None
