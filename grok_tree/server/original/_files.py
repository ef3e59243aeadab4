"""Small files by name: each is a response with an attachment, in a conversation of their own.

So nothing is ever overwritten: another file of the same name is one more response, and the older
one is hidden, as after a deletion or a renaming. Both can be undone in the conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anyio
import msgspec
from google.protobuf.empty_pb2 import Empty

from grok_tree.errors import AlreadyExists, AttachmentNotFound, InvalidOperationError
from grok_tree.forest import Attachment, Origin, Response, ResponseDraft
from grok_tree.server._caller import Caller, caller_of
from grok_tree.server._guard import Context
from grok_tree.server.original._responses import responses_of
from grok_tree.service import Forests, Ids, Said, StatelessCall, SystemIds
from grok_tree.wire import time_to_wire
from grok_tree.wire.original import files

DOOR = "original/files"
GROUP = "Files of the original SDK"
"""The name of the conversation."""

MOST_FILE_BYTES = 5 * 1024 * 1024
MOST_BYTES = 50 * 1024 * 1024
"""What the original's documentation promises, for one file and for all."""


@dataclass(frozen=True)
class _Shelf:
    """The files of a key: the newest response of each name, and all it has."""

    newest: dict[str, Response]
    visible: list[Response]

    @property
    def n_bytes(self) -> int:
        return sum(_file(one).n_bytes for one in self.newest.values())

    def named(self, name: str) -> Response:
        if name not in self.newest:
            raise AttachmentNotFound(f"no file is named {name!r} here; upload it first")
        return self.newest[name]

    def check_room(self, name: str, n_bytes: int) -> None:
        others = sum(_file(one).n_bytes for one in self.newest.values() if one.message != name)
        if n_bytes > MOST_FILE_BYTES or others + n_bytes > MOST_BYTES:
            raise InvalidOperationError(
                f"file {name!r} has {n_bytes:,} bytes, and others {others:,}; one file may have"
                f" {MOST_FILE_BYTES:,} bytes here, and all {MOST_BYTES:,}; delete some",
                size=n_bytes,
                limit=MOST_FILE_BYTES,
            )


class FileDoor:
    """Serves `prompt_ide.File`."""

    def __init__(self, forests: Forests, ids: Ids | None = None) -> None:
        """Open the door.

        Args:
            forests: The use cases behind it.
            ids: Where the ids of requests come from.
        """
        self._forests = forests
        self._ids = ids or SystemIds()
        self._changing = anyio.Lock()

    async def UploadFile(self, request: files.UploadFileRequest, context: Context) -> Any:
        """Keep a file; one of the same name is hidden, if it may be."""
        name, caller = request.file_name, caller_of(context)
        if not name:
            raise InvalidOperationError("the file has no name; give file_name")
        async with self._changing:
            shelf = await self._shelf(caller)
            shelf.check_room(name, len(request.content))
            if not request.overwrite:
                _check_free(shelf, name)
            kept = await self._forests.add_file(
                request.content, name=name, media_type=request.mime_type
            )
            # The same contents may be kept already, under another name.
            known = msgspec.structs.replace(kept, name=name, media_type=request.mime_type)
            stored = await self._store(caller, known, Origin(kind="recorded", door=DOOR))
            await self._hide([one for one in shelf.visible if one.message == name])
        return _facts(stored)

    async def DownloadFile(self, request: files.DownloadFileRequest, context: Context) -> Any:
        found = (await self._shelf(caller_of(context))).named(request.file_name)
        data = await self._forests.get_file(_file(found).file_id)
        return files.WholeFile(metadata=_facts(found), content=data)

    async def ListFiles(self, _request: Any, context: Context) -> Any:
        shelf = await self._shelf(caller_of(context))
        return files.FileList(
            storage_used=shelf.n_bytes,
            storage_available_total=MOST_BYTES,
            files=map(_facts, shelf.newest.values()),
        )

    async def RenameFile(self, request: files.RenameFileRequest, context: Context) -> Any:
        """Put a file under another name that is free."""
        name, caller = request.new_file_name, caller_of(context)
        if not name:
            raise InvalidOperationError("the new name of the file is empty; give new_file_name")
        async with self._changing:
            shelf = await self._shelf(caller)
            found = shelf.named(request.file_name)
            if name == request.file_name:
                return _facts(found)
            _check_free(shelf, name)
            renamed = msgspec.structs.replace(_file(found), name=name)
            origin = Origin(kind="replaced", of=found.response_id, door=DOOR)
            stored = await self._store(caller, renamed, origin, uploaded=found)
            await self._hide([one for one in shelf.visible if one.message == request.file_name])
        return _facts(stored)

    async def DeleteFile(self, request: files.DeleteFileRequest, context: Context) -> Any:
        """Hide a file until it is restored or purged."""
        async with self._changing:
            shelf = await self._shelf(caller_of(context))
            shelf.named(request.file_name)
            await self._hide([one for one in shelf.visible if one.message == request.file_name])
        return Empty()

    async def _shelf(self, caller: Caller) -> _Shelf:
        conversation_id = await self._forests.recorded_conversation(caller.scope, GROUP)
        if conversation_id is None:
            return _Shelf({}, [])
        found = await responses_of(self._forests, conversation_id)
        visible = [one for one in found if one.attachments]
        return _Shelf({one.message: one for one in visible}, visible)

    async def _store(
        self, caller: Caller, file: Attachment, origin: Origin, uploaded: Response | None = None
    ) -> Response:
        place = await self._forests.place(self._root(caller))
        draft = ResponseDraft(
            sender="human",
            message=file.name,
            parent_response_id=place.response_id,
            create_time=uploaded.create_time if uploaded else None,
            attachments=(file,),
            origin=origin,
        )
        conversation_id = place.conversation.conversation_id
        stored = await self._forests.add_responses(self._ids.new_id(), conversation_id, [draft])
        return stored[0]

    def _root(self, caller: Caller) -> StatelessCall:
        """Return the call that finds or begins the conversation of a caller's files."""
        return StatelessCall(
            request_id=self._ids.new_id(),
            door=DOOR,
            client=caller.client,
            scope=caller.scope,
            path=(Said(sender="system", message=GROUP),),
            conversation=GROUP,
        )

    async def _hide(self, responses: list[Response]) -> None:
        for one in responses:
            await self._forests.delete_response(self._ids.new_id(), one.response_id)


def _check_free(shelf: _Shelf, name: str) -> None:
    if name in shelf.newest:
        raise AlreadyExists(f"a file is named {name!r} already; overwrite it, or take another name")


def _file(response: Response) -> Attachment:
    return response.attachments[0]


def _facts(response: Response) -> files.FileFacts:
    file = _file(response)
    return files.FileFacts(
        file_name=response.message,
        size_bytes=file.n_bytes,
        mime_type=file.media_type,
        create_time=time_to_wire(response.create_time),
    )
