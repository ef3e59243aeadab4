"""An address that speaks the OpenAI protocol, as the configuration describes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from grok_tree.errors import ConfigurationError
from grok_tree.samplers._contract import CAPABILITIES, Capability
from grok_tree.samplers._pace import N_AT_FIRST, N_AT_MOST

OPENAI = "openai"
"""The endpoint that is there without a table; one with its name changes it."""

OPENAI_URL = "https://api.openai.com/v1"

_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]

_COMMON: tuple[Capability, ...] = (
    "completion",
    "embeddings",
    "images",
    "logprobs",
    "native_n",
    "penalties",
    "reasoning_effort",
    "seed",
    "stop",
    "structured",
    "token_limits",
    "tools",
)
_LOCAL: tuple[Capability, ...] = (*_COMMON, "min_p", "prefill", "tokenizer", "top_k")


class _Kind(msgspec.Struct, frozen=True):
    """What is known of a program that serves models.

    Attributes:
        capabilities: What it can do, if its model can.
        prefill: How it is told to continue an answer; empty when it cannot.
        siblings_per_request: Most that it samples for one request.
        counts_seeds: Sibling i of a request uses the seed + i, as ours do.
        answers_any_name: It has one model, and answers with it whatever the name that is asked.
    """

    capabilities: tuple[Capability, ...]
    prefill: str = ""
    siblings_per_request: int = 1
    counts_seeds: bool = False
    answers_any_name: bool = False


# Unless llama.cpp was started with --no-prefill-assistant, it continues any path that ends with an
# answer, also where it is asked for another one below it.
KINDS = {
    "": _Kind(_COMMON),
    "openai": _Kind((*_COMMON, "files"), siblings_per_request=128),
    "llama.cpp": _Kind(
        _LOCAL, "llama.cpp", siblings_per_request=4, counts_seeds=True, answers_any_name=True
    ),
    "vllm": _Kind(_LOCAL, "vllm", siblings_per_request=64, counts_seeds=True),
}
"""By the name of the server; the empty one stands for any other."""

PREFILLS = ("", "llama.cpp", "vllm")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenAI-compatible server.

    Attributes:
        name: The provider; stands before the slash in the names of its models.
        base_url: What comes before ``/chat/completions``.
        key_variable: Environment variable that holds its key; empty when it needs none.
        server: What serves there: ``openai``, ``llama.cpp``, ``vllm``, or empty for anything else;
            decides what is left open below.
        prefill: How it is told to continue an answer: ``llama.cpp``, ``vllm``, or empty when it
            cannot.
        capabilities: What it can do.
        models: Known without asking it.
        siblings_per_request: Most siblings of one request; more are several requests at once.
        connect_s: How long a connection may take, in seconds.
        first_byte_s: How long the answer may take to begin; raise it for long prompts on a slow
            machine.
        silence_s: How long it may pause.
        patience_s: A failed request is not repeated after so long.
        requests_per_minute: Limit of the provider, for one model.
        tokens_per_minute: The same for tokens of prompts and answers.
        calls_at_first: Requests at once to begin with.
        calls_at_most: Requests at once that are never exceeded.
    """

    name: str
    base_url: str
    key_variable: str = ""
    server: str = ""
    prefill: str | None = None
    capabilities: tuple[str, ...] | None = None
    models: tuple[str, ...] = ()
    siblings_per_request: _Count | None = None
    connect_s: _Positive = 10.0
    first_byte_s: _Positive = 60.0
    silence_s: _Positive = 60.0
    patience_s: _Positive = 300.0
    requests_per_minute: _Positive | None = None
    tokens_per_minute: _Positive | None = None
    calls_at_first: _Count = N_AT_FIRST
    calls_at_most: _Count = N_AT_MOST

    @property
    def can(self) -> tuple[str, ...]:
        """What it can do."""
        can = set(self.kind.capabilities if self.capabilities is None else self.capabilities)
        if self.capabilities is None and self.continues:
            can.add("prefill")
        if not self.continues:
            can.discard("prefill")
        if self._most_siblings == 1:
            can.discard("native_n")
        return tuple(sorted(can))

    @property
    def continues(self) -> str:
        """How it is told to continue an answer; empty when it cannot."""
        return self.kind.prefill if self.prefill is None else self.prefill

    @property
    def root_url(self) -> str:
        """Where the server keeps what is not of the OpenAI protocol."""
        return self.base_url.rstrip("/").removesuffix("/v1")

    @property
    def kind(self) -> _Kind:
        """What is known of its program."""
        return KINDS[self.server]

    def siblings_at_once(self, *, seeded: bool) -> int:
        """Return how many siblings one request may ask for."""
        if "native_n" not in self.can or (seeded and not self.kind.counts_seeds):
            return 1
        return self._most_siblings

    @property
    def _most_siblings(self) -> int:
        return self.siblings_per_request or self.kind.siblings_per_request


_OPTIONS = tuple(name for name in Endpoint.__struct_fields__ if name != "name")


def configured_endpoints(tables: Mapping[str, object]) -> dict[str, Endpoint]:
    """Return the endpoints of a configuration by name.

    Args:
        tables: One an endpoint; that of OpenAI itself needs no address.

    Raises:
        ConfigurationError: A table makes no sense; the message names it.
    """
    found = dict(tables)
    if isinstance(own := found.get(OPENAI), Mapping):
        found[OPENAI] = {"base_url": OPENAI_URL, **own}
    return {name: endpoint(name, table) for name, table in found.items()}


def endpoint(name: str, table: object) -> Endpoint:
    """Return the endpoint that a table of the configuration describes.

    Args:
        name: Of the provider: the table's.
        table: What the configuration says.

    Raises:
        ConfigurationError: It makes no sense; the message shows no value, since somebody may have
            written a key there.
    """
    where = f"[endpoints.{name}]"
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            "a table below [endpoints] has a name that models cannot have; use letters, digits,"
            " '.', '_' and '-'"
        )
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{where} in the configuration must be a table")
    _check_options(where, table)
    try:
        made = msgspec.convert({**table, "name": name}, Endpoint)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{where} in the configuration: {error}") from None
    _check_values(where, made)
    return made


def _check_options(where: str, table: Mapping[str, Any]) -> None:
    for option in table:
        if option in _OPTIONS:
            continue
        if "key" in option.lower():
            raise ConfigurationError(
                f"{where} in the configuration holds {option!r}; keys do not belong into a file:"
                " name the environment variable that holds it as key_variable"
            )
        raise ConfigurationError(
            f"{where} in the configuration holds {option!r}, which is not known; there are:"
            f" {', '.join(_OPTIONS)}"
        )
    if "base_url" not in table:
        raise ConfigurationError(f"{where} in the configuration needs a base_url")


def _check_values(where: str, made: Endpoint) -> None:
    wrong = ""
    if not _is_address(made.base_url):
        wrong = "base_url must be http://HOST... or https://HOST..., without a user or a query"
    elif made.key_variable and not _VARIABLE.fullmatch(made.key_variable):
        wrong = "key_variable must be the name of an environment variable, not a key"
    elif made.server not in KINDS:
        wrong = f"server must be one of: {_quoted(KINDS)}"
    elif made.prefill not in (None, *PREFILLS):
        wrong = f"prefill must be one of: {_quoted(PREFILLS)}"
    elif not set(made.capabilities or ()) <= set(CAPABILITIES):
        wrong = f"capabilities must be some of: {', '.join(CAPABILITIES)}"
    elif "tokenizer" in (made.capabilities or ()) and "tokenizer" not in made.kind.capabilities:
        wrong = "the capability tokenizer needs to know how: set server"
    elif "prefill" in (made.capabilities or ()) and not made.continues:
        wrong = "the capability prefill needs to know how: set prefill or server"
    if wrong:
        raise ConfigurationError(f"{where} in the configuration: {wrong}")


def _quoted(names: Any) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return known and not (parts.username or parts.password or parts.query or parts.fragment)
