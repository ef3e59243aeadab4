"""What every store must find: shares, words, ids, earlier requests; part of `StoreContract`."""

from __future__ import annotations

from datetime import timedelta

import pytest

from grok_tree.errors import InvalidOperationError, ShareNotFound
from grok_tree.testing.contracts._desk import Desk


class LookupContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_a_share_is_found_until_it_is_removed(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)
        now = desk.clock.now()
        for share_id in ("one", "two"):
            desk.write(lambda w, share_id=share_id: w.add_share(share_id, made, now))  # type: ignore[misc]

        assert desk.read(lambda reader: reader.share("one")).response_id == made
        listed = desk.read(lambda reader: reader.shares(conversation))
        assert [share.share_id for share in listed] == ["one", "two"]
        assert desk.write(lambda w: w.remove_shares(share_id="one", now=now)) == 1
        assert desk.response(made).shared
        assert desk.write(lambda w: w.remove_shares(response_id=made, now=now)) == 1
        assert not desk.response(made).shared
        with pytest.raises(ShareNotFound):
            desk.read(lambda reader: reader.share("one"))

    def test_pages_of_hits_are_newest_first_and_hold_all_of_them(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, f"walnut {number}") for number in range(5)]
        desk.add(conversation, "hazel")
        desk.write(lambda writer: writer.index_rest())
        found, token = [], ""
        while True:
            page = desk.read(lambda r, token=token: r.search("walnut", limit=2, after=token))  # type: ignore[misc]
            found += [hit.response_id for hit in page.hits]
            token = page.next_token
            if not token:
                break

        assert found == made[::-1]

    def test_search_can_stay_in_one_conversation(self, desk: Desk) -> None:
        here, elsewhere = desk.conversation("walnut"), desk.conversation("walnut")
        made = desk.add(here, "walnut")
        desk.add(elsewhere, "walnut")
        desk.write(lambda writer: writer.index_rest())

        page = desk.read(lambda r: r.search("walnut", limit=9, conversation_id=here))
        assert {(hit.conversation_id, hit.response_id) for hit in page.hits} == {
            (here, None),
            (here, made),
        }

    def test_the_beginning_of_an_id_finds_it(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = desk.add(conversation)

        whole = desk.read(lambda reader: reader.resolve(made))
        assert (whole.conversation_ids, whole.response_ids) == ([], [made])
        both = desk.read(lambda reader: reader.resolve(made.replace("-", "")[:20]))
        assert (both.conversation_ids, both.response_ids) == ([conversation], [made])

    @pytest.mark.parametrize("prefix", ["", "-", "xyz", "0" * 33])
    def test_what_begins_no_id_is_refused(self, desk: Desk, prefix: str) -> None:
        with pytest.raises(InvalidOperationError, match="not the beginning of an id"):
            desk.read(lambda reader: reader.resolve(prefix))

    def test_the_first_result_of_a_request_is_remembered(self, desk: Desk) -> None:
        now = desk.clock.now()
        assert desk.read(lambda reader: reader.recall("r")) is None
        desk.write(
            lambda w: w.remember("r", method="m", fingerprint=b"f", result=b"result", now=now)
        )

        remembered = desk.read(lambda reader: reader.recall("r"))
        assert remembered is not None
        assert (remembered.method, remembered.fingerprint) == ("m", b"f")
        assert remembered.result == b"result"
        assert desk.write(lambda w: w.forget_requests(now)) == 0
        assert desk.write(lambda w: w.forget_requests(now + timedelta(seconds=1))) == 1
        assert desk.read(lambda reader: reader.recall("r")) is None
