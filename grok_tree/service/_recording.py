"""Use cases of the doors that are stateless by nature: what comes through them becomes a forest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial

import anyio.to_thread
import msgspec

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import (
    Attachment,
    Origin,
    ResponseId,
    Started,
    check_settings,
    check_turn,
    checked_field,
    checked_text,
)
from grok_tree.samplers import capabilities_of, check_attachments_supported
from grok_tree.service._aside import AsideSaves, aside_prompt
from grok_tree.service._attachments import known_attachments
from grok_tree.service._calls import Said, StatelessCall, group_hash
from grok_tree.service._files import check_file_size
from grok_tree.service._metering import metered
from grok_tree.service._once import Once, require_request_id
from grok_tree.service._placing import Place, place
from grok_tree.service._prompt_size import size_of_prompt
from grok_tree.service._requests import SampleCommand
from grok_tree.service._run import SamplingRun
from grok_tree.service._sampling import Begun, SamplingUseCases
from grok_tree.service._turn import METHOD, TurnRecord
from grok_tree.store import Reader, Writer


class RecordingUseCases(SamplingUseCases):
    """What clients do that keep the conversation themselves."""

    async def record(self, call: StatelessCall) -> SamplingRun:
        """Find or make the place of a call in a forest, and start the model there.

        A beginning that is there already is never stored again, and two calls that say the same
        make two samples. The answers' ids are in `SamplingRun.started`. Where either the call or
        the server wants no recording, nothing is stored, and these ids lead nowhere. A repeat of
        the request id follows the first sampling, running or finished.

        Raises:
            AttachmentNotFound: The call names a file that is not kept here.
            BudgetExhausted: The server's budget, or the client's, has no room for it.
            ConversationDeletedError: What the call names was deleted.
            InvalidOperationError: The path is empty, or something in it cannot be stored.
            ModelNotFound: No sampler has the model.
            ResponseNotFound: The parent that the call names is not there.
            SamplerRefused: The model cannot do what is asked; nothing was stored.
        """
        call = _answered_by(call, await self._checked_model(call))
        if not (call.record and self._world.recording):
            return await self._sample_aside(call)
        require_request_id(call.request_id)
        _check_call(call)
        if self._spending.limits(call.budget):
            return await self._record_within(call)
        return await self._started(call.request_id, partial(self._begin_recorded, call))

    async def _record_within(self, call: StatelessCall) -> SamplingRun:
        """Record a call for which something is reserved: what, depends on where its place is."""
        if await self._read(lambda reader: reader.recall(call.request_id)):
            return await self.attach_sampling(sampling_id=call.request_id)
        found = await self.place(call)
        return await self.sample(_command(call, found))

    async def _begin_recorded(self, call: StatelessCall) -> Begun | None:
        """Store the path and the turn of a call at once: every transaction is waited for."""
        ids = [self._world.ids.new_id() for _ in range(call.n + 1)]
        now = self._world.clock.now()
        begun: list[Begun] = []

        def work(writer: Writer) -> None:
            begun.clear()
            if writer.recall(call.request_id) is not None:
                return
            found = self._placed(writer, call, now)
            command = _command(call, found)
            turn = replace(self._begun(writer, command, ids=ids, now=now), path=found.path)
            remember = Once(
                call.request_id, METHOD, command, TurnRecord, lambda _: turn.record, now
            )
            remember(writer)
            begun.append((command, turn))

        await self._submit(work)
        return begun[0] if begun else None

    async def place(self, call: StatelessCall) -> Place:
        """Find or make the place of a call in a forest, without asking a model.

        Raises:
            AttachmentNotFound: The call names a file that is not kept here.
            ConversationDeletedError: What the call names was deleted.
            InvalidOperationError: The path is empty, or something in it cannot be stored.
            ResponseNotFound: The parent that the call names is not there.
        """
        _check_call(call)
        now = self._world.clock.now()
        # What makes it durable is the commit of the turn that follows.
        return await self._submit(lambda writer: self._placed(writer, call, now), durable=False)

    def _placed(self, writer: Writer, call: StatelessCall, now: datetime) -> Place:
        for one in _brought_files(call):
            data = call.files[one.file_id]
            writer.add_file(data, name=one.name, media_type=one.media_type, now=now)
        path = tuple(_with_known_files(writer, said) for said in call.path)
        known = msgspec.structs.replace(call, path=path)
        return place(writer, known, self._world.ids, now)

    @property
    def records(self) -> bool:
        """Whether what comes through stateless doors is kept, if its caller agrees."""
        return self._world.recording

    async def recorded_conversation(self, scope: bytes, name: str) -> str | None:
        """Return the id of the conversation that a key has recorded as a named group.

        Args:
            scope: Of the key, from `scope_of`.
            name: As it was the call's `conversation`.
        """
        return await self._read(lambda reader: reader.recorded_group(group_hash(scope, name)))

    async def _checked_model(self, call: StatelessCall) -> str:
        """Return the whole name of the model that is asked; refuse what it cannot do."""
        check_turn("", call.parent_response_id or "the path", call.n)
        check_settings(call.settings)
        asked = call.answering_model or call.model_name or self._world.default_model
        if self._world.samplers.is_loaded(asked):
            return self._name_of_able(asked, call)
        # In a thread: the first look at a provider may import what it needs.
        return await anyio.to_thread.run_sync(self._name_of_able, asked, call)

    def _name_of_able(self, asked: str, call: StatelessCall) -> str:
        sampler, model = self._world.samplers.resolve(asked)
        name = f"{sampler.provider}/{model}"
        sampler.check(model, call.settings, call.n)
        can = capabilities_of(sampler, model)
        for said in call.path:
            check_attachments_supported(name, can, said.attachments)
        return name

    async def _sample_aside(self, call: StatelessCall) -> SamplingRun:
        """Start the model without storing anything; return once it may speak."""
        _check_call(call)
        if call.parent_response_id or not call.path:
            raise InvalidOperationError(
                "a call that is not recorded cannot go on from a response; send the whole path"
            )
        if call.request_id in self._runs:
            return self._runs[call.request_id]
        name = call.model_name
        ids = tuple(ResponseId(self._world.ids.new_id()) for _ in range(call.n))
        started = Started(
            sampling_id=call.request_id, human_response=None, response_ids=ids, model_name=name
        )
        saves = AsideSaves(call, name, self._prices, self._world.clock)
        run = SamplingRun(started, saves, self._world.clock, detached=call.detach, move_leaf=False)
        ready: asyncio.Future[SamplingRun] = asyncio.get_running_loop().create_future()
        self._tasks.start_soon(self._drive_aside, call, run, ready)
        return await ready

    async def _drive_aside(
        self, call: StatelessCall, run: SamplingRun, ready: asyncio.Future[SamplingRun]
    ) -> None:
        sampler, model = self._world.samplers.resolve(call.model_name)
        prompt = aside_prompt(call, call.model_name)
        turns = await prompt.load_turns()
        size = size_of_prompt(turns, prompt.system_prompt, settings=call.settings)
        self._runs[run.sampling_id] = run
        try:
            plan = await self._spending.plan(call.budget, call.model_name, size, call.settings)
            settings = call.settings if plan is None else plan.settings
            async with self._spending.holding(plan, call.n) as hold:
                if ready.cancelled():
                    return
                ready.set_result(run)
                events = sampler.sample(model, prompt, settings, call.n)
                await run.run(lambda: metered(events, hold, size))
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)
        finally:
            del self._runs[run.sampling_id]


def _answered_by(call: StatelessCall, name: str) -> StatelessCall:
    """Return a call to the model that answers; which one was asked stays known."""
    provenance = call.provenance
    if call.answering_model and call.model_name:
        provenance = {**provenance, "asked_model": call.model_name}
    return msgspec.structs.replace(call, model_name=name, provenance=provenance)


def _command(call: StatelessCall, found: Place) -> SampleCommand:
    origin = Origin(kind="recorded", door=call.door, client=call.client, provenance=call.provenance)
    return SampleCommand(
        request_id=call.request_id,
        conversation_id=found.conversation.conversation_id,
        parent_response_id=found.response_id,
        n=call.n,
        model_name=call.model_name,
        settings=call.settings,
        system_prompt=found.system_prompt,
        origin=origin,
        detach=call.detach,
        budget=call.budget,
    )


def _check_call(call: StatelessCall) -> None:
    require_request_id(call.request_id)
    checked_field(call.system_prompt or "", "system prompt")
    checked_field(call.conversation, "name of the conversation")
    checked_field(call.title, "title")
    checked_field(call.client, "name of the client")
    if not call.path and not call.parent_response_id:
        raise InvalidOperationError("there is nothing to answer; send at least one message")
    for said in call.path:
        _check_said(said)
    for one in _brought_files(call):
        check_file_size(len(call.files[one.file_id]))


def _check_said(said: Said) -> None:
    checked_text(said.message, "message")
    checked_text(said.reasoning, "reasoning")
    checked_text(said.encrypted_reasoning, "encrypted reasoning")
    checked_field(said.tool_call_id, "tool call id")
    for tool_call in said.tool_calls:
        checked_field(tool_call.call_id, "tool call id")
        checked_field(tool_call.name, "name of a tool")
        checked_text(tool_call.arguments, "arguments of a tool")


def _brought_files(call: StatelessCall) -> Iterator[Attachment]:
    for said in call.path:
        for one in said.attachments:
            if one.file_id in call.files:
                yield one


def _with_known_files(reader: Reader, said: Said) -> Said:
    if not said.attachments:
        return said
    # An attachment alone is something to say, too.
    known = known_attachments(reader, said.attachments, said.message or "an attachment")
    return msgspec.structs.replace(said, attachments=known)
