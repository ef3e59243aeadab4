"""Following a conversation: from any cursor, in order, each state once, until somebody leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import anyio
import pytest

from grok_tree.errors import ConversationNotFound, ServerUnavailable, StaleSnapshot
from grok_tree.forest import Conversation, ConversationChange, MarkChange, Response, ResponseDraft
from grok_tree.service import ChangesPage, Forests, SampleCommand
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

UNKNOWN = "01900000-0000-7000-8000-00000000dead"


async def add(forests: Forests, conversation: str, message: str) -> Response:
    draft = ResponseDraft(sender="human", message=message)
    (added,) = await forests.add_responses(f"add {message}", conversation, [draft])
    return added


async def next_page(pages: AsyncGenerator[ChangesPage, None]) -> ChangesPage:
    with anyio.fail_after(PATIENCE_S):
        return await anext(pages)


def messages(page: ChangesPage) -> list[str]:
    return [response.message for response in page.responses]


async def test_what_was_there_comes_first_and_then_what_comes(
    forests: Forests, conversation: str
) -> None:
    await add(forests, conversation, "before")
    async with aclosing(forests.watch(conversation, 0)) as pages:
        assert messages(await next_page(pages)) == ["before"]
        await add(forests, conversation, "after")
        page = await next_page(pages)
        assert (messages(page), page.last) == (["after"], True)


async def test_the_first_page_comes_although_nothing_has_changed(
    forests: Forests, conversation: str
) -> None:
    at = (await forests.get_conversation(conversation)).revision
    async with aclosing(forests.watch(conversation, at)) as pages:
        page = await next_page(pages)
        assert (page.responses, page.revision, page.last) == ([], at, True)


async def test_a_response_that_changed_several_times_comes_once_in_its_newest_state(
    forests: Forests, conversation: str
) -> None:
    added = await add(forests, conversation, "text")
    async with aclosing(forests.watch(conversation, 0)) as pages:
        await next_page(pages)
        for number in range(5):
            change = MarkChange(note=str(number))
            await forests.mark_response(f"mark {number}", added.response_id, change)
        seen = [response async for response in until_note(pages, "4")]
    revisions = [response.revision for response in seen]
    assert revisions == sorted(set(revisions))


async def until_note(
    pages: AsyncGenerator[ChangesPage, None], note: str
) -> AsyncGenerator[Response, None]:
    while True:
        for response in (await next_page(pages)).responses:
            yield response
            if response.marks.note == note:
                return


async def test_a_growing_answer_comes_with_its_text_so_far(
    forests: Forests, conversation: str
) -> None:
    async with aclosing(forests.watch(conversation, 0)) as pages:
        await next_page(pages)
        command = SampleCommand(
            request_id="turn",
            conversation_id=conversation,
            message="hello",
            model_name="scripted/hang",
            detach=True,
        )
        run = await forests.sample(command)
        texts: list[str] = []
        while not texts or texts[-1] == "":
            texts += [one.message for one in (await next_page(pages)).responses if one.partial]
        run.cancel()
        assert texts[-1] == "waiting"


async def test_fields_deletion_and_restoring_of_the_conversation_come_too(
    forests: Forests, conversation: str
) -> None:
    async with aclosing(forests.watch(conversation, 0)) as pages:
        await next_page(pages)
        await forests.update_conversation("1", conversation, ConversationChange(title="new"))
        assert conversation_of(await next_page(pages)).title == "new"
        await forests.delete_conversation("2", conversation)
        assert conversation_of(await next_page(pages)).deleted
        await forests.restore_conversation("3", conversation)
        assert not conversation_of(await next_page(pages)).deleted


def conversation_of(page: ChangesPage) -> Conversation:
    assert page.conversation is not None
    return page.conversation


async def test_a_watch_goes_on_in_the_middle_of_a_revision(
    forests: Forests, conversation: str
) -> None:
    drafts = [ResponseDraft(sender="human", message=str(number)) for number in range(5)]
    added = await forests.add_responses("add", conversation, drafts)
    async with aclosing(forests.watch(conversation, added[0].revision, 2)) as pages:
        assert messages(await next_page(pages)) == ["3", "4"]


async def test_many_changes_come_in_pages(forests: Forests, conversation: str) -> None:
    drafts = [ResponseDraft(sender="human", message=str(number)) for number in range(1_200)]
    await forests.add_responses("add", conversation, drafts)
    async with aclosing(forests.watch(conversation, 0)) as pages:
        found = [await next_page(pages) for _ in range(3)]
    assert [len(page.responses) for page in found] == [500, 500, 200]
    assert [page.last for page in found] == [False, False, True]


@pytest.mark.parametrize("n_watchers", [1, 200])
async def test_those_who_leave_are_forgotten(
    forests: Forests, conversation: str, n_watchers: int
) -> None:
    async with AsyncExitStack() as stack:
        watches = [forests.watch(conversation, 0) for _ in range(n_watchers)]
        for pages in watches:
            await stack.enter_async_context(aclosing(pages))
            await next_page(pages)
        assert forests.n_watchers == n_watchers
        await add(forests, conversation, "for all")
        for pages in watches:
            assert messages(await next_page(pages)) == ["for all"]
    assert forests.n_watchers == 0


async def test_a_stopping_server_sends_watchers_away(forests: Forests, conversation: str) -> None:
    async with aclosing(forests.watch(conversation, 0)) as pages:
        await next_page(pages)
        forests.stop_watching()
        with pytest.raises(ServerUnavailable):
            await next_page(pages)


async def test_a_revision_that_was_never_reached_is_refused(
    forests: Forests, conversation: str
) -> None:
    with pytest.raises(StaleSnapshot, match="which is before 1000"):
        await next_page(forests.watch(conversation, 1_000))


async def test_an_unknown_conversation_is_not_found(forests: Forests) -> None:
    with pytest.raises(ConversationNotFound, match=UNKNOWN):
        await next_page(forests.watch(UNKNOWN, 0))
