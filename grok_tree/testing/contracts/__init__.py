"""Contract suites: subclass one, give its fixture, and pytest runs it on your implementation.

Needs pytest and hypothesis.
"""

from grok_tree.testing.contracts._backend import Backend, OpenBackend
from grok_tree.testing.contracts._desk import Desk
from grok_tree.testing.contracts._forest_contract import ForestContract
from grok_tree.testing.contracts._machine import HistoryMachine, history_machine
from grok_tree.testing.contracts._service_backend import ServiceBackend, open_service_backend
from grok_tree.testing.contracts._store_contract import OpenStore, StoreContract

__all__ = [
    "Backend",
    "Desk",
    "ForestContract",
    "HistoryMachine",
    "OpenBackend",
    "OpenStore",
    "ServiceBackend",
    "StoreContract",
    "history_machine",
    "open_service_backend",
]
