"""The native gRPC door: each call of the schema leads to one use case."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from grok_tree.forest import ResponseDraft, SamplingEvent
from grok_tree.server._budgets import BudgetCalls
from grok_tree.server._files import FileCalls
from grok_tree.server._guard import Context
from grok_tree.server._keeping import KeepingCalls
from grok_tree.server._merging import MergeCalls
from grok_tree.server._opening import Opened, OpeningCalls
from grok_tree.server._raw import RawCalls
from grok_tree.server._texts import TextCalls
from grok_tree.server._uploads import Uploads
from grok_tree.server._watching import WATCH_PATIENCE_S, WatchCalls
from grok_tree.service import Forests, SampleCommand
from grok_tree.wire import (
    attachment_from_wire,
    ceiling_from_wire,
    change_from_wire,
    conversation_to_wire,
    draft_from_wire,
    hit_to_wire,
    logprob_to_wire,
    mark_change_from_wire,
    model_to_wire,
    origin_from_wire,
    pack_events,
    pb,
    response_to_wire,
    responses_to_wire,
    settings_from_wire,
    share_to_wire,
)

LOGPROBS_PER_PAGE = 500


class NativeDoor(
    TextCalls,
    WatchCalls,
    KeepingCalls,
    FileCalls,
    RawCalls,
    BudgetCalls,
    OpeningCalls,
    MergeCalls,
):
    """Translates between messages and use cases; has no rules of its own.

    Streams are written to the context rather than yielded, so that writing waits for the reader.
    """

    def __init__(
        self, forests: Forests, opened: Opened, *, watch_patience_s: float = WATCH_PATIENCE_S
    ) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
            opened: Opens the other doors and says where they are.
            watch_patience_s: How long a watcher may take for one page before it is cut.
        """
        self._forests = forests
        self._opened = opened
        self._uploads = Uploads()
        self._watch_patience_s = watch_patience_s

    async def CreateConversation(self, request: pb.CreateConversationRequest, _: Context) -> Any:
        conversation = await self._forests.create_conversation(
            request.request_id,
            title=request.title,
            model_name=request.model_name,
            system_prompt=request.system_prompt,
            system_prompt_name=request.system_prompt_name,
        )
        return conversation_to_wire(conversation)

    async def GetConversation(self, request: pb.GetConversationRequest, _: Context) -> Any:
        found = await self._forests.get_conversation(request.conversation_id)
        return conversation_to_wire(found)

    async def ListConversations(self, request: pb.ListConversationsRequest, _: Context) -> Any:
        page = await self._forests.list_conversations(
            page_size=request.page_size,
            page_token=request.page_token,
            deleted=request.deleted,
            starred=request.starred if request.HasField("starred") else None,
        )
        return pb.ListConversationsResponse(
            conversations=map(conversation_to_wire, page.conversations),
            next_page_token=page.next_page_token,
        )

    async def UpdateConversation(self, request: pb.UpdateConversationRequest, _: Context) -> Any:
        updated = await self._forests.update_conversation(
            request.request_id, request.conversation_id, change_from_wire(request)
        )
        return conversation_to_wire(updated)

    async def DeleteConversation(self, request: pb.DeleteConversationRequest, _: Context) -> Any:
        deleted = await self._forests.delete_conversation(
            request.request_id, request.conversation_id
        )
        return conversation_to_wire(deleted)

    async def RestoreConversation(self, request: pb.RestoreConversationRequest, _: Context) -> Any:
        restored = await self._forests.restore_conversation(
            request.request_id, request.conversation_id
        )
        return conversation_to_wire(restored)

    async def PurgeConversation(self, request: pb.PurgeConversationRequest, _: Context) -> Any:
        n_purged = await self._forests.purge_conversation(
            request.request_id, request.conversation_id
        )
        return pb.PurgeConversationResponse(n_purged=n_purged)

    async def Sample(self, request: pb.SampleRequest, context: Context) -> None:  # type: ignore[override]
        """Send everything that has happened since the last message was taken.

        While one message is on its way, later tokens gather; so a fast reader gets each token at
        once, and a slow one gets few, larger messages.
        """
        message = self._uploaded(request.message, request.message_upload_id)
        run = await self._forests.sample(_command(request, message))
        self._stored([request.message_upload_id])
        await _send_events(run.follow(), context)

    async def AttachSampling(self, request: pb.AttachSamplingRequest, context: Context) -> None:  # type: ignore[override]
        run = await self._forests.attach_sampling(
            sampling_id=request.sampling_id, response_id=request.response_id
        )
        await _send_events(run.follow(request.from_characters), context)

    async def CancelSampling(self, request: pb.CancelSamplingRequest, _: Context) -> Any:
        was_running = await self._forests.cancel_sampling(request.sampling_id)
        return pb.CancelSamplingResponse(was_running=was_running)

    async def AddResponses(self, request: pb.AddResponsesRequest, _: Context) -> Any:
        stored = await self._forests.add_responses(
            request.request_id,
            request.conversation_id,
            [self._draft(draft) for draft in request.drafts],
            leaf_index=request.leaf_index if request.HasField("leaf_index") else None,
        )
        for draft in request.drafts:
            self._stored([draft.message_upload_id, draft.reasoning_upload_id])
        textless = (msgspec.structs.replace(one, message="", reasoning="") for one in stored)
        return pb.AddResponsesResponse(responses=map(response_to_wire, textless))

    def _draft(self, message: pb.ResponseDraft) -> ResponseDraft:
        draft = draft_from_wire(message)
        return msgspec.structs.replace(
            draft,
            message=self._uploaded(draft.message, message.message_upload_id),
            reasoning=self._uploaded(draft.reasoning, message.reasoning_upload_id),
        )

    async def GetResponses(self, request: pb.GetResponsesRequest, _: Context) -> Any:
        found = await self._forests.get_responses(request.response_ids)
        return pb.GetResponsesResponse(responses=responses_to_wire(found))

    async def GetLogprobs(self, request: pb.GetLogprobsRequest, context: Context) -> None:  # type: ignore[override]
        kept = await self._forests.get_logprobs(request.response_id)
        for start in range(0, len(kept), LOGPROBS_PER_PAGE):
            page = kept[start : start + LOGPROBS_PER_PAGE]
            await context.write(pb.LogprobsPage(logprobs=map(logprob_to_wire, page)))

    async def MarkResponse(self, request: pb.MarkResponseRequest, _: Context) -> Any:
        marked = await self._forests.mark_response(
            request.request_id, request.response_id, mark_change_from_wire(request)
        )
        return response_to_wire(marked)

    async def DeleteResponse(self, request: pb.DeleteResponseRequest, _: Context) -> Any:
        n_hidden = await self._forests.delete_response(request.request_id, request.response_id)
        return pb.DeleteResponseResponse(n_hidden=n_hidden)

    async def RestoreResponse(self, request: pb.RestoreResponseRequest, _: Context) -> Any:
        n_restored = await self._forests.restore_response(request.request_id, request.response_id)
        return pb.RestoreResponseResponse(n_restored=n_restored)

    async def PurgeResponse(self, request: pb.PurgeResponseRequest, _: Context) -> Any:
        n_purged = await self._forests.purge_response(request.request_id, request.response_id)
        return pb.PurgeResponseResponse(n_purged=n_purged)

    async def GenerateTitle(self, request: pb.GenerateTitleRequest, _: Context) -> Any:
        titled = await self._forests.generate_title(
            request.request_id,
            request.conversation_id,
            leaf_response_id=request.leaf_response_id or None,
            model_name=request.model_name,
            budget=ceiling_from_wire(request),
        )
        return conversation_to_wire(titled)

    async def Share(self, request: pb.ShareRequest, _: Context) -> Any:
        return share_to_wire(await self._forests.share(request.request_id, request.response_id))

    async def Unshare(self, request: pb.UnshareRequest, _: Context) -> Any:
        n_removed = await self._forests.unshare(
            request.request_id,
            share_id=request.share_id or None,
            response_id=request.response_id or None,
        )
        return pb.UnshareResponse(n_removed=n_removed)

    async def ListShares(self, request: pb.ListSharesRequest, _: Context) -> Any:
        shares = await self._forests.list_shares(request.conversation_id)
        return pb.ListSharesResponse(shares=map(share_to_wire, shares))

    async def Search(self, request: pb.SearchRequest, _: Context) -> Any:
        page = await self._forests.search(
            request.query,
            page_size=request.page_size,
            page_token=request.page_token,
            conversation_id=request.conversation_id or None,
        )
        return pb.SearchResponse(
            hits=map(hit_to_wire, page.hits), next_page_token=page.next_page_token
        )

    async def ResolveId(self, request: pb.ResolveIdRequest, _: Context) -> Any:
        found = await self._forests.resolve_id(request.prefix)
        return pb.ResolveIdResponse(
            conversation_ids=found.conversation_ids, response_ids=found.response_ids
        )

    async def ListModels(self, _request: pb.ListModelsRequest, _: Context) -> Any:
        models = await self._forests.list_models()
        return pb.ListModelsResponse(models=map(model_to_wire, models))

    async def WhoAmI(self, _request: pb.WhoAmIRequest, _: Context) -> Any:
        info = await self._forests.who_am_i()
        return pb.WhoAmIResponse(
            server_version=info.version,
            user=info.user,
            database=info.database,
            database_id=info.database_id,
        )


async def _send_events(events: AsyncGenerator[list[SamplingEvent], None], context: Context) -> None:
    async with aclosing(events) as batches:
        async for batch in batches:
            for message in pack_events(batch):
                await context.write(message)


def _command(request: pb.SampleRequest, message: str) -> SampleCommand:
    return SampleCommand(
        request_id=request.request_id,
        conversation_id=request.conversation_id,
        parent_response_id=request.parent_response_id or None,
        message=message,
        n=request.n or 1,
        model_name=request.model_name,
        settings=settings_from_wire(request.settings),
        origin=origin_from_wire(request.origin),
        attachments=tuple(attachment_from_wire(one) for one in request.attachments),
        keep_leaf=request.keep_leaf,
        detach=request.detach,
        system_prompt=request.system_prompt if request.HasField("system_prompt") else None,
        budget=ceiling_from_wire(request),
    )
