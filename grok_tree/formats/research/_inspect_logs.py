"""Logs of inspect_ai: ``.eval`` archives and ``.json`` files, also of runs that did not end.

Every sample in every epoch is a conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grok_tree.errors import MalformedDocument
from grok_tree.formats._elements import iter_elements, values_beside
from grok_tree.formats._format import Format, Found
from grok_tree.formats._json import decoded_json
from grok_tree.formats._loose import without
from grok_tree.formats._opening import Opened
from grok_tree.formats._source import Skipped
from grok_tree.formats.research._blocks import Json
from grok_tree.formats.research._inspect_samples import sample_conversation

_SAMPLES = r".*_epoch_\d+\.json"
_ENOUGH = 100
_LOGS = r".*\.(eval|json)"
_HEADERS = r"header\.json", r"start\.json"
_REDUCTIONS = r"reductions\.json"
_OF_ALL = ("results", "stats", "reductions")
"""What a log says of all its samples together; the first one keeps it."""


def _detect(source: Opened) -> bool:
    if source.is_folder and not _is_unpacked(source):
        # Folders of other programs may hold very many files, none of which is a log.
        return any(map(_detect_file, source.matching(_LOGS)[:_ENOUGH]))
    return _detect_file(source)


def _detect_file(source: Opened) -> bool:
    if source.is_folder or source.is_archive:
        return _is_unpacked(source)
    return _is_log(source) or _is_sample(source)


def _is_unpacked(source: Opened) -> bool:
    """Whether the parts of one log are in a folder or an archive."""
    return bool(source.matching(_SAMPLES)) and any(map(source.matching, _HEADERS))


def _is_log(source: Opened) -> bool:
    return {"eval", "status"} <= source.keys


def _is_sample(source: Opened) -> bool:
    """Whether it is one sample that was taken out of a log, or only the events of one."""
    keys = source.keys
    return {"epoch", "input", "target"} <= keys or {"events", "events.item.event"} <= keys


def _read(source: Opened) -> Iterator[Found]:
    logs = [source]
    if source.is_folder and not _is_unpacked(source):
        logs = [one for one in source.matching(_LOGS) if _detect_file(one)]
    index = 0
    for log in logs:
        for found in _read_log(log):
            # Each log counts what is in it; the folder counts on.
            yield Skipped(index, found.id, found.reason) if isinstance(found, Skipped) else found
            index += 1


def _read_log(source: Opened) -> Iterator[Found]:
    if source.is_folder or source.is_archive:
        yield from _read_archive(source)
    elif _is_sample(source):
        with source.open() as file:
            yield _found(file.read(), {}, 0)
    else:
        with source.open() as file:
            header = values_beside(file, "samples", only_before=True)
        with source.open() as file:
            for index, element in enumerate(iter_elements(file, "samples")):
                yield _found(element, header, index)


def _read_archive(source: Opened) -> Iterator[Found]:
    headers = [one for pattern in _HEADERS for one in source.matching(pattern)]
    header: Json = {}
    if headers:
        with headers[0].open() as file:
            header = decoded_json(file.read(), Json)
    for one in source.matching(_REDUCTIONS)[:1]:
        with one.open() as file:
            header["reductions"] = decoded_json(file.read(), Any)
    for index, one in enumerate(source.matching(_SAMPLES)):
        try:
            with one.open() as file:
                data = file.read()
        except MalformedDocument as error:
            yield Skipped(index, one.name, str(error))
        else:
            yield _found(data, header, index)


def _found(data: bytes, header: Json, index: int) -> Found:
    mended: list[str] = []
    if index:
        header = without(header, *_OF_ALL)
    try:
        return sample_conversation(decoded_json(data, Json, mended), header, mended)
    except MalformedDocument as error:
        return Skipped(index, "", str(error))


FORMAT = Format(
    name="inspect",
    title="inspect_ai log (.eval or .json)",
    detect=_detect,
    read=_read,
    extra="formats",
)
