"""Files and images that belong to responses, kept once each under the hash of their contents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select

from grok_tree.errors import AttachmentNotFound, ConflictError
from grok_tree.forest import Attachment
from grok_tree.store import _schema as tables
from grok_tree.store._naming import batches
from grok_tree.store._rows import microseconds

_f, _a = tables.file.c, tables.attached.c
_HEX = re.compile(r"[0-9a-f]{64}")
_INFO = select(_f.key, _f.id, _f.name, _f.media_type, _f.n_bytes)


class FileReader:
    """What can be read of files, inside one snapshot."""

    _connection: Connection

    def file(self, file_id: str) -> bytes:
        """Return the contents of a file.

        Raises:
            AttachmentNotFound: There is none of this id.
        """
        query = select(_f.data).where(_f.id == _raw(file_id))
        data: bytes | None = self._connection.execute(query).scalar()
        if data is None:
            raise _no_file(file_id)
        return data

    def file_info(self, file_id: str) -> Attachment:
        """Return what is known of a file.

        Raises:
            AttachmentNotFound: There is none of this id.
        """
        return _attachment(self._file_row(file_id))

    def files(self) -> list[Attachment]:
        """Return what is known of every file, oldest first."""
        return [_attachment(row) for row in self._connection.execute(_INFO.order_by(_f.key))]

    def _file_row(self, file_id: str) -> Any:
        row = self._connection.execute(_INFO.where(_f.id == _raw(file_id))).first()
        if row is None:
            raise _no_file(file_id)
        return row


class FileWriter(FileReader):
    """What can be done with files, inside one transaction."""

    def add_file(self, data: bytes, *, name: str, media_type: str, now: datetime) -> Attachment:
        """Keep a file; the same contents are kept once, under the name they had first."""
        digest = hashlib.sha256(data).digest()
        known = self._connection.execute(_INFO.where(_f.id == digest)).first()
        if known is not None:
            return _attachment(known)
        stored = {
            "id": digest,
            "name": name,
            "media_type": media_type,
            "n_bytes": len(data),
            "created_us": microseconds(now),
            "data": data,
        }
        self._connection.execute(insert(tables.file), stored)
        return self.file_info(digest.hex())

    def delete_file(self, file_id: str) -> None:
        """Remove a file that no response has.

        Raises:
            AttachmentNotFound: There is none of this id.
            ConflictError: Responses have it.
        """
        row = self._file_row(file_id)
        uses = select(func.count()).select_from(tables.attached).where(_a.file_key == row.key)
        n_uses = self._connection.execute(uses).scalar_one()
        if n_uses:
            raise ConflictError(
                f"file {file_id} belongs to {n_uses} responses; it goes when they are purged",
                file_id=file_id,
            )
        self._connection.execute(delete(tables.file).where(_f.key == row.key))

    def _note_files(self, response_key: int, attachments: Collection[Attachment]) -> None:
        """Note which of the kept files belong to a response."""
        ids = [_raw(one.file_id) for one in attachments if one.file_id]
        keys = self._connection.scalars(select(_f.key).where(_f.id.in_(set(ids)))).all()
        if keys:
            rows = [{"response_key": response_key, "file_key": key} for key in keys]
            self._connection.execute(insert(tables.attached), rows)


def detach(connection: Connection, response_keys: Sequence[int]) -> None:
    """Remove the files that belong to no other responses than these, which lose theirs."""
    for some in batches(response_keys):
        mine = _a.response_key.in_(some)
        files = connection.scalars(select(_a.file_key).where(mine).distinct()).all()
        if not files:
            continue
        connection.execute(delete(tables.attached).where(mine))
        left = exists().where(_a.file_key == _f.key)
        for group in batches(files):
            connection.execute(delete(tables.file).where(_f.key.in_(group), ~left))


def _raw(file_id: str) -> bytes:
    return bytes.fromhex(file_id) if _HEX.fullmatch(file_id) else b""


def _no_file(file_id: str) -> AttachmentNotFound:
    return AttachmentNotFound(
        f"no file {file_id or 'without an id'} is kept here; upload() it, and use the attachment"
        " that comes back",
        file_id=file_id,
    )


def _attachment(row: Any) -> Attachment:
    return Attachment(
        file_id=row.id.hex(), media_type=row.media_type, name=row.name, n_bytes=row.n_bytes
    )
