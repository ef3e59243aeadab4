"""Contract suites: subclass one, give its fixture, and pytest runs it on your implementation.

Needs pytest and hypothesis.
"""

from grok_tree.testing.contracts._async_backend import AsyncClientBackend, open_async_backend
from grok_tree.testing.contracts._backend import Backend, OpenBackend
from grok_tree.testing.contracts._desk import Desk
from grok_tree.testing.contracts._forest_contract import ForestContract
from grok_tree.testing.contracts._machine import HistoryMachine, history_machine
from grok_tree.testing.contracts._sampler_contract import (
    OpenSampler,
    SamplerCase,
    SamplerContract,
)
from grok_tree.testing.contracts._service_backend import ServiceBackend, open_service_backend
from grok_tree.testing.contracts._store_contract import OpenStore, StoreContract
from grok_tree.testing.contracts._sync_backend import ClientBackend, open_sync_backend

__all__ = [
    "AsyncClientBackend",
    "Backend",
    "ClientBackend",
    "Desk",
    "ForestContract",
    "HistoryMachine",
    "OpenBackend",
    "OpenSampler",
    "OpenStore",
    "SamplerCase",
    "SamplerContract",
    "ServiceBackend",
    "StoreContract",
    "history_machine",
    "open_async_backend",
    "open_service_backend",
    "open_sync_backend",
]
