"""Read by Python at its start, in programs that ``grok-tree record`` runs.

The xAI SDK, in whatever version, has no variable for its host; so its clients are led to the
recording server here, unless the program names a host of its own. Only the standard library is
used, because the program may run in an environment without grok_tree, and little of it at once,
because every program pays for that.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
VARIABLE = "GROK_TREE_RECORDER"
XAI_HOSTS = ("api.x.ai", "api.x.ai:443")
STAND_IN = "localhost:8733"
"""The SDK speaks without TLS only to hosts that begin like this."""


class Finder:
    """Finds the SDK like anybody else, and leads its clients once it is imported."""

    def __init__(self) -> None:
        self._looking = False

    def find_spec(self, fullname: str, *_place: Any) -> ModuleSpec | None:
        """Find the SDK, and nothing else."""
        if fullname != "xai_sdk" or self._looking:
            return None
        import importlib.util

        self._looking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._looking = False
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = _executing(loader.exec_module)
        return spec


def _executing(exec_module: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    """Return what executes the SDK and then leads its clients."""

    def execute(module: ModuleType) -> None:
        import threading

        exec_module(module)
        turn = threading.RLock()
        for name in ("Client", "AsyncClient"):
            if hasattr(module, name):
                lead(getattr(module, name), turn)

    return execute


def lead(client: Any, turn: Any) -> None:
    """Let new clients of a class dial the recording server, unless they are told another host."""
    import functools
    import json

    begin = client.__init__
    recorder = json.loads(os.environ[VARIABLE])

    @functools.wraps(begin)
    def init(self: Any, api_key: str | None = None, *args: Any, **options: Any) -> None:
        if options.get("api_host", XAI_HOSTS[0]) not in XAI_HOSTS:
            begin(self, api_key, *args, **options)
            return
        asked = (*(options.get("metadata") or ()), *recorder["metadata"])
        options["metadata"] = tuple(tuple(pair) for pair in asked)
        options.pop("use_insecure_channel", None)
        if not recorder["near"]:
            begin(self, recorder["key"], *args, **{**options, "api_host": recorder["address"]})
            return
        with turn:
            kept = _dial(recorder["address"])
            try:
                begin(self, recorder["key"], *args, **{**options, "api_host": STAND_IN})
            finally:
                _set(kept)

    client.__init__ = init


def _dial(address: str) -> list[tuple[Any, str, Any]]:
    """Let channels to the stand-in lead to an address of this machine; return what was before."""
    import grpc
    import grpc.aio

    kind = "UDS" if address.startswith("unix:") else "LOCAL_TCP"
    credentials = grpc.local_channel_credentials
    changed: list[tuple[Any, str, Any]] = [
        (grpc, "local_channel_credentials", lambda *_: credentials(grpc.LocalConnectionType[kind])),
        (grpc, "secure_channel", _opening(grpc.secure_channel, address)),
        (grpc.aio, "secure_channel", _opening(grpc.aio.secure_channel, address)),
    ]
    kept = [(module, name, getattr(module, name)) for module, name, _ in changed]
    _set(changed)
    return kept


def _opening(make: Any, address: str) -> Any:
    def opened(target: str, credentials: Any, options: Any = None, *rest: Any, **more: Any) -> Any:
        if target != STAND_IN:
            return make(target, credentials, options, *rest, **more)
        # Otherwise an http_proxy of the environment is asked even for this machine.
        options = [*(options or ()), ("grpc.enable_http_proxy", 0)]
        return make(address, credentials, options, *rest, **more)

    return opened


def _set(values: list[tuple[Any, str, Any]]) -> None:
    for module, name, value in values:
        setattr(module, name, value)


def run_the_next() -> None:
    """Run the module of this name that would have been found without this one."""
    others = [folder for folder in sys.path if os.path.abspath(folder or ".") != HERE]
    spec = PathFinder.find_spec(__name__, others)
    if spec is not None and spec.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        sys.modules[__name__] = module
        spec.loader.exec_module(module)


if VARIABLE in os.environ:
    sys.meta_path.insert(0, Finder())
run_the_next()
