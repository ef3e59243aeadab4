"""Everything that can be asked of a forest on disk, inside one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, tuple_

from grok_tree.errors import (
    ShareNotFound,
    StoreCorrupted,
)
from grok_tree.forest import (
    Conversation,
    ConversationId,
    Response,
    ResponseId,
    TokenLogprob,
    id_text,
)
from grok_tree.store import _schema as tables
from grok_tree.store._budget_rows import BudgetReader
from grok_tree.store._files import FileReader
from grok_tree.store._naming import (
    batches,
    id_range,
    no_conversation,
    no_response,
    page_place,
    raw_id,
)
from grok_tree.store._prepared import Prepared
from grok_tree.store._recorded import RecordedReader
from grok_tree.store._rows import (
    ConversationRows,
    Cursor,
    Mirrored,
    Remembered,
    ResolvedIds,
    ResponseRow,
    SearchRows,
    Shape,
    ShareRow,
    conversation_from_row,
    decode_logprobs,
    response_from_row,
    time_of,
)
from grok_tree.store._search import search
from grok_tree.store._selects import CONVERSATION, RESPONSE
from grok_tree.store._shape import shape
from grok_tree.store._uniting import UnitingReader
from grok_tree.store._walks import path_positions

_PAGE_BYTES = 512 * 1024
"""Most text of a page, so that a message stays below 1 MiB."""

_LAST_POSITION = 2**31 - 1
_LAST_REVISION = 2**63 - 1

_c, _r = tables.conversation.c, tables.response.c
_request = tables.request.c
# Built once: making a statement costs more than running it.
_ONE_CONVERSATION = Prepared(CONVERSATION.where(_c.id == bindparam("wanted")))
_ONE_RESPONSE = Prepared(RESPONSE.where(_r.id == bindparam("wanted")))
_RECALL = Prepared(
    select(_request.method, _request.fingerprint, _request.result).where(
        _request.request_id == bindparam("wanted")
    )
)


class Reader(FileReader, BudgetReader, RecordedReader, UnitingReader):
    """Reads of one consistent snapshot; valid only inside the block that gave it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def database_id(self) -> str:
        """Return what tells this database from every other one."""
        return self.meta("database_id")

    def meta(self, name: str) -> str:
        """Return a fact about the database itself, empty when there is none of this name."""
        query = select(tables.meta.c.value).where(tables.meta.c.name == name)
        return self._connection.execute(query).scalar() or ""

    def mirrored(self, conversation_id: str) -> Mirrored | None:
        """Return how far this mirror has copied a conversation, None when not at all."""
        of = select(_c.key).where(_c.id == raw_id(conversation_id)).scalar_subquery()
        columns = tables.mirrored.c
        row = self._connection.execute(
            select(columns.revision, columns.position, columns.synced_us).where(
                columns.conversation_key == of
            )
        ).first()
        if row is None:
            return None
        return Mirrored(Cursor(row.revision, row.position), time_of(row.synced_us))

    def last_synced(self) -> datetime | None:
        """Return when this mirror was last brought up to date, None when it mirrors nothing."""
        newest = self._connection.execute(select(func.max(tables.mirrored.c.synced_us))).scalar()
        return None if newest is None else time_of(newest)

    def conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation, also a deleted one.

        Raises:
            ConversationNotFound: There is none of this id.
        """
        return conversation_from_row(self._conversation_row(conversation_id))

    def share_url(self, conversation_id: str) -> str:
        """Return the form of the addresses of a mirrored conversation's shares.

        Empty when they were not listed yet.
        """
        return self.meta(share_url_name(self._conversation_row(conversation_id).key))

    def shape(self, conversation_id: str) -> Shape:
        """Return how a mirrored conversation hangs together.

        Raises:
            ConversationNotFound: There is none of this id.
            StoreCorrupted: Responses are missing.
        """
        row = self._conversation_row(conversation_id)
        mirrored = self.mirrored(conversation_id)
        next_position = select(_c.next_position).where(_c.key == row.key)
        end: int = self._connection.execute(next_position).scalar_one()
        parents, hidden = shape(self._connection, row.key, end)
        if len(parents) != end:
            raise StoreCorrupted(f"responses of conversation {conversation_id} are missing")
        return Shape(row.key, mirrored.cursor.revision if mirrored else 0, parents, hidden)

    def conversation_ids(self, *, deleted: bool) -> list[ConversationId]:
        """Return the ids of all conversations that are, or are not, deleted."""
        query = select(_c.id).where(_c.deleted == deleted)
        return [ConversationId(id_text(raw)) for raw in self._connection.scalars(query)]

    def conversations(
        self, *, limit: int, after: str = "", deleted: bool = False, starred: bool | None = None
    ) -> ConversationRows:
        """Return conversations, last modified first, and the token of the next page.

        At most `limit`, and fewer where their titles and system prompts are long.

        Raises:
            InvalidOperationError: `after` is not a token of this method.
        """
        query = CONVERSATION.where(_c.deleted == deleted)
        if starred is not None:
            query = query.where(_c.starred == starred)
        if after:
            modified, key = page_place(after)
            query = query.where(
                or_(_c.modified_us < modified, and_(_c.modified_us == modified, _c.key < key))
            )
        query = query.order_by(_c.modified_us.desc(), _c.key.desc()).limit(limit + 1)
        rows = self._connection.execute(query).all()
        n_fitting = min(limit, _n_fitting(rows))
        more = len(rows) > n_fitting
        rows = rows[:n_fitting]
        token = f"{rows[-1].modified_us}.{rows[-1].key}" if more else ""
        return ConversationRows([conversation_from_row(row) for row in rows], token)

    def response(self, response_id: str) -> Response:
        """Return a response, also a hidden one (without its texts).

        Raises:
            ResponseNotFound: There is none of this id.
        """
        return response_from_row(self._response_row(response_id))

    def responses(self, response_ids: Sequence[str]) -> list[Response]:
        """Return responses in the order asked for, also hidden ones.

        Raises:
            ResponseNotFound: Naming the first that does not exist.
        """
        wanted = [raw_id(response_id) for response_id in response_ids]
        found: dict[bytes, Response] = {}
        for batch in batches(list(dict.fromkeys(wanted))):
            for row in self._connection.execute(RESPONSE.where(_r.id.in_(batch))):
                found[row.id] = response_from_row(row)
        for raw, response_id in zip(wanted, response_ids, strict=True):
            if raw not in found:
                raise no_response(response_id)
        return [found[raw] for raw in wanted]

    def newest_answers(self, limit: int) -> list[Response]:
        """Return the answers that models have ended, also hidden ones, the last begun first."""
        ended = RESPONSE.where(_r.finish_reason.is_not(None))
        rows = self._connection.execute(ended.order_by(_r.key.desc()).limit(limit))
        return [response_from_row(row) for row in rows]

    def path(self, response_id: str) -> list[Response]:
        """Return the responses from the root to this one."""
        end = self._response_row(response_id)
        path = path_positions(end.conversation_key, end.position)
        query = RESPONSE.where(
            _r.conversation_key == end.conversation_key,
            _r.position.in_(select(path.c.position)),
        )
        # A parent's position is always the smaller one, so they are in the order of the path.
        rows = self._connection.execute(query.order_by(_r.position))
        return [response_from_row(row) for row in rows]

    def growing(self) -> list[ResponseId]:
        """Return the ids of all responses whose text is still to come."""
        query = select(_r.id).where(tables.IS_GROWING)
        return [ResponseId(id_text(raw)) for raw in self._connection.scalars(query)]

    def changes(
        self,
        conversation_id: str,
        since: Cursor,
        *,
        limit: int = 500,
        max_bytes: int = 512 * 1024,
    ) -> list[Response]:
        """Return what changed after a cursor, by revision and position.

        At most `limit` responses, and no more than `max_bytes` of text and facts unless the first
        alone is longer. Hidden responses come without texts.
        """
        key = self._conversation_row(conversation_id).key
        # Before its first position a cursor means "after this revision", so nothing of it.
        position = _LAST_POSITION if since.position < 0 else since.position
        revision = min(since.revision, _LAST_REVISION)
        later = tuple_(_r.revision, _r.position) > tuple_(revision, position)
        query = RESPONSE.where(_r.conversation_key == key, later)
        query = query.order_by(_r.revision, _r.position).limit(limit)
        found: list[Response] = []
        size = 0
        with self._connection.execution_options(stream_results=True).execute(query) as rows:
            for row in rows:
                response = response_from_row(row)
                size += len(response.message.encode()) + len(response.reasoning.encode())
                size += len(row.facts or b"")
                if found and size > max_bytes:
                    break
                found.append(response)
        return found

    def logprobs(self, response_id: str) -> list[TokenLogprob]:
        """Return the log-probabilities kept of a response, empty if there are none."""
        key = self._response_row(response_id).key
        query = select(tables.logprobs.c.tokens).where(tables.logprobs.c.response_key == key)
        stored = self._connection.execute(query).scalar()
        return [] if stored is None else decode_logprobs(stored)

    def shares(self, conversation_id: str) -> list[ShareRow]:
        """Return every share of a conversation, oldest first."""
        key = self._conversation_row(conversation_id).key
        query = _SHARE.where(_r.conversation_key == key).order_by(tables.share.c.key)
        return [_share_from_row(row) for row in self._connection.execute(query)]

    def share(self, share_id: str) -> ShareRow:
        """Return one share.

        Raises:
            ShareNotFound: There is none of this id.
        """
        row = self._connection.execute(_SHARE.where(tables.share.c.share_id == share_id)).first()
        if row is None:
            raise ShareNotFound(f"no share has the id {share_id}; it may have been taken back")
        return _share_from_row(row)

    def search(
        self, query: str, *, limit: int, after: str = "", conversation_id: str | None = None
    ) -> SearchRows:
        """Find words in titles, then in visible responses, the newest first of either.

        The last word may be a beginning. What `Writer.index_rest` has not seen yet may be missing.

        Raises:
            ConversationNotFound: There is none of this id.
            InvalidOperationError: `after` is not a token of this method.
        """
        key = None if conversation_id is None else self._conversation_row(conversation_id).key
        return search(self._connection, query, limit=limit, after=after, conversation_key=key)

    def resolve(self, prefix: str, *, limit: int = 10) -> ResolvedIds:
        """Return the ids that begin with `prefix`, dashes or not; hidden responses are left out.

        Raises:
            InvalidOperationError: It holds no hexadecimal digits, or others.
        """
        low, high = id_range(prefix)
        conversations = select(_c.id).where(_c.id.between(low, high)).limit(limit)
        responses = select(_r.id).where(_r.id.between(low, high), _r.hidden_at == 0).limit(limit)
        return ResolvedIds(
            [ConversationId(id_text(raw)) for raw in self._connection.scalars(conversations)],
            [ResponseId(id_text(raw)) for raw in self._connection.scalars(responses)],
        )

    def recall(self, request_id: str) -> Remembered | None:
        """Return the first result of a request, None when it was not seen."""
        row = _RECALL.first(self._connection, {"wanted": request_id})
        return None if row is None else Remembered(row.method, row.fingerprint, row.result)

    def _conversation_row(self, conversation_id: str) -> Any:
        row = _ONE_CONVERSATION.first(self._connection, {"wanted": raw_id(conversation_id)})
        if row is None:
            raise no_conversation(conversation_id)
        return row

    def _response_row(self, response_id: str) -> ResponseRow:
        row = _ONE_RESPONSE.first(self._connection, {"wanted": raw_id(response_id)})
        if row is None:
            raise no_response(response_id)
        return ResponseRow._make(row)


def _n_fitting(rows: Sequence[Any]) -> int:
    """Return how many conversations fit into one page, at least one."""
    sizes = accumulate(len(row.title.encode()) + len(row.system_prompt.encode()) for row in rows)
    return max(1, sum(size <= _PAGE_BYTES for size in sizes))


def share_url_name(conversation_key: int) -> str:
    """Return the name of the fact that says how addresses of shares look."""
    return f"share_url:{conversation_key}"


_SHARE = select(
    tables.share.c.share_id, tables.share.c.created_us, _r.id.label("response_id")
).select_from(tables.share.join(tables.response, _r.key == tables.share.c.response_key))


def _share_from_row(row: Any) -> ShareRow:
    return ShareRow(row.share_id, ResponseId(id_text(row.response_id)), time_of(row.created_us))
