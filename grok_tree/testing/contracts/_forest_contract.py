"""What every way to reach forests must do: subclass `ForestContract` and run it with pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from grok_tree.testing.contracts._backend import Backend, OpenBackend
from grok_tree.testing.contracts._deleting_contract import DeletingContract
from grok_tree.testing.contracts._listing_contract import ListingContract
from grok_tree.testing.contracts._machine import history_machine
from grok_tree.testing.contracts._refusing_contract import RefusingContract
from grok_tree.testing.contracts._sampling_contract import SamplingContract
from grok_tree.testing.contracts._texts_contract import TextsContract
from grok_tree.testing.contracts._turns_contract import TurnsContract
from grok_tree.testing.contracts._watch_contract import WatchContract


class ForestContract(
    TurnsContract,
    TextsContract,
    DeletingContract,
    RefusingContract,
    ListingContract,
    SamplingContract,
    WatchContract,
):
    """Scenarios and random histories for one backend.

    A subclass gives the fixture `open_backend`; the tests get a fresh backend each.
    """

    max_histories = 3
    """How many random histories the quick test tries."""

    max_long_histories = 64
    """How many the slow test tries."""

    @pytest.fixture
    def open_backend(self) -> OpenBackend:
        """Return what opens a backend over an empty database."""
        raise NotImplementedError("give the fixture open_backend in the subclass")

    @pytest.fixture
    def backend(self, open_backend: OpenBackend) -> Iterator[Backend]:
        """A backend over an empty database."""
        with open_backend() as backend:
            yield backend

    def test_any_history_is_that_of_the_model(self, open_backend: OpenBackend) -> None:
        # Short histories need no shrinking, which would open hundreds of backends.
        quick = settings(
            max_examples=self.max_histories, stateful_step_count=40, phases=[Phase.generate]
        )
        run_state_machine_as_test(history_machine(open_backend), settings=quick)

    @pytest.mark.slow
    def test_any_long_history_is_that_of_the_model(self, open_backend: OpenBackend) -> None:
        thorough = settings(
            max_examples=self.max_long_histories,
            stateful_step_count=50,
            derandomize=False,
            phases=[Phase.generate],
        )
        run_state_machine_as_test(history_machine(open_backend), settings=thorough)
