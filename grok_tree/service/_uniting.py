"""One document and what is stored become one, inside one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from grok_tree.errors import ConversationNotFound
from grok_tree.forest import (
    NO_PARENT,
    NO_TIME,
    Conversation,
    ConversationChange,
    Marks,
    Origin,
    Response,
    ResponseId,
    derived_id,
    id_bytes,
    merged_marks,
)
from grok_tree.formats import Document
from grok_tree.service._live import live_conversation, live_response
from grok_tree.store import Known, Writer, said_hash

_NO_MARKS = Marks()
_CONFLICT_OF = "conflict_of"
"""In the provenance of what got a new id because of a conflict: the id that it had."""
_OTHER_TEXT = "a response of this id says something else here: both are kept"
_ELSEWHERE = "a response of this id belongs to conversation {home}: it was added under a new id"
_PURGED = "the response of this id was purged here: it was added under a new id"
_BELOW_DELETED = "what it answers was deleted here: restore that first, then merge again"


@dataclass(frozen=True)
class MergeConflict:
    """Two responses of one id that say different things.

    Attributes:
        response_id: The id.
        kept_as: The id of the one that came; None when it could not be added.
        why: For a person.
    """

    response_id: ResponseId
    kept_as: ResponseId | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What became of one conversation.

    Attributes:
        conversation_id: Where it is.
        n_added: Responses that are new here.
        n_united: Responses that were here.
        n_remarked: Of these, how many took over newer marks.
        is_new: The conversation was not here.
        conflicts: Where two say different things under one id.
        refusal: Why nothing of it was stored; empty when it was.
        notes: What of the conversation itself could not be kept as it was, a sentence each.
    """

    conversation_id: str
    n_added: int = 0
    n_united: int = 0
    n_remarked: int = 0
    is_new: bool = False
    conflicts: tuple[MergeConflict, ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class _Added:
    """What a merge is about to store.

    Attributes:
        responses: In order.
        parents: The number of each one's parent among them, `NO_PARENT` for none.
        places: For those below a stored response, that one's position, by number.
    """

    responses: list[Response] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)


class Uniting:
    """Unites one document, inside one transaction."""

    def __init__(
        self, writer: Writer, document: Document, conversation: Conversation, now: datetime
    ) -> None:
        self._writer = writer
        self._document = document
        self._conversation = conversation
        self._now = now
        self._ids: dict[ResponseId, ResponseId] = {}
        self._numbers: dict[ResponseId, int] = {}
        self._known: dict[ResponseId, Known] = {}
        self._added = _Added()
        self._conflicts: list[MergeConflict] = []
        self._n_united = self._n_remarked = 0
        self._at = now

    def done(self, under: str) -> Merged:
        top = live_response(self._writer, under) if under else None
        home = self._home() if top is None else self._writer.conversation(top.conversation_id)
        is_new = home is None
        if home is None:
            home = self._begun()
        self._at = max(home.modify_time, self._time_of_change())
        if top is not None:
            self._document = _grafted(self._document, top)
            self._known |= self._writer.known([top.response_id])
            self._ids[top.response_id] = top.response_id
        responses = self._document.responses
        self._known |= self._writer.known([one.response_id for one in responses])
        for response in responses:
            self._take(response, home)
        if self._added.responses:
            self._add(home, leaf=self._number_of_leaf() if is_new else None)
        if top is None and not is_new:
            self._update(home)
        return Merged(
            conversation_id=home.conversation_id,
            n_added=len(self._added.responses),
            n_united=self._n_united,
            n_remarked=self._n_remarked,
            is_new=is_new,
            conflicts=tuple(self._conflicts),
        )

    def _home(self) -> Conversation | None:
        try:
            return live_conversation(self._writer, self._conversation.conversation_id)
        except ConversationNotFound:
            return None

    def _begun(self) -> Conversation:
        given = self._conversation
        begun = msgspec.structs.replace(
            given,
            create_time=self._now if given.create_time == NO_TIME else given.create_time,
            modify_time=self._time_of_change(),
            leaf_response_id=None,
            revision=1,
            deleted=False,
        )
        self._writer.insert_conversation(begun)
        return begun

    def _time_of_change(self) -> datetime:
        given = self._conversation.modify_time
        return self._now if given == NO_TIME else given

    def _take(self, response: Response, home: Conversation) -> None:
        """Unite one response with what is here, or note that it is to be added."""
        parent = response.parent_response_id
        here = None if parent is None else self._ids.get(parent)
        if parent is not None and here is None:
            known = self._known.get(response.response_id)
            if known is not None and _was_deleted(known, home):
                self._n_united += 1
                return
            self._conflicts.append(MergeConflict(response.response_id, None, _BELOW_DELETED))
            return
        placed = response
        if here != parent or response.conversation_id != home.conversation_id:
            placed = msgspec.structs.replace(
                response, conversation_id=home.conversation_id, parent_response_id=here
            )
        known = self._known.get(response.response_id)
        if known is None and (ours := self._as_it_was_here(placed)) is not None:
            known, placed = self._known[ours], msgspec.structs.replace(placed, response_id=ours)
        why = "" if known is None else _conflict(known, placed)
        if why:
            known, placed = self._renamed(placed, why)
        if known is not None:
            self._unite(response, placed, known)
            return
        self._note(response, placed)

    def _renamed(self, placed: Response, why: str) -> tuple[Known | None, Response]:
        """Return a response of which the id is taken under an id that its content gives."""
        own = placed.response_id
        said = said_hash(placed).hex()
        kept_as = ResponseId(derived_id(_ms_of(own), "conflict", own, placed.conversation_id, said))
        known = self._writer.known([kept_as]).get(kept_as)
        if known is None:
            self._conflicts.append(MergeConflict(own, kept_as, why))
        provenance = {**placed.origin.provenance, _CONFLICT_OF: own}
        origin = msgspec.structs.replace(placed.origin, provenance=provenance)
        return known, msgspec.structs.replace(placed, response_id=kept_as, origin=origin)

    def _as_it_was_here(self, placed: Response) -> ResponseId | None:
        """Return ours of which a conflict elsewhere made a copy that comes back now."""
        own = placed.origin.provenance.get(_CONFLICT_OF)
        known = None if own is None else self._known.get(ResponseId(own))
        if own is None or known is None or known.content_hash != said_hash(placed):
            return None
        return ResponseId(own)

    def _unite(self, response: Response, placed: Response, known: Known) -> None:
        self._known[placed.response_id] = known
        self._n_united += 1
        if known.hidden:
            return  # what comes below it is named as a conflict
        self._ids[response.response_id] = placed.response_id
        if response.marks == _NO_MARKS:
            return
        ours = self._writer.response(placed.response_id).marks
        merged = merged_marks(ours, response.marks)
        if merged != ours:
            self._writer.set_marks(placed.response_id, merged, now=self._at)
            self._n_remarked += 1

    def _note(self, response: Response, placed: Response) -> None:
        if placed.create_time == NO_TIME:
            placed = msgspec.structs.replace(placed, create_time=self._now)
        added = self._added
        number = len(added.responses)
        parent = placed.parent_response_id
        above = NO_PARENT if parent is None else self._numbers.get(parent, NO_PARENT)
        if parent is not None and above == NO_PARENT:
            added.places[number] = self._known[parent].position
        self._ids[response.response_id] = placed.response_id
        self._numbers[placed.response_id] = number
        added.responses.append(placed)
        added.parents.append(above)

    def _leaf(self) -> ResponseId | None:
        """Return where the conversation goes on, if that is here now."""
        leaf = self._document.conversation.leaf_response_id
        return None if leaf is None else self._ids.get(leaf)

    def _number_of_leaf(self) -> int | None:
        leaf = self._leaf()
        return None if leaf is None else self._numbers.get(leaf)

    def _add(self, home: Conversation, *, leaf: int | None) -> None:
        numbers = self._numbers
        logprobs = {
            self._ids[response_id]: tokens
            for response_id, tokens in self._document.logprobs.items()
            if self._ids.get(response_id) in numbers
        }
        self._writer.add_ready(
            home.conversation_id,
            self._added.responses,
            self._added.parents,
            places=self._added.places,
            now=self._at,
            logprobs=logprobs,
            leaf=leaf,
        )

    def _update(self, home: Conversation) -> None:
        """Take title and leaf of whoever changed the conversation last; a star of either stays."""
        given = self._conversation
        newer = given.modify_time > home.modify_time
        change = ConversationChange(
            title=given.title if given.title and (newer or not home.title) else home.title,
            starred=home.starred or given.starred,
        )
        moved = self._leaf()
        if moved is not None and (newer or home.leaf_response_id is None):
            change = msgspec.structs.replace(change, leaf_response_id=moved)
        same = (change.title, change.starred) == (home.title, home.starred)
        if same and change.leaf_response_id in (msgspec.UNSET, home.leaf_response_id):
            return
        self._writer.update_conversation(home.conversation_id, change, self._at)


def _was_deleted(known: Known, home: Conversation) -> bool:
    """Return whether a response is here, and can be restored."""
    return known.hidden and not known.purged and known.conversation_id == home.conversation_id


def _conflict(known: Known, placed: Response) -> str:
    """Return why a response is not the stored one of its id; empty when it is."""
    if known.conversation_id != placed.conversation_id:
        return _ELSEWHERE.format(home=known.conversation_id)
    if known.purged:
        return _PURGED
    if known.growing or known.content_hash == said_hash(placed):
        return ""
    return _OTHER_TEXT


def _grafted(document: Document, top: Response) -> Document:
    """Return a copy of a document below a response; the same copy every time."""
    responses = document.responses
    ids: dict[ResponseId | None, ResponseId] = {None: top.response_id}
    for one in responses:
        own = one.response_id
        ids[own] = ResponseId(derived_id(_ms_of(own), "graft", top.response_id, own))
    copies = [
        msgspec.structs.replace(
            one,
            response_id=ids[one.response_id],
            parent_response_id=ids[one.parent_response_id],
            origin=_of_copy(one, ids),
        )
        for one in responses
    ]
    logprobs = {ids[own]: tokens for own, tokens in document.logprobs.items()}
    return replace(document, responses=copies, logprobs=logprobs)


def _of_copy(one: Response, ids: dict[ResponseId | None, ResponseId]) -> Origin:
    """Return the origin of a copy: what it was made of is copied, too, where it came along."""
    of = one.origin.of
    return one.origin if of is None else msgspec.structs.replace(one.origin, of=ids.get(of, of))


def _ms_of(an_id: str) -> int:
    """Return the time of an id, milliseconds since 1970."""
    return int.from_bytes(id_bytes(an_id)[:6], "big")
