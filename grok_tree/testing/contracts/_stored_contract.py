"""What every store must do with responses, also with hidden ones; part of `StoreContract`."""

from __future__ import annotations

import pytest

from grok_tree.errors import ConversationNotFound, InvalidOperationError, ResponseNotFound
from grok_tree.forest import ConversationChange, Marks, ResponseDraft, ResponseId
from grok_tree.store import NewResponse
from grok_tree.testing.contracts._desk import Desk


class StoredContract:
    """Scenarios for one store; the subclass gives the fixture `desk`."""

    def test_positions_are_dense_and_revisions_grow(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.response(desk.add(conversation)) for _ in range(3)]

        assert [response.position for response in made] == [0, 1, 2]
        assert [response.revision for response in made] == [2, 3, 4]

    def test_a_batch_is_one_revision_and_may_refer_to_itself(self, desk: Desk) -> None:
        conversation = desk.conversation()
        drafts = [
            ResponseDraft(sender="human", message="root"),
            ResponseDraft(sender="assistant", message="answer", parent_index=0),
            ResponseDraft(sender="assistant", message="other", parent_index=0),
        ]
        new = [NewResponse(ResponseId(desk.ids.new_id()), draft) for draft in drafts]
        now = desk.clock.now()
        stored = desk.write(
            lambda writer: writer.add_responses(conversation, new, now=now, leaf_index=1)
        )

        assert {response.revision for response in stored} == {2}
        assert [r.parent_response_id for r in stored] == [None, *[new[0].response_id] * 2]
        assert desk.see(conversation).leaf_response_id == new[1].response_id
        assert stored == desk.read(lambda r: r.responses([n.response_id for n in new]))

    def test_a_batch_with_an_unknown_parent_stores_nothing(self, desk: Desk) -> None:
        conversation = desk.conversation()
        new = [
            NewResponse(ResponseId(desk.ids.new_id()), ResponseDraft(sender="human", message="a")),
            NewResponse(
                ResponseId(desk.ids.new_id()),
                ResponseDraft(
                    sender="human", message="b", parent_response_id=ResponseId(desk.ids.new_id())
                ),
            ),
        ]

        with pytest.raises(ResponseNotFound):
            desk.write(lambda w: w.add_responses(conversation, new, now=desk.clock.now()))
        assert desk.see(conversation).n_responses == 0

    def test_a_parent_of_another_conversation_is_refused(self, desk: Desk) -> None:
        elsewhere = desk.add(desk.conversation())
        here = desk.conversation()

        with pytest.raises(InvalidOperationError, match="another conversation"):
            desk.add(here, parent=elsewhere)

    def test_responses_come_in_the_order_asked_for(self, desk: Desk) -> None:
        conversation = desk.conversation()
        made = [desk.add(conversation, str(number)) for number in range(4)]
        asked = [made[2], made[0], made[2], made[3]]

        found = desk.read(lambda reader: reader.responses(asked))
        assert [response.response_id for response in found] == asked

    def test_a_path_runs_from_the_root(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        middle = desk.add(conversation, parent=root)
        desk.add(conversation, parent=root)
        end = desk.add(conversation, parent=middle)

        path = desk.read(lambda reader: reader.path(end))
        assert [response.response_id for response in path] == [root, middle, end]

    def test_unknown_ids_are_named(self, desk: Desk) -> None:
        unknown = desk.ids.new_id()

        with pytest.raises(ConversationNotFound) as no_conversation:
            desk.see(unknown)
        with pytest.raises(ResponseNotFound) as no_response:
            desk.read(lambda reader: reader.responses([unknown]))
        assert no_conversation.value.conversation_id == unknown
        assert no_response.value.response_id == unknown

    def test_marks_are_replaced_and_raise_the_revision(self, desk: Desk) -> None:
        made = desk.add(desk.conversation())
        now = desk.clock.now()
        marks = Marks(starred=True, tags=("a",), scores={"s": 0.5}, times={"starred": now})
        marked = desk.write(lambda writer: writer.set_marks(made, marks, now=now))

        assert marked.marks == marks
        assert marked == desk.response(made)
        assert marked.revision == 3

    def test_hidden_responses_travel_without_their_texts(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation, "secret")
        child = desk.add(conversation, "secret", parent=root)
        desk.write(lambda writer: writer.hide(root, desk.clock.now()))

        hidden = desk.read(lambda reader: reader.responses([root, child]))
        assert [(r.deleted, r.message) for r in hidden] == [(True, "")] * 2
        assert desk.see(conversation).n_responses == 0

    def test_unhiding_shows_exactly_what_that_hiding_hid(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        first, second = (desk.add(conversation, parent=root) for _ in range(2))
        now = desk.clock.now()

        assert desk.write(lambda writer: writer.hide(first, now)) == 1
        assert desk.write(lambda writer: writer.hide(root, now)) == 2
        assert desk.write(lambda writer: writer.unhide(root, now)) == 2
        shown = desk.read(lambda reader: reader.responses([root, first, second]))
        assert [response.deleted for response in shown] == [False, True, False]
        assert desk.see(conversation).n_responses == 2

    def test_a_hidden_leaf_moves_to_its_nearest_visible_ancestor(self, desk: Desk) -> None:
        conversation = desk.conversation()
        root = desk.add(conversation)
        middle = desk.add(conversation, parent=root)
        end = desk.add(conversation, parent=middle)
        now = desk.clock.now()
        leaf = ConversationChange(leaf_response_id=end)
        desk.write(lambda writer: writer.update_conversation(conversation, leaf, now))

        desk.write(lambda writer: writer.hide(middle, now))
        assert desk.see(conversation).leaf_response_id == root
        desk.write(lambda writer: writer.hide(root, now))
        assert desk.see(conversation).leaf_response_id is None
