"""Write the database that stands for a release: every release must open it and lose nothing.

Run once per release, with that release's code: ``python tools/store_database.py 0.1.0`` writes
``tests/data/databases/0.1.0.db`` and, beside it, what must be read from it. Never run it again for
a release that is out.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from grok_tree.forest import (
    Conversation,
    ConversationChange,
    ConversationId,
    Marks,
    Origin,
    ResponseDraft,
    ResponseId,
    Settings,
    Timing,
    TokenAlternative,
    TokenLogprob,
    Usage,
    uuid7_text,
)
from grok_tree.store import Cursor, Finish, NewResponse, Reader, Store, Writer

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "databases"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def contents(reader: Reader) -> dict[str, Any]:
    """Return everything that a release can be asked for, as plain values."""
    pages = [reader.conversations(limit=100, deleted=deleted) for deleted in (False, True)]
    conversations = [found for page in pages for found in page.conversations]
    return {found.conversation_id: _content(reader, found) for found in conversations}


def _content(reader: Reader, conversation: Conversation) -> dict[str, Any]:
    responses = reader.changes(conversation.conversation_id, Cursor(0, -1), limit=10_000)
    return {
        "conversation": msgspec.to_builtins(conversation),
        "responses": [msgspec.to_builtins(response) for response in responses],
        "logprobs": {
            found.response_id: msgspec.to_builtins(reader.logprobs(found.response_id))
            for found in responses
            if not found.deleted
        },
        "shares": [share.response_id for share in reader.shares(conversation.conversation_id)],
    }


def fill(store: Store) -> None:
    """Store one of everything: chains, siblings, marks, partial and hidden responses, a share."""
    first = _conversation(store, "a forest")
    root = _added(store, first, _draft("human", "Why is the sky blue? \U0001f333"))
    answers = [_sampled(store, first, root, f"answer {number}") for number in range(3)]
    marks = Marks(starred=True, tags=("a", "b"), note="best", scores={"good": 0.75})
    _write(store, lambda writer: writer.set_marks(answers[1], marks, now=_now()))
    below = _added(store, first, _draft("human", "and at night?", parent=answers[0]))
    _added(store, first, _draft("assistant", "black", parent=below))
    _write(store, lambda writer: writer.hide(below, _now()))
    _write(store, lambda writer: writer.add_share("a" * 32, answers[1], _now()))
    growing = NewResponse(
        _response_id(), _draft("assistant", "", parent=root, partial=True), growing=True
    )
    _write(store, lambda writer: writer.add_responses(first, [growing], now=_now()))
    _write(
        store,
        lambda writer: writer.grow(
            growing.response_id, message="half an ans", reasoning="hm", now=_now()
        ),
    )
    change = ConversationChange(starred=True, leaf_response_id=answers[2])
    _write(store, lambda writer: writer.update_conversation(first, change, _now()))
    second = _conversation(store, "deleted")
    _added(store, second, _draft("human", "kept all the same"))
    _write(store, lambda writer: writer.set_conversation_deleted(second, deleted=True, now=_now()))
    _write(
        store,
        lambda writer: writer.remember(
            "request-1", method="sample", fingerprint=b"0" * 16, result=b"\x90", now=_now()
        ),
    )


def _sampled(store: Store, conversation: ConversationId, parent: str, text: str) -> ResponseId:
    draft = ResponseDraft(
        sender="assistant",
        message="",
        partial=True,
        parent_response_id=ResponseId(parent),
        model_name="scripted/echo",
        settings=Settings(temperature=0.5, seed=7, stop=("end",), logprobs=True),
        origin=Origin(),
    )
    new = NewResponse(_response_id(), draft, growing=True)
    _write(store, lambda writer: writer.add_responses(conversation, [new], now=_now()))
    finish = Finish(
        message=text,
        reasoning="because",
        partial=False,
        finish_reason="stop",
        usage=Usage(prompt_tokens=5, completion_tokens=2, cost_usd=0.001),
        timing=Timing(first_token_s=0.1, duration_s=0.2),
        provenance={"runtime": "1"},
        logprobs=[TokenLogprob(text, -0.5, (TokenAlternative("other", -1.5),))],
    )
    _write(store, lambda writer: writer.finish(new.response_id, finish, now=_now(), move_leaf=True))
    return new.response_id


def _draft(
    sender: str, message: str, *, parent: str | None = None, partial: bool = False
) -> ResponseDraft:
    return ResponseDraft(
        sender=sender,  # type: ignore[arg-type]
        message=message,
        parent_response_id=None if parent is None else ResponseId(parent),
        partial=partial,
    )


def _added(store: Store, conversation: ConversationId, draft: ResponseDraft) -> ResponseId:
    new = NewResponse(_response_id(), draft)
    _write(store, lambda writer: writer.add_responses(conversation, [new], now=_now()))
    return new.response_id


def _conversation(store: Store, title: str) -> ConversationId:
    made = Conversation(
        conversation_id=ConversationId(_id()),
        create_time=_now(),
        modify_time=_now(),
        revision=1,
        title=title,
        system_prompt="Be brief.",
    )
    _write(store, lambda writer: writer.insert_conversation(made))
    return made.conversation_id


def _write(store: Store, work: Callable[[Writer], object]) -> None:
    store.submit(work).result(timeout=30)


def _response_id() -> ResponseId:
    return ResponseId(_id())


def _id() -> str:
    return uuid7_text(1_767_225_600_000, next(_numbers))


def _now() -> datetime:
    return BEGIN + timedelta(seconds=next(_numbers))


def main(release: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    database = FOLDER / f"{release}.db"
    if database.exists():
        raise SystemExit(f"{database} is there already; a release's database is written once")
    store = Store.open(database)
    fill(store)
    with store.read() as reader:
        found = contents(reader)
    store.close()
    database.with_name(database.name + ".lock").unlink()
    database.with_suffix(".json").write_bytes(
        msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"
    )


if __name__ == "__main__":
    main(sys.argv[1])
