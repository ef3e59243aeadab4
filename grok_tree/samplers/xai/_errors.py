"""What went wrong at xAI, as errors of ours that say what to do next."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grok_tree.errors import (
    AuthenticationFailed,
    ContextTooLong,
    DeadlineExceededError,
    GrokTreeError,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    SamplerRefused,
    SamplerUnavailable,
    SamplingError,
    SamplingInterrupted,
)
from grok_tree.samplers._retrying import retry_after_s
from grok_tree.samplers.xai._configuration import Configuration
from grok_tree.samplers.xai._models import PROVIDER

if TYPE_CHECKING:
    import grpc.aio

_SHOWN_CHARACTERS = 500
_SAFETY = ("safety", "usage guidelines", "moderation", "violat")
_BAD_KEY = re.compile(r"(incorrect|invalid|missing|no|wrong) api[ -]?key|api[ -]?key is invalid")
_OF_THE_REQUEST = (
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
    "PERMISSION_DENIED",
    "UNIMPLEMENTED",
)
_CUT = ("UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "ABORTED", "DATA_LOSS")


@dataclass(frozen=True)
class Call:
    """For whom xAI is asked.

    Attributes:
        model: Without the provider; empty when the call is about none.
        configuration: Where it went.
        conversation_id: Leads it to the server that has the path in its cache; empty for any.
    """

    model: str
    configuration: Configuration
    conversation_id: str = ""

    @property
    def name(self) -> str:
        """Whom the call is for."""
        return f"{PROVIDER}/{self.model}" if self.model else "xAI"

    def failed(self, error: grpc.aio.AioRpcError, *, begun: bool) -> GrokTreeError:
        """Return an error of the wire as one of ours; the key is never in it.

        Args:
            error: As gRPC raises it.
            begun: Whether a part of the answer had come.
        """
        status = error.code().name
        said = self._without_key(error.details() or "")
        made = self._made(status, said, error, begun=begun)
        made.grpc_status = status
        return made

    def silent(self, *, begun: bool) -> GrokTreeError:
        """Return the error for a provider that says nothing any more."""
        patience = f"{self.configuration.silence_s:g} s"
        if begun:
            return SamplingInterrupted(
                f"{self.name} fell silent for {patience}; what came is kept: resume or resample it"
            )
        return SamplerUnavailable(
            f"{self.name} said nothing for {patience}; sample again, or raise silence_s of [xai]"
        )

    def closed(self) -> SamplingInterrupted:
        """Return the error for a call that ended because its sampler was closed."""
        return SamplingInterrupted(f"the sampler of {self.name} was closed; what came is kept")

    def _made(
        self, status: str, said: str, error: grpc.aio.AioRpcError, *, begun: bool
    ) -> GrokTreeError:
        if _is_too_large(status, said):
            return SamplingError(
                f"a message between {self.name} and here was too large ({said});"
                " set max_tokens or shorten the path"
            )
        if status == "RESOURCE_EXHAUSTED":
            return self._rate_limited(said, error)
        if begun and status in _CUT:
            return SamplingInterrupted(
                f"the stream of {self.name} was cut ({status}: {said}); what came is kept:"
                " resume or resample it"
            )
        return (
            self._unauthenticated(status, said)
            or self._refused(status, said)
            or self._broken(status, said)
        )

    def _unauthenticated(self, status: str, said: str) -> GrokTreeError | None:
        """Return the error where the key is at fault, which xAI says in several ways."""
        if status != "UNAUTHENTICATED" and not (
            status in _OF_THE_REQUEST and _BAD_KEY.search(said.lower())
        ):
            return None
        return AuthenticationFailed(
            f"{self.configuration.host} does not take the key: {said}; set {self._variable} to a"
            " valid one and start again"
        )

    def _refused(self, status: str, said: str) -> GrokTreeError | None:
        """Return the error where the request is at fault."""
        low = said.lower()
        match status:
            case "INVALID_ARGUMENT" if "prompt length" in low:
                return ContextTooLong(
                    f"the path is longer than {self.name} takes: {said}; branch from an earlier"
                    " response or ask a model with a longer context"
                )
            case "PERMISSION_DENIED" if any(word in low for word in _SAFETY):
                return SamplerRefused(
                    f"{self.name} will not answer this: {said}; say it in other words",
                    model=self.name,
                )
            case "PERMISSION_DENIED":
                return PermissionDenied(
                    f"the key in {self._variable} does not allow {self.name}: {said}; look at what"
                    " it may do in the provider's console"
                )
            case "NOT_FOUND":
                return ModelNotFound(
                    f"{self.configuration.host} has no {self.name}: {said};"
                    " grok-tree models lists what it has",
                    model=self.name,
                )
            case _:
                return self._wrong(status, said)

    def _wrong(self, status: str, said: str) -> GrokTreeError | None:
        if status not in _OF_THE_REQUEST:
            return None
        return SamplerRefused(
            f"{self.name} refuses the request: {said}; change what it names", model=self.name
        )

    def _broken(self, status: str, said: str) -> GrokTreeError:
        """Return the error where the provider or the way to it is at fault."""
        configuration = self.configuration
        if status == "UNAVAILABLE":
            return SamplerUnavailable(
                f"{configuration.host} cannot be reached or cannot serve {self.name} now ({said});"
                " look at the network, or sample again later"
            )
        if status == "DEADLINE_EXCEEDED":
            return DeadlineExceededError(
                f"{self.name} took longer than {configuration.deadline_s:g} s; set max_tokens, or"
                " raise deadline_s of [xai]"
            )
        return SamplingError(f"{self.name} failed ({status}: {said}); sample again")

    def _rate_limited(self, said: str, error: grpc.aio.AioRpcError) -> RateLimited:
        header = dict(error.trailing_metadata() or ()).get("retry-after")
        wait_s = retry_after_s(header if isinstance(header, str) else None, time.time())
        return RateLimited(
            f"{self.name} asks to wait: {said}; ask for fewer siblings at once, or sample again"
            f" {'later' if wait_s is None else f'in {wait_s:g} s'}",
            retry_after_s=wait_s,
        )

    @property
    def _variable(self) -> str:
        return self.configuration.key_variable or "a variable named by key_variable of [xai]"

    def _without_key(self, text: str) -> str:
        key = self.configuration.key
        shown = text.replace(key, "[key]") if key else text
        return shown[:_SHOWN_CHARACTERS] or "without a word"


def _is_too_large(status: str, said: str) -> bool:
    """Return whether it was gRPC of this machine that refused a message."""
    return status == "RESOURCE_EXHAUSTED" and "message larger than max" in said.lower()
