"""Use cases of sampling: begin a turn, let the model run, stop it."""

from __future__ import annotations

import asyncio

import anyio.abc

from grok_tree.forest import Response, ResponseId, Started, check_settings, check_turn
from grok_tree.service._base import UseCases, World
from grok_tree.service._live import live_conversation
from grok_tree.service._once import require_request_id
from grok_tree.service._prompting import prompt_below, system_prompt_of
from grok_tree.service._requests import SampleCommand
from grok_tree.service._run import SamplingRun, finished_run
from grok_tree.service._turn import Turn, TurnRecord, begin_turn
from grok_tree.store import Finish, Writer


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
        ready: asyncio.Future[SamplingRun] = asyncio.get_running_loop().create_future()
        # A task of the server's own: a caller who leaves now cannot tear a turn in half.
        self._tasks.start_soon(self._sample, command, ready)
        return await ready

    async def cancel_sampling(self, sampling_id: str) -> bool:
        """Stop a sampling and keep what came; return whether it was running."""
        run = self._runs.get(sampling_id)
        return run is not None and run.cancel()

    def stop_samplings(self) -> None:
        """Stop every sampling and keep what came; their readers see the end of each."""
        for run in list(self._runs.values()):
            run.cancel()

    async def _sample(self, command: SampleCommand, ready: asyncio.Future[SamplingRun]) -> None:
        try:
            record, turn = await self._begin(command)
            run = self._new_run(command, turn) if turn else await self._known_run(record)
        except Exception as error:
            if not ready.cancelled():
                ready.set_exception(error)
            return
        if not ready.cancelled():
            ready.set_result(run)
        elif turn and not command.detach:
            run.cancel("disconnected")
        if turn:
            await self._drive(command, turn, run)

    async def _begin(self, command: SampleCommand) -> tuple[TurnRecord, Turn | None]:
        """Store the turn; the second item is None when an earlier request had stored it."""
        ids = [self._world.ids.new_id() for _ in range(command.n + 2)]
        now = self._world.clock.now()
        begun: list[Turn] = []

        def work(writer: Writer) -> TurnRecord:
            conversation = live_conversation(writer, command.conversation_id)
            name = command.model_name or conversation.model_name or self._world.default_model
            sampler, model = self._world.samplers.resolve(name)
            sampler.check(model, command.settings, command.n)
            system_prompt = command.system_prompt
            if system_prompt is None:
                system_prompt = system_prompt_of(conversation)
            turn = begin_turn(
                writer, command, ids=ids, model_name=name, system_prompt=system_prompt, now=now
            )
            begun[:] = [turn]
            return turn.record

        record = await self._once(
            command.request_id, "sample", command, result=TurnRecord, work=work
        )
        fresh = record.sampling_id == ids[0]
        return record, begun[0] if fresh else None

    def _new_run(self, command: SampleCommand, turn: Turn) -> SamplingRun:
        run = SamplingRun(
            _started(turn.record, turn.human),
            _Saves(self),
            self._world.clock,
            detached=command.detach,
            move_leaf=not command.keep_leaf,
        )
        self._runs[run.sampling_id] = run
        return run

    async def _known_run(self, record: TurnRecord) -> SamplingRun:
        """Return the run of a repeated request: the one that runs, or what it left."""
        running = self._runs.get(record.sampling_id)
        if running is not None:
            return running
        wanted = [*record.response_ids]
        if record.human_response_id:
            wanted.append(record.human_response_id)
        stored = await self._read(lambda reader: reader.responses(wanted))
        human = stored.pop() if record.human_response_id else None
        return finished_run(_started(record, human), stored, clock=self._world.clock)

    async def _drive(self, command: SampleCommand, turn: Turn, run: SamplingRun) -> None:
        sampler, model = self._world.samplers.resolve(turn.record.model_name)
        prompt = prompt_below(self._store, turn.parent, turn.system_prompt)
        try:
            await run.run(lambda: sampler.sample(model, prompt, command.settings, command.n))
        finally:
            del self._runs[run.sampling_id]


class _Saves:
    """Keeps a run's answers in the store."""

    def __init__(self, use_cases: SamplingUseCases) -> None:
        self._use_cases = use_cases

    async def grow(self, response_id: ResponseId, message: str, reasoning: str) -> None:
        now = self._use_cases._world.clock.now()

        def work(writer: Writer) -> None:
            writer.grow(response_id, message=message, reasoning=reasoning, now=now)

        await self._use_cases._submit(work, durable=False)

    async def finish(self, response_id: ResponseId, finish: Finish, *, move_leaf: bool) -> Response:
        now = self._use_cases._world.clock.now()

        def work(writer: Writer) -> Response:
            return writer.finish(response_id, finish, now=now, move_leaf=move_leaf)

        return await self._use_cases._submit(work)


def _started(record: TurnRecord, human: Response | None) -> Started:
    return Started(
        sampling_id=record.sampling_id,
        human_response=human,
        response_ids=record.response_ids,
        model_name=record.model_name,
    )
