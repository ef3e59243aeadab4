"""Where xAI is, and with which key."""

from __future__ import annotations

import importlib.util
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from grok_tree.errors import ConfigurationError
from grok_tree.samplers._contract import SamplerSetup

HOST = "api.x.ai:443"
KEY_VARIABLE = "XAI_API_KEY"
PACKAGE = "xai_sdk"
MISSING_PACKAGE = "the package xai-sdk is not installed; pip install 'grok-tree[xai]'"

_DOMAIN = "x.ai"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the configuration and the environment say of xAI.

    Attributes:
        host: ``host:port``, or ``unix:PATH``.
        insecure: Speak without encryption, to this machine only.
        key_variable: The environment variable of the key; empty where no key is sent.
        key: Empty when the variable is not set.
        deadline_s: How long one answer may take.
        silence_s: How long the provider may say nothing.
        parallel_tool_calls: Whether the model may call several tools at once; None leaves it open.
    """

    host: str = HOST
    insecure: bool = False
    key_variable: str = KEY_VARIABLE
    key: str = field(default="", repr=False)
    deadline_s: float = 1800.0
    silence_s: float = 600.0
    parallel_tool_calls: bool | None = None

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Read the options of the provider, and the one variable that holds its key.

        Raises:
            ConfigurationError: An option is unknown, wrong or dangerous.
        """
        options = _checked(setup.options)
        host = str(options.get("host", HOST))
        insecure = bool(options.get("insecure", False))
        if insecure and not is_near(host):
            raise ConfigurationError(
                f"[xai] insecure is for this machine only, and {host} is another one: leave it out"
            )
        ours = is_xai(host)
        variable = str(options.get("key_variable", KEY_VARIABLE if ours else ""))
        return cls(
            host=host,
            insecure=insecure,
            key_variable=variable,
            key=setup.environment.get(variable, "").strip() if variable else "",
            deadline_s=float(options.get("deadline_s", cls.deadline_s)),
            silence_s=float(options.get("silence_s", cls.silence_s)),
            parallel_tool_calls=options.get("parallel_tool_calls"),
        )

    def missing_reason(self) -> str:
        """Return why xAI cannot be asked from here, with the remedy; empty when it can."""
        if importlib.util.find_spec(PACKAGE) is None:
            return MISSING_PACKAGE
        if self.key_variable and not self.key:
            return f"no key for {self.host}; set {self.key_variable}"
        if not (self.key.isascii() and self.key.isprintable()):
            return f"{self.key_variable} holds characters that no key has; set it anew"
        return ""


def is_xai(host: str) -> bool:
    """Return whether an address is xAI's own."""
    name = _name(host).lower().rstrip(".")
    return name == _DOMAIN or name.endswith(f".{_DOMAIN}")


def is_near(host: str) -> bool:
    """Return whether nobody but this machine can be behind an address."""
    if host.startswith("unix:") or _name(host) == "localhost":
        return True
    try:
        return ipaddress.ip_address(_name(host)).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    return (host.rpartition(":")[0] or host).strip("[]")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_duration(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


_OPTIONS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "host": (_is_text, "a text such as 'api.x.ai:443'"),
    "insecure": (_is_flag, "true or false"),
    "key_variable": (_is_text, "the name of an environment variable"),
    "deadline_s": (_is_duration, "a number of seconds above 0"),
    "silence_s": (_is_duration, "a number of seconds above 0"),
    "parallel_tool_calls": (_is_flag, "true or false"),
}


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in options.items():
        if name not in _OPTIONS:
            raise ConfigurationError(
                f"[xai] has no option {name!r}; there are: {', '.join(_OPTIONS)}"
            )
        is_right, wanted = _OPTIONS[name]
        if not is_right(value):
            raise ConfigurationError(f"[xai] {name} must be {wanted}")
    return options
