"""What was purged is gone from the file too, words of the index and free pages included."""

from __future__ import annotations

from pathlib import Path

import pytest

from grok_tree.store import Store, Writer
from grok_tree.store._search import INDEX_BATCH, sweep_some
from tests.unit.store._shelf import NOW, add, add_conversation, add_one, drafted, read, write

SECRET = "zyxwvut"
TEXT = f"{SECRET} and words of which no other text has any"
# The index keeps what words have in common once, so of a word only the end may be found.
TRACE = SECRET[1:].encode()


def sweep(store: Store) -> int:
    """Wipe out everything, as the writer's thread does bit by bit; return the number of steps."""

    def step(writer: Writer) -> bool:
        return sweep_some(writer._connection)

    n_steps = 1
    while write(store, step):
        n_steps += 1
    return n_steps


def traces(path: Path) -> int:
    files = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
    return sum(one.read_bytes().count(TRACE) for one in files)


@pytest.mark.parametrize("whole", [True, False], ids=["conversation", "response"])
def test_no_word_of_what_was_purged_is_left(path: Path, *, whole: bool) -> None:
    store = Store.open(path)
    home, other = add_conversation(store), add_conversation(store)
    purged = add_one(store, home, TEXT)
    write(store, Writer.index_rest)
    for number in range(3):
        add(store, other, [drafted(f"another walnut {number} {n}") for n in range(INDEX_BATCH)])
        write(store, Writer.index_rest)
    if whole:
        write(store, lambda w: w.set_conversation_deleted(home, deleted=True, now=NOW))
        write(store, lambda w: w.purge_conversation(home))
    else:
        write(store, lambda w: w.hide(purged, NOW))
        write(store, lambda w: w.purge(purged, NOW))
    sweep(store)
    hits = read(store, lambda r: r.search("walnut", limit=500)).hits
    assert store.check() == []
    store.close()
    assert traces(path) == 0
    assert len(hits) == 500


def test_without_a_purge_there_is_nothing_to_wipe_out(store: Store) -> None:
    add_one(store, add_conversation(store), TEXT)
    write(store, Writer.index_rest)
    assert sweep(store) == 1


def test_a_store_that_was_closed_too_early_goes_on_when_it_is_opened(path: Path) -> None:
    store = Store.open(path)
    home = add_conversation(store)
    purged = add_one(store, home, TEXT)
    write(store, Writer.index_rest)
    write(store, lambda w: w.hide(purged, NOW))
    write(store, lambda w: w.purge(purged, NOW))
    store.close()
    again = Store.open(path)
    sweep(again)
    again.close()
    assert traces(path) == 0
