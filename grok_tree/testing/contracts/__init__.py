"""Contract suites: subclass one, give its fixture, and pytest runs it on your implementation.

Needs pytest and hypothesis.
"""

from grok_tree.testing.contracts._backend import Backend, OpenBackend
from grok_tree.testing.contracts._forest_contract import ForestContract
from grok_tree.testing.contracts._machine import HistoryMachine, history_machine
from grok_tree.testing.contracts._service_backend import ServiceBackend, open_service_backend

__all__ = [
    "Backend",
    "ForestContract",
    "HistoryMachine",
    "OpenBackend",
    "ServiceBackend",
    "history_machine",
    "open_service_backend",
]
