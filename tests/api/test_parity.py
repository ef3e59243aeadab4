"""The blocking classes are twins of the async ones: same names, parameters and promises."""

from __future__ import annotations

import inspect
from types import FunctionType

import pytest

from grok_tree import client
from grok_tree.client import (
    _sync_client,
    _sync_conversation,
    _sync_grok,
    _sync_response,
    _sync_sampling,
)

TWINS = [
    (client.AsyncClient, client.Client),
    (client.Grok, client.SyncGrok),
    (client.Models, client.SyncModels),
    (client.Files, client.SyncFiles),
    (client.RawSampler, client.SyncRawSampler),
    (client.Embedder, client.SyncEmbedder),
    (client.Conversation, client.SyncConversation),
    (client.Response, client.SyncResponse),
    (client.Sampling, client.SyncSampling),
    (client.SamplingGroup, client.SyncSamplingGroup),
]
RETURNS_LATER = {"select", "set_leaf_response_id"}
"""Where the async twin returns something to await, the blocking one waits; the docs say so."""


def public(cls: type) -> dict[str, object]:
    return {
        name: value
        for name, value in inspect.getmembers_static(cls)
        if not name.startswith("_") and isinstance(value, FunctionType | property)
    }


def function_of(member: object) -> FunctionType:
    found = member.fget if isinstance(member, property) else member
    assert isinstance(found, FunctionType)
    return found


def parameters(function: FunctionType) -> list[tuple[str, object, object]]:
    found = inspect.signature(function).parameters.values()
    return [(one.name, one.kind, one.default) for one in found]


@pytest.mark.parametrize(("ours", "twin"), TWINS, ids=lambda cls: cls.__name__)
def test_twins_have_the_same_public_names(ours: type, twin: type) -> None:
    assert public(ours).keys() == public(twin).keys()


@pytest.mark.parametrize(("ours", "twin"), TWINS, ids=lambda cls: cls.__name__)
def test_twins_take_the_same_parameters(ours: type, twin: type) -> None:
    for name, member in public(ours).items():
        mine, other = function_of(member), function_of(public(twin)[name])
        assert parameters(mine) == parameters(other), f"{ours.__name__}.{name}"


@pytest.mark.parametrize(("ours", "twin"), TWINS, ids=lambda cls: cls.__name__)
def test_twins_promise_the_same(ours: type, twin: type) -> None:
    for name, member in public(ours).items():
        mine = inspect.getdoc(function_of(member))
        other = inspect.getdoc(function_of(public(twin)[name]))
        assert mine, f"{ours.__name__}.{name} has no docstring"
        assert other
        same = mine.splitlines()[0] == other.splitlines()[0]
        assert same if name in RETURNS_LATER else mine == other, f"{ours.__name__}.{name}"


@pytest.mark.parametrize(
    "module", [_sync_client, _sync_conversation, _sync_grok, _sync_response, _sync_sampling]
)
def test_the_blocking_classes_have_no_coroutines(module: object) -> None:
    for name, cls in inspect.getmembers(module, inspect.isclass):
        if name.startswith("Sync") and cls.__module__ == getattr(module, "__name__", ""):
            assert not [
                member
                for member, value in public(cls).items()
                if inspect.iscoroutinefunction(function_of(value))
            ]
