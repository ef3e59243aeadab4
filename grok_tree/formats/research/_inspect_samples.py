"""A sample of an inspect_ai log as a forest.

The log has no tree, but every call of a model tells the whole path that it was shown, and every
answer. Messages are the same node if they have the same id, or without one the same role and text,
and answer the same node. An answer is always a node of its own: equal ones are several samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from grok_tree.forest import MAX_FIELD_BYTES, MAX_RAW_BYTES, Marks, Timing
from grok_tree.formats._json import raw_json
from grok_tree.formats._loose import object_of, objects_in, without
from grok_tree.formats._source import SourceConversation, SourceNode
from grok_tree.formats._times import from_iso
from grok_tree.formats.research._blocks import Json, text_of
from grok_tree.formats.research._inspect_calls import (
    finish_reason,
    logprobs,
    number,
    scores_said,
    settings_said,
    unread,
    unread_choice,
    usage_said,
)
from grok_tree.formats.research._inspect_messages import (
    message_node,
    message_text,
    with_attachments,
)

LEFT = "events_left: {n:,} events of the log that are no messages are too many to be kept"
CUT = "log_cut: {name} is too long to be kept"

_SNAPSHOTS = ("sample_init", "state", "store")
"""Events that repeat messages, and what the sample has in its store at the end."""
_TOOL_TAKEN = ("arguments", "result", "events")
_IN_THE_FOREST = {
    "messages",
    "output",
    "events",
    "attachments",
    "events_data",
    "transcript",
    "timelines",
    "scores",
    "score",
}


def sample_conversation(
    sample: Json, header: Json, repairs: Sequence[str] = ()
) -> SourceConversation:
    """Return a sample, in one epoch, as a conversation.

    Args:
        sample: As the log has it.
        header: The log without its samples; empty if there is none.
        repairs: What was mended when it was read.
    """
    tree = _Tree(with_attachments(sample))
    tree.grow()
    about = object_of(header.get("eval"))
    tree.tell(about, header)
    told = [*repairs, *tree.repairs]
    key = text_of(sample.get("uuid")) or _name(sample, text_of(about.get("eval_id")))
    begun = [sample.get("started_at"), *(one.get("timestamp") for one in tree.events)]
    return SourceConversation(
        nodes=tree.nodes,
        key=key or None,
        title=_name(sample, text_of(about.get("task")) or text_of(sample.get("description"))[:80]),
        create_time=next(
            (time for one in [*begun, about.get("created")] if (time := from_iso(one))), None
        ),
        modify_time=from_iso(sample.get("completed_at")),
        leaf=tree.last,
        repairs=tuple(told),
    )


def _name(sample: Json, begin: str) -> str:
    parts = [begin, text_of(sample.get("id")) if "id" in sample else ""]
    epoch = sample.get("epoch")
    parts.append(f"epoch {text_of(epoch)}" if epoch is not None else "")
    return ", ".join(part for part in parts if part)


class _Tree:
    """Grows with every call of a model.

    Attributes:
        nodes: What there is so far.
        events: What the log tells, in order.
        last: The place of the message at which the sample ended.
        repairs: What could not be kept.
    """

    def __init__(self, sample: Json) -> None:
        self.nodes: list[SourceNode] = []
        self.last: int | None = None
        self.repairs: list[str] = []
        self.events = list(_events(sample))
        self._sample = sample
        self._places: dict[tuple[int | None, str], int] = {}
        self._keys: set[str] = set()
        self._pool = objects_in(object_of(sample.get("events_data")).get("messages"))
        # Every call refers to most of them, and they are long.
        self._identities = {id(message): _identity(message) for message in self._pool}
        self._spans = _Spans(self.events, sample)

    def grow(self) -> None:
        beside: dict[int, list[Json]] = {}
        called = False
        for event in self.events:
            if event.get("event") == "model":
                called = True
                self._call(event)
            elif event.get("event") not in _SNAPSHOTS:
                beside.setdefault(max(0, len(self.nodes) - 1), []).append(event)
        for event in () if called else self._told_call():
            self._call(event)
        self._run_tools()
        final = objects_in(self._sample.get("messages"))
        if not self.nodes and not final:
            final = _asked(self._sample.get("input"))
        place = self._path(final)
        self.last = len(self.nodes) - 1 if place is None else place
        self._keep(beside)

    def _keep(self, beside: dict[int, list[Json]]) -> None:
        """Keep events that are no messages with the message that came before them."""
        n_left = 0
        shown = {one.said.tool_call_id for one in self.nodes if one.said.tool_call_id}
        for place, events in beside.items() if self.nodes else ():
            one = self.nodes[place]
            room = MAX_RAW_BYTES // 2 - len(one.raw)
            kept = []
            for event in events:
                is_tool = event.get("event") == "tool" and text_of(event.get("id")) in shown
                told = without(event, *(_TOOL_TAKEN if is_tool else ()))
                room -= len(raw_json(told))
                if room > 0:
                    kept.append({name: value for name, value in told.items() if value is not None})
                else:
                    n_left += 1
            if kept:
                one.raw = raw_json({**_kept(one), "events": kept})
        if n_left:
            self.repairs.append(LEFT.format(n=n_left))

    def tell(self, about: Json, header: Json) -> None:
        """Say on the first message what the sample is, and on the last how it was scored."""
        if not self.nodes:
            return
        rest = {
            name: value
            for name, value in self._sample.items()
            if name not in _IN_THE_FOREST and value not in (None, {}, [])
        }
        if len(raw_json(rest)) > MAX_FIELD_BYTES // 2 and rest.pop("store", None):
            self.repairs.append(CUT.format(name="the store of the sample"))
        log = {name: one for name, one in header.items() if one not in (None, {}, [])}
        if len(raw_json(log)) > MAX_FIELD_BYTES // 2:
            log = {name: one for name, one in log.items() if name in ("eval", "plan", "status")}
            self.repairs.append(CUT.format(name="what the log says of all its samples"))
        first = self.nodes[0]
        first.raw = raw_json({**_kept(first), "sample": rest, **({"log": log} if log else {})})
        facts = {name: text_of(about.get(name)) for name in ("task", "model", "eval_id")}
        first.facts = {**{name: one for name, one in facts.items() if one}, **first.facts}
        told = self._sample.get("scores")
        if told is None and self._sample.get("score") is not None:
            told = {"score": self._sample["score"]}
        if told and self.last is not None:
            last = self.nodes[self.last]
            last.said = msgspec.structs.replace(last.said, marks=Marks(scores=scores_said(told)))
            last.raw = raw_json({**_kept(last), "scores": told})

    def _told_call(self) -> list[Json]:
        """Return the call that a log without events tells of only by its outcome."""
        output = object_of(self._sample.get("output"))
        messages = objects_in(self._sample.get("messages"))
        if not objects_in(output.get("choices")):
            return []
        if messages and messages[-1].get("role") == "assistant":
            messages = messages[:-1]
        return [{"input": messages, "output": output, "model": output.get("model")}]

    def _call(self, event: Json) -> None:
        parent = self._path(self._shown(event))
        output = object_of(event.get("output"))
        choices = objects_in(output.get("choices"))
        error = event.get("error") or output.get("error")
        if not choices and error and parent is not None:
            asked = self.nodes[parent]
            asked.facts = {**asked.facts, "failed_call": text_of(error)}
        settings, rest = settings_said(event)
        facts = self._spans.facts(event)
        named = text_of(event.get("model") or output.get("model"))
        answered = text_of(output.get("model"))
        if answered and answered != named:
            facts["resolved_model"] = answered
        for number_, choice in enumerate(choices):
            message = {"role": "assistant", **object_of(choice.get("message"))}
            if self._spans.replays(event) and self._known(message, parent) is not None:
                continue
            reason = finish_reason(choice.get("stop_reason"))
            raw: Json = {"config": rest} if rest else {}
            if reason is None and choice.get("stop_reason"):
                raw["stop_reason"] = choice["stop_reason"]
            tokens = logprobs(choice)
            if choice.get("logprobs") and not tokens:
                raw["logprobs"] = choice["logprobs"]
            if number_ == 0:
                raw |= unread(event)
                if event.get("cache"):
                    raw["cache"] = event["cache"]
            if left := unread_choice(choice):
                raw["choice"] = left
            self._add(
                message,
                parent,
                raw=raw,
                facts={**facts, "choice": str(number_)},
                logprobs=tokens,
                create_time=from_iso(event.get("timestamp")),
                model_name=named,
                finish_reason=reason,
                settings=settings,
                # One bill for all choices of a call; it is on the first, so that sums are right.
                **({} if number_ else {"usage": usage_said(output)}),
                timing=Timing(duration_s=max(0.0, number(output.get("time")) or 0.0)),
            )

    def _shown(self, event: Json) -> list[Json]:
        """Return the messages that a model was shown; they may be kept in a pool."""
        shown = _asked(event.get("input"))
        refs = event.get("input_refs")
        for ref in refs if isinstance(refs, list) else []:
            if isinstance(ref, list) and len(ref) == 2 and all(isinstance(at, int) for at in ref):
                shown += self._pool[max(0, ref[0]) : max(0, ref[1])]
            elif isinstance(ref, int) and 0 <= ref < len(self._pool):
                shown.append(self._pool[ref])
        return shown

    def _path(self, messages: Sequence[Json]) -> int | None:
        """Walk along messages from a root, adding those that are new; return the last place."""
        at: int | None = None
        for message in messages:
            found = self._known(message, at)
            at = self._add(message, at) if found is None else found
        return at

    def _known(self, message: Json, parent: int | None) -> int | None:
        return self._places.get((parent, self._identity(message)))

    def _identity(self, message: Json) -> str:
        return self._identities.get(id(message)) or _identity(message)

    def _add(self, message: Json, parent: int | None, **more: Any) -> int:
        place = len(self.nodes)
        key = text_of(message.get("id")) or None
        if key is not None:
            # One message on several paths is a node on each; ids must tell them apart.
            unique, again = key, 1
            while unique in self._keys:
                again += 1
                unique = f"{key}#{again}"
            key = unique
            self._keys.add(key)
        self.nodes.append(message_node(message, key=key, parent=parent, **more))
        self._places[(parent, self._identity(message))] = place
        return place

    def _run_tools(self) -> None:
        """Add results of tools that no model was shown."""
        shown = {one.said.tool_call_id for one in self.nodes if one.said.tool_call_id}
        shown |= {
            text_of(one.get("tool_call_id")) for one in objects_in(self._sample.get("messages"))
        }
        callers = {
            call.call_id: place
            for place, one in enumerate(self.nodes)
            for call in one.said.tool_calls
        }
        for event in self.events:
            call = text_of(event.get("id"))
            if event.get("event") != "tool" or call in shown or call not in callers:
                continue
            result = {
                "role": "tool",
                "content": event.get("result"),
                "tool_call_id": call,
                "function": event.get("function"),
                "error": event.get("error"),
            }
            self._add(result, callers[call], create_time=from_iso(event.get("timestamp")))


class _Spans:
    """Where in a run something happened: in which branch, on which timeline."""

    def __init__(self, events: Sequence[Json], sample: Json) -> None:
        self._branches: dict[str, Json] = {}
        self._replayed: set[int] = set()
        begun = {text_of(one.get("id")): one for one in events if one.get("event") == "span_begin"}
        self._parents = {id: text_of(one.get("parent_id")) for id, one in begun.items()}
        branching = {id for id, one in begun.items() if one.get("type") == "branch"}
        waiting: dict[str, list[int]] = {}
        for event in events:
            span = text_of(event.get("span_id"))
            if event.get("event") == "branch":
                self._branches[span] = {
                    "from_anchor": event.get("from_anchor", event.get("from_message")),
                    "branch": begun.get(span, {}).get("name"),
                }
                # What came before in this span is what was said before the branch began.
                self._replayed.update(waiting.pop(span, []))
            elif event.get("event") == "model" and span in branching - self._branches.keys():
                waiting.setdefault(span, []).append(id(event))
        self._timelines = dict(_timelines(sample.get("timelines")))

    def replays(self, event: Json) -> bool:
        """Whether a call only repeats what had been said before its branch began."""
        return id(event) in self._replayed

    def facts(self, event: Json) -> dict[str, str]:
        """Return where a call was made, as far as that is not plain from the tree."""
        facts = {"timeline": self._timelines.get(text_of(event.get("uuid")), "")}
        span = text_of(event.get("span_id"))
        seen = set()
        while span and span not in self._branches and span not in seen:
            seen.add(span)
            span = self._parents.get(span, "")
        facts |= {name: text_of(one) for name, one in self._branches.get(span, {}).items()}
        return {name: one for name, one in facts.items() if one}


def _timelines(timelines: object) -> Iterator[tuple[str, str]]:
    """Yield the ids of events with the names of their timelines."""
    for timeline in objects_in(timelines):
        name = text_of(timeline.get("name"))
        waiting: list[Any] = [timeline.get("root")]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                yield one, name
            elif isinstance(one, dict):
                if one.get("type") == "event":
                    waiting.append(one.get("event"))
                for inner in ("content", "branches"):
                    if isinstance(one.get(inner), list):
                        waiting += one[inner]


def _events(sample: Json) -> Iterator[Json]:
    """Yield the events of a sample, those inside of others before them."""
    told = sample.get("events")
    if told is None:
        told = object_of(sample.get("transcript")).get("events")
    waiting = [*reversed(objects_in(told))]
    while waiting:
        event = waiting.pop()
        inner = objects_in(event.pop("events", None))
        if inner:
            waiting += [event, *reversed(inner)]
        else:
            yield event


def _asked(messages: object) -> list[Json]:
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    return objects_in(messages)


def _identity(message: Json) -> str:
    return "\0".join(
        (
            text_of(message.get("id")),
            text_of(message.get("role")),
            text_of(message.get("tool_call_id")),
            message_text(message),
        )
    )


def _kept(one: SourceNode) -> Json:
    return object_of(msgspec.json.decode(one.raw)) if one.raw else {}
