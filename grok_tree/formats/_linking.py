"""The repair rules: from what a file says to a sound forest, with nothing dropped.

A parent that is not there makes an orphan, which becomes a root with its subtree whole. Of a
cycle, the member that comes first in the file loses its parent. Of two messages with one id both
stay, and links mean the first. Parents say what hangs where, lists of children only in which
order. What only holds a file's tree together is left out, and its children hang on what it hung
on. Every repair is named in the response's origin.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from types import MappingProxyType

import msgspec

from grok_tree.errors import MalformedDocument
from grok_tree.forest import (
    MAX_RAW_BYTES,
    MAX_TEXT_BYTES,
    NO_PARENT,
    NO_TIME,
    Conversation,
    ConversationId,
    Origin,
    Response,
    ResponseId,
    Settings,
    TokenLogprob,
    derived_id,
    repaired_text,
)
from grok_tree.formats._document import Document
from grok_tree.formats._fields import fitting, fitting_draft
from grok_tree.formats._source import SourceConversation, SourceNode

ORPHAN = "orphan: its parent {parent} is not in the file; it became a root"
CYCLE = "cycle_broken: it was its own ancestor; it became a root"
DUPLICATE = "duplicate_id: its id {key} had been used before; it got a new one"
_AGAIN = DUPLICATE.partition(":")[0]
TEXT = "text_replaced: characters that cannot be stored were replaced by U+FFFD"
RAW = "raw_cut: {size:,} bytes that have no field here are too many to be kept"
CONVERSATION = "conversation"
"""The fact that names a conversation by its id in the file; its first response has it."""
LEAF = "leaf_unknown: the message it was left at is not in the file; the newest tip is"

Links = tuple[list[int], list[list[str]]]


def linked(found: SourceConversation, *, format_name: str, index: int, file: str) -> Document:
    """Return a conversation of a file as a document.

    Args:
        found: What the file says.
        format_name: The format it came in.
        index: Its place in the file.
        file: The name of the file.

    Raises:
        MalformedDocument: A message is longer than a response may be.
    """
    nodes = found.nodes
    keys = [one.key for one in nodes]
    parents, repairs = links(keys, [one.parent for one in nodes])
    break_cycles(parents, repairs)
    kept = _without_structure(nodes, parents)
    order = ordered(kept, parents, _wanted_order(found, nodes, parents, kept))
    maker = _Maker(found, format_name)
    responses = maker.responses(order, parents, repairs)
    leaf, leaf_repairs = _leaf(found, order, responses)
    return Document(
        conversation=maker.conversation(leaf, len(responses)),
        responses=responses,
        format=format_name,
        index=index,
        file=file,
        repairs=(*found.repairs, *leaf_repairs),
        logprobs=maker.logprobs,
    )


def links(keys: Sequence[str | None], named: Sequence[str | int | None]) -> Links:
    """Return the place of each node's parent, and what was repaired.

    Args:
        keys: The id of each in the file; None for none.
        named: What the file calls its parent: an id, a place, None for a root.
    """
    places: dict[str, int] = {}
    repairs: list[list[str]] = [[] for _ in keys]
    for place, key in enumerate(keys):
        if key is not None and places.setdefault(key, place) != place:
            repairs[place].append(DUPLICATE.format(key=key))
    parents = []
    for place, parent in enumerate(named):
        if isinstance(parent, int):
            parents.append(parent)
            continue
        at = NO_PARENT if parent is None else places.get(parent, NO_PARENT)
        if at == NO_PARENT and parent is not None:
            repairs[place].append(ORPHAN.format(parent=parent))
        parents.append(at)
    return parents, repairs


def break_cycles(parents: list[int], repairs: Sequence[list[str]]) -> None:
    """Take its parent from that member of each cycle which stands first in the file."""
    unseen, on_walk, done = 0, 1, 2
    state = bytearray(len(parents))
    for first in range(len(parents)):
        walk, place = [], first
        while place != NO_PARENT and state[place] == unseen:
            state[place] = on_walk
            walk.append(place)
            place = parents[place]
        if place != NO_PARENT and state[place] == on_walk:
            top = min(walk[walk.index(place) :])
            parents[top] = NO_PARENT
            repairs[top].append(CYCLE)
        for seen in walk:
            state[seen] = done


def _without_structure(nodes: Sequence[SourceNode], parents: list[int]) -> list[int]:
    """Let children of structural nodes hang on the nearest kept ancestor; return what is kept."""
    if not any(one.structural for one in nodes):
        return list(range(len(nodes)))
    for place in range(len(nodes)):
        skipped = []
        parent = parents[place]
        while parent != NO_PARENT and nodes[parent].structural:
            skipped.append(parent)
            parent = parents[parent]
        parents[place] = parent
        # The next walk over the same nodes is one step, however many stand in a row.
        for one in skipped:
            parents[one] = parent
    return [place for place, one in enumerate(nodes) if not one.structural]


def _wanted_order(
    found: SourceConversation,
    nodes: Sequence[SourceNode],
    parents: Sequence[int],
    kept: Sequence[int],
) -> dict[int, int]:
    """Return which elder sibling each response must follow, where the file says so."""
    if not found.order:
        return {}
    ranks = _ranks(found.order, nodes)
    groups: dict[int, list[int]] = {parents[place]: [] for place in ranks}
    for place in kept:
        if parents[place] in groups:
            groups[parents[place]].append(place)
    after: dict[int, int] = {}
    for siblings in groups.values():
        wanted = sorted(siblings, key=lambda one: (ranks.get(one, len(nodes)), one))
        if wanted != siblings:
            after.update(zip(wanted[1:], wanted, strict=False))
    return after


def _ranks(
    order: Mapping[str | None, Sequence[str]], nodes: Sequence[SourceNode]
) -> dict[int, int]:
    places: dict[str, int] = {}
    for place, one in enumerate(nodes):
        if one.key is not None:
            places.setdefault(one.key, place)
    ranks: dict[int, int] = {}
    for keys in order.values():
        for rank, key in enumerate(keys):
            if key in places:
                ranks.setdefault(places[key], rank)
    return ranks


def ordered(
    kept: Sequence[int], parents: Sequence[int], after: Mapping[int, int] = MappingProxyType({})
) -> list[int]:
    """Return all places in file order, but each after its parent and after its elder sibling.

    Args:
        kept: The places to put in order, ascending.
        parents: The place of each node's parent, without cycles.
        after: The elder sibling that a place must follow, where there is one.
    """
    if not after and all(parents[place] < place for place in kept):
        return list(kept)
    waiting: dict[int, list[int]] = {}
    missing: Counter[int] = Counter()
    for place in kept:
        for before in {parents[place], after.get(place, NO_PARENT)} - {NO_PARENT}:
            waiting.setdefault(before, []).append(place)
            missing[place] += 1
    ready = [place for place in kept if not missing[place]]
    heapq.heapify(ready)
    order = []
    while ready:
        place = heapq.heappop(ready)
        order.append(place)
        for later in waiting.get(place, ()):
            missing[later] -= 1
            if not missing[later]:
                heapq.heappush(ready, later)
    return order


def _leaf(
    found: SourceConversation, order: Sequence[int], responses: Sequence[Response]
) -> tuple[ResponseId | None, list[str]]:
    """Return where the conversation goes on: where its owner was, else the newest tip."""
    if not responses:
        return None, []
    if found.leaf is not None:
        for place, response in zip(order, responses, strict=True):
            if found.leaf in (place, found.nodes[place].key):
                return response.response_id, []
    parents = {response.parent_response_id for response in responses}
    tips = [one for one in responses if one.response_id not in parents]
    newest = max(enumerate(tips), key=lambda one: (one[1].create_time, one[0]))[1]
    return newest.response_id, [LEAF] if found.leaf else []


class _Maker:
    """Makes the values of one conversation, with ids that are the same at every import."""

    def __init__(self, found: SourceConversation, format_name: str) -> None:
        self._found = found
        self._format = format_name
        self._time = _utc(found.create_time)
        self._key = found.key or _content_key(found)
        self.id = ConversationId(derived_id(_ms(self._time), format_name, self._key))
        self.logprobs: dict[ResponseId, Sequence[TokenLogprob]] = {}

    def conversation(self, leaf: ResponseId | None, n_responses: int) -> Conversation:
        found = self._found
        created = self._time or NO_TIME
        return Conversation(
            conversation_id=self.id,
            create_time=created,
            modify_time=max(_utc(found.modify_time) or NO_TIME, created),
            title=fitting(found.title),
            starred=found.starred,
            system_prompt=fitting(found.system_prompt),
            leaf_response_id=leaf,
            n_responses=n_responses,
        )

    def responses(
        self, order: Sequence[int], parents: Sequence[int], repairs: Sequence[list[str]]
    ) -> list[Response]:
        made: dict[int, Response] = {}
        keys = _Keys()
        for place in order:
            parent = made.get(parents[place])
            one = self._found.nodes[place]
            again = bool(repairs[place]) and repairs[place][0].startswith(_AGAIN)
            key = keys.of(one, parent, again=again)
            made[place] = self._response(
                one, key=key, parent=parent, repairs=repairs[place], position=len(made)
            )
        return list(made.values())

    def _response(
        self,
        one: SourceNode,
        *,
        key: str,
        parent: Response | None,
        repairs: Sequence[str],
        position: int,
    ) -> Response:
        mended = [*repairs, *one.repairs]
        said = fitting_draft(one.said, mended)
        own_time = _utc(said.create_time)
        response_id = ResponseId(
            derived_id(_ms(own_time or self._time), self._format, self._key, key)
        )
        if one.logprobs:
            self.logprobs[response_id] = one.logprobs
        message, reasoning = self._text(said.message, mended), self._text(said.reasoning, mended)
        raw = repaired_text(one.raw)
        if len(raw) > MAX_RAW_BYTES // 4 and len(raw.encode()) > MAX_RAW_BYTES:
            mended.append(RAW.format(size=len(raw.encode())))
            raw = ""
        flags = one.flags if message or "empty" in one.flags else (*one.flags, "empty")
        return Response(
            response_id=response_id,
            conversation_id=self.id,
            parent_response_id=None if parent is None else parent.response_id,
            sender=said.sender,
            message=message,
            create_time=own_time
            or (self._time or NO_TIME if parent is None else parent.create_time),
            reasoning=reasoning,
            partial=said.partial,
            query=said.query,
            query_type=said.query_type,
            attachments=said.attachments,
            tool_calls=said.tool_calls,
            tool_call_id=said.tool_call_id,
            citations=said.citations,
            encrypted_reasoning=said.encrypted_reasoning,
            model_name=said.model_name,
            finish_reason=said.finish_reason,
            settings=_settings(said.settings, one.logprobs),
            usage=said.usage,
            timing=said.timing,
            origin=Origin(
                kind="imported",
                format=self._format,
                original_id=None if one.key is None else fitting(one.key),
                repairs=tuple(map(fitting, mended)),
                flags=tuple(map(fitting, flags)),
                provenance=self._provenance(one, position),
                raw=raw,
            ),
            marks=said.marks,
            position=position,
        )

    def _provenance(self, one: SourceNode, position: int) -> dict[str, str]:
        """Return what is worth showing of a node, and of the conversation beside the first."""
        facts = one.facts
        if position == 0 and self._found.key and not self._found.key_made:
            facts = {CONVERSATION: self._found.key, **facts}
        return {fitting(name): fitting(fact) for name, fact in facts.items()}

    def _text(self, text: str, mended: list[str]) -> str:
        if len(text) <= MAX_TEXT_BYTES // 4 and text.isascii() and "\0" not in text:
            return text  # nearly all
        if (
            len(text) > MAX_TEXT_BYTES // 4
            and len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES
        ):
            raise MalformedDocument(
                f"a message has more than {MAX_TEXT_BYTES:,} bytes, the most that a response holds"
            )
        sound = repaired_text(text)
        if sound != text:
            mended.append(TEXT)
        return sound


def _settings(settings: Settings, logprobs: Sequence[TokenLogprob]) -> Settings:
    """Return what was asked of the model; where log-probabilities came, they were asked for."""
    return msgspec.structs.replace(settings, logprobs=True) if logprobs else settings


class _Keys:
    """Names nodes that have no id, or one that was used before, by what they say and where."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, ...]] = Counter()

    def of(self, one: SourceNode, parent: Response | None, *, again: bool) -> str:
        if one.key is not None and not again:
            return one.key
        above = "" if parent is None else parent.response_id
        content = (above, one.key or "", one.said.sender, one.said.message, one.said.reasoning)
        self._seen[content] += 1
        return _digest(*content, str(self._seen[content]))


def _content_key(found: SourceConversation) -> str:
    """Name a conversation that has no id by its roots' ids, else by all that it says."""
    keys = [one.key for one in found.nodes if one.key is not None and one.parent is None]
    if keys:
        return _digest(*keys)
    said = (f"{one.parent}{one.said.sender}{one.said.message}" for one in found.nodes)
    return _digest(found.title, *said)


def _digest(*texts: str) -> str:
    return blake2b(msgspec.msgpack.encode([repaired_text(text) for text in texts])).hexdigest()[:32]


def _utc(time: datetime | None) -> datetime | None:
    if time is None or time.tzinfo is UTC:
        return time
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None  # in UTC it lies outside of the years 1 to 9999, so it says nothing


def _ms(time: datetime | None) -> int:
    return 0 if time is None else max(0, int(time.timestamp() * 1000))
