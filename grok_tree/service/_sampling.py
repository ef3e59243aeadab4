"""Use cases of sampling: begin a turn, let the model run, stop it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

import anyio.abc
import msgspec

from grok_tree.errors import InvalidOperationError, SamplerRefused, SamplingNotFound
from grok_tree.forest import Conversation, Response, Started, check_settings, check_turn
from grok_tree.samplers import (
    Sampler,
    capabilities_of,
    check_attachments_supported,
    check_capability,
)
from grok_tree.samplers import Turn as SamplerTurn
from grok_tree.service._attachments import known_attachments
from grok_tree.service._base import UseCases, World
from grok_tree.service._billing import Bill
from grok_tree.service._live import live_conversation, live_response
from grok_tree.service._once import require_request_id
from grok_tree.service._prefixes import is_growing, prefix_of
from grok_tree.service._prompt_size import PromptSize, size_of_prompt
from grok_tree.service._prompting import prompt_below, system_prompt_of
from grok_tree.service._requests import SampleCommand
from grok_tree.service._run import SamplingRun, ended_run
from grok_tree.service._saves import StoreSaves
from grok_tree.service._spending import Plan
from grok_tree.service._turn import METHOD, Turn, TurnRecord, begin_turn
from grok_tree.store import Reader, Writer

T = TypeVar("T")

Begun = tuple[SampleCommand, Turn]
Begin = Callable[[], Awaitable[Begun | None]]
"""Stores a turn; returns None when an earlier request had stored it."""

_NAMED_MODELS = 5
"""Of those that can do what another one cannot."""


class SamplingUseCases(UseCases):
    """What makes a model speak."""

    def __init__(self, world: World, tasks: anyio.abc.TaskGroup) -> None:
        super().__init__(world)
        self._tasks = tasks
        self._runs: dict[str, SamplingRun] = {}

    async def sample(self, command: SampleCommand) -> SamplingRun:
        """Store the human response and start the model; return once the response is stored.

        A repeat of the request id follows the first sampling, running or finished.

        Raises:
            ModelNotFound: No sampler has the model.
            SamplerRefused: The model cannot do what the settings ask; nothing was stored.
        """
        require_request_id(command.request_id)
        check_turn(command.message, command.parent_response_id, command.n)
        check_settings(command.settings)
        return await self._started(command.request_id, partial(self._begin, command))

    async def attach_sampling(self, *, sampling_id: str = "", response_id: str = "") -> SamplingRun:
        """Return a sampling to be followed, running or ended.

        Args:
            sampling_id: The request id that began it.
            response_id: Any of its answers; of a sampling that has ended, only this one is given.

        Raises:
            SamplingNotFound: None of this id runs or is remembered.
            ResponseNotFound: There is no such response.
            InvalidOperationError: The response is not an answer, or not exactly one id is given.
        """
        if bool(sampling_id) == bool(response_id):
            raise InvalidOperationError("name a sampling either by its id or by one response of it")
        if response_id:
            return await self._attach_response(response_id)
        running = self._runs.get(sampling_id)
        if running is not None:
            return running
        found = await self._last_in_line(lambda writer: _remembered(writer, sampling_id))
        return self._runs.get(sampling_id) or ended_run(*found, self._world.clock)

    async def cancel_sampling(self, sampling_id: str) -> bool:
        """Stop a sampling and keep what came; return whether it was running."""
        run = self._runs.get(sampling_id)
        return run is not None and run.cancel()

    def stop_samplings(self) -> None:
        """Stop every sampling and keep what came; their readers see the end of each."""
        for run in set(self._runs.values()):
            run.cancel()

    async def _started(self, sampling_id: str, begin: Begin) -> SamplingRun:
        """Begin a turn, or follow the one that an earlier request of this id has begun."""
        ready: asyncio.Future[SamplingRun] = asyncio.get_running_loop().create_future()
        # A task of the server's own: a caller who leaves now cannot tear a turn in half.
        self._tasks.start_soon(self._sample, sampling_id, begin, ready)
        return await ready

    async def _sample(
        self, sampling_id: str, begin: Begin, ready: asyncio.Future[SamplingRun]
    ) -> None:
        try:
            begun = await begin()
            if begun:
                run = self._new_run(*begun)
            else:
                run = await self.attach_sampling(sampling_id=sampling_id)
        except Exception as error:
            if not ready.cancelled():
                ready.set_exception(error)
            return
        if not ready.cancelled():
            ready.set_result(run)
        elif begun and not begun[0].detach:
            run.cancel("disconnected")
        if begun:
            await self._drive(*begun, run)

    async def _begin(self, command: SampleCommand) -> Begun | None:
        """Store the turn; return None when an earlier request had stored it."""
        ids = [self._world.ids.new_id() for _ in range(command.n + 1)]
        now = self._world.clock.now()
        plan = await self._planned(command)
        begun: list[Turn] = []

        def work(writer: Writer) -> TurnRecord:
            begun[:] = [self._begun(writer, command, plan, ids=ids, now=now)]
            return begun[0].record

        await self._once(command.request_id, METHOD, command, result=TurnRecord, work=work)
        if begun and plan:
            self._spending.keep(ids[1:])
        return (command, begun[0]) if begun else None

    def _begun(
        self,
        writer: Writer,
        command: SampleCommand,
        plan: Plan | None = None,
        *,
        ids: Sequence[str],
        now: datetime,
    ) -> Turn:
        """Store the turn of a command, and what is reserved for it."""
        asked = msgspec.structs.replace(command, settings=plan.settings) if plan else command
        conversation = live_conversation(writer, command.conversation_id)
        asked_name = plan.model_name if plan else self._model_of(command, conversation)
        sampler, model = self._world.samplers.resolve(asked_name)
        name = f"{sampler.provider}/{model}"
        sampler.check(model, asked.settings, command.n)
        attachments = known_attachments(writer, command.attachments, command.message)
        check_attachments_supported(name, capabilities_of(sampler, model), attachments)
        prefix = prefix_of(writer, command)
        if prefix:
            self._check_prefill(sampler, model, command.origin.kind)
        system_prompt = command.system_prompt
        if system_prompt is None:
            system_prompt = system_prompt_of(conversation)
        if plan:
            self._spending.reserve(writer, plan, ids[1:], now)
        turn = begin_turn(
            writer,
            msgspec.structs.replace(asked, attachments=attachments),
            ids=ids,
            model_name=name,
            system_prompt=system_prompt,
            prefix=prefix,
            now=now,
        )
        return replace(turn, reserved=plan is not None)

    async def _planned(self, command: SampleCommand) -> Plan | None:
        """Return what must be reserved for a turn; nothing for one that was begun before."""
        if not self._spending.limits(command.budget):
            return None
        found = await self._read(lambda reader: _prompt_of(reader, command))
        if found is None:
            return None
        conversation, size = found
        name = self._model_of(command, conversation)
        return await self._spending.plan(command.budget, name, size, command.settings)

    def _model_of(self, command: SampleCommand, conversation: Conversation) -> str:
        return command.model_name or conversation.model_name or self._world.default_model

    def _check_prefill(self, sampler: Sampler, model: str, kind: str) -> None:
        try:
            check_capability(sampler, model, "prefill", f"a {kind} answer")
        except SamplerRefused as refusal:
            able = [
                one.name
                for one in self._world.samplers.models()
                if one.available and "prefill" in one.capabilities
            ]
            named = f"; here that can: {', '.join(able[:_NAMED_MODELS])}" if able else ""
            raise SamplerRefused(refusal.message + named, **refusal.details) from None

    def _new_run(self, command: SampleCommand, turn: Turn) -> SamplingRun:
        run = SamplingRun(
            turn.record.started(command.request_id, turn.human),
            StoreSaves(self._submit, self._world.clock, self._bill(turn)),
            self._world.clock,
            detached=command.detach,
            move_leaf=not command.keep_leaf,
            prefix=turn.prefix,
            conversation_id=command.conversation_id,
        )
        for name in _names(run):
            self._runs[name] = run
        return run

    def _bill(self, turn: Turn) -> Bill:
        async def prompt_size() -> PromptSize:
            path = await self._read(lambda reader: reader.path(turn.parent.response_id))
            return size_of_prompt(path, turn.system_prompt, turn.prefix)

        name, reserved = turn.record.model_name, turn.reserved
        return Bill(self._prices, name, prompt_size, reserved=reserved)

    async def _attach_response(self, response_id: str) -> SamplingRun:
        found = await self._last_in_line(lambda writer: live_response(writer, response_id))
        running = self._runs.get(response_id)
        if running is not None:
            return running
        if is_growing(found):
            # It has ended between the look at the store and the look at what runs.
            found = await self._last_in_line(lambda writer: live_response(writer, response_id))
        if found.sender != "assistant":
            raise InvalidOperationError(
                f"response {response_id} is of the {found.sender}; follow a model's answer",
                response_id=response_id,
            )
        started = Started(
            sampling_id="",
            human_response=None,
            response_ids=(found.response_id,),
            model_name=found.model_name,
        )
        return ended_run(started, [found], self._world.clock)

    async def _last_in_line(self, look: Callable[[Writer], T]) -> T:
        """Look at the store after every turn that was begun before: their runs are known then."""
        return await self._submit(look, durable=False)

    async def _drive(self, command: SampleCommand, turn: Turn, run: SamplingRun) -> None:
        sampler, model = self._world.samplers.resolve(turn.record.model_name)
        prompt = prompt_below(
            self._store, turn.parent, turn.system_prompt, turn.prefix, path=turn.path
        )
        try:
            await run.run(lambda: sampler.sample(model, prompt, turn.settings, command.n))
            await run.save_rest()
        finally:
            for name in _names(run):
                del self._runs[name]
            if turn.reserved:
                await self._spending.release(turn.record.response_ids)


def _prompt_of(reader: Reader, command: SampleCommand) -> tuple[Conversation, PromptSize] | None:
    """Return the conversation of a command, and how long its prompt is; None for a repeat."""
    if reader.recall(command.request_id) is not None:
        return None
    conversation = live_conversation(reader, command.conversation_id)
    parent = command.parent_response_id
    path = reader.path(parent) if parent else []
    attachments = known_attachments(reader, command.attachments, command.message)
    said = SamplerTurn("human", command.message, attachments)
    system_prompt = command.system_prompt
    if system_prompt is None:
        system_prompt = system_prompt_of(conversation)
    texts = (system_prompt, prefix_of(reader, command))
    return conversation, size_of_prompt([*path, said], *texts, settings=command.settings)


def _names(run: SamplingRun) -> tuple[str, ...]:
    """Return every id by which a run is found."""
    return (run.sampling_id, *run.started.response_ids)


def _remembered(reader: Reader, sampling_id: str) -> tuple[Started, list[Response]]:
    """Return what a sampling has stored."""
    remembered = reader.recall(sampling_id)
    if remembered is None or remembered.method != METHOD:
        raise SamplingNotFound(
            f"no sampling {sampling_id} runs or is remembered (they are for 24 hours);"
            " follow one of its responses instead",
            sampling_id=sampling_id,
        )
    record = msgspec.msgpack.decode(remembered.result, type=TurnRecord)
    live_conversation(reader, reader.response(record.response_ids[0]).conversation_id)
    human = reader.response(record.human_response_id) if record.human_response_id else None
    responses = reader.responses(record.response_ids)
    return record.started(sampling_id, human), responses
