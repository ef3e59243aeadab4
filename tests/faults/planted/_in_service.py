"""Faults of the use cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from tests.faults.planted._registry import fault, replace

LEAVING = "faults/test_leaving.py::"
PARTIALS = "faults/test_partials.py::"
REPEATS = "faults/test_repeats.py::"
KILLED_SERVER = PARTIALS + "test_a_killed_server_keeps_what_came_up_to_half_a_second"


@fault(REPEATS + "test_the_same_requests_from_many_processes_have_one_effect")
def request_ids_are_ignored() -> None:
    """A repeated request is done again."""
    from grok_tree.service._once import Once

    replace(Once, "__call__", lambda _: lambda self, writer: self.work(writer))


@fault(REPEATS + "test_a_request_whose_answer_was_lost_is_answered_by_the_next_server")
def a_new_server_knows_no_requests() -> None:
    """A server forgets all requests of the one before it."""
    from grok_tree.service import _forests

    replace(_forests, "REQUESTS_KEPT", lambda _: timedelta(0))


@fault(REPEATS + "test_a_request_id_that_comes_with_another_request_is_refused")
def another_request_gets_the_first_answer() -> None:
    """A request id that comes with other arguments gives the first result."""
    from grok_tree.service._once import Once

    def trusting(_: Any) -> Any:
        return lambda self, found: msgspec.msgpack.decode(found.result, type=self.result_type)

    replace(Once, "_first_result", trusting)


@fault("faults/test_many_at_once.py::test_a_clock_that_jumps_forgets_no_request_early")
def requests_are_forgotten_early() -> None:
    """A clock that is set an hour forwards makes a server forget requests too soon."""
    from grok_tree.service import _forests

    replace(_forests, "REQUESTS_KEPT", lambda _: timedelta(hours=24))


@fault("faults/test_many_at_once.py::test_a_clock_that_jumps_changes_no_order")
def the_order_is_that_of_the_clock() -> None:
    """Responses are ordered by the time of day at which they were made."""
    from grok_tree.store import Reader

    def by_time(true: Any) -> Any:
        def changes(*arguments: Any, **options: Any) -> Any:
            return sorted(true(*arguments, **options), key=lambda one: one.create_time)

        return changes

    replace(Reader, "changes", by_time)


@fault(KILLED_SERVER)
def nothing_is_saved_while_it_grows() -> None:
    """An answer is stored at its end only."""
    from grok_tree.service._saves import StoreSaves

    async def grow(*_: Any) -> None:
        pass

    replace(StoreSaves, "grow", lambda _: grow)


@fault(KILLED_SERVER)
def what_is_saved_is_not_what_was_said() -> None:
    """A piece is lost from the text that is saved while an answer grows."""
    from grok_tree.service._saves import StoreSaves

    def lossy(true: Any) -> Any:
        async def grow(self: Any, answers: Any) -> None:
            await true(self, [(key, text[1:], reasoning) for key, text, reasoning in answers])

        return grow

    replace(StoreSaves, "grow", lossy)


@fault(LEAVING + "test_leaving_in_this_program_stops_the_model_at_once")
def the_model_ignores_cancelling() -> None:
    """A sampling that is cancelled runs on."""
    from grok_tree.service._run import SamplingRun

    replace(SamplingRun, "cancel", lambda _: lambda *_: False)


@fault(LEAVING + "test_ending_a_program_stops_its_models_at_once[sigkill]")
def the_model_goes_on_without_readers() -> None:
    """A sampling that nobody follows any more runs on."""
    from grok_tree.service._run import SamplingRun

    def unless_left(true: Any) -> Any:
        def cancel(self: Any, reason: Any = "cancelled") -> bool:
            return reason != "disconnected" and bool(true(self, reason))

        return cancel

    replace(SamplingRun, "cancel", unless_left)


@fault(LEAVING + "test_a_detached_sampling_goes_on")
def a_detached_sampling_stops() -> None:
    """A detached sampling stops when its reader leaves."""
    from grok_tree.service._run import SamplingRun

    def attached(true: Any) -> Any:
        def init(*arguments: Any, **options: Any) -> None:
            true(*arguments, **{**options, "detached": False})

        return init

    replace(SamplingRun, "__init__", attached)


@fault(PARTIALS + "test_a_killed_model_leaves_everything_it_said")
def a_cut_answer_looks_whole() -> None:
    """An answer whose model died is not marked as partial."""
    _change_every_finish(partial=False)


@fault(PARTIALS + "test_a_killed_program_leaves_everything_it_read")
def a_cut_answer_does_not_say_who_ended_it() -> None:
    """An answer whose reader left has the reason of one that was cancelled."""
    _change_every_finish(finish_reason="cancelled")


@fault(PARTIALS + "test_a_killed_model_leaves_everything_it_said")
def what_came_is_dropped() -> None:
    """An answer that was cut is kept without its text."""
    _change_every_finish(message="")


def _change_every_finish(**values: Any) -> None:
    from grok_tree.service._answer import GrowingAnswer

    def changed(true: Any) -> Any:
        def finish(*arguments: Any) -> Any:
            return msgspec.structs.replace(true(*arguments), **values)

        return finish

    replace(GrowingAnswer, "finish", changed)


@fault("unit/service/test_samplings.py::test_the_leaf_stays_when_the_model_fails")
def a_failed_answer_becomes_the_leaf() -> None:
    """The leaf moves to an answer although its model failed."""
    from grok_tree.service._saves import StoreSaves

    def moving(true: Any) -> Any:
        async def finish(self: Any, response_id: Any, finish: Any, *, move_leaf: bool) -> Any:
            del move_leaf
            return await true(self, response_id, finish, move_leaf=True)

        return finish

    replace(StoreSaves, "finish", moving)


@fault(PARTIALS + "test_a_stopped_server_keeps_every_stream")
def a_stopping_server_forgets_what_runs() -> None:
    """A server that stops does not tell its running samplings."""
    from grok_tree.service import Forests

    replace(Forests, "stop_samplings", lambda _: lambda _self: None)
