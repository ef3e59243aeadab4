"""Nothing of a file is dropped, by an oracle that knows neither formats nor readers.

All texts and numbers that stand in a file must stand somewhere in what is read of it. So must
texts that are planted in every object of a file under names that no format knows. What need not
is listed below, with the reason.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from grok_tree.formats import Document, read_all
from tests.unit.formats._samples import EXPECTED, TREES
from tests.unit.formats._walking import Haystack, decoded, plant, told, values_in

SHORTEST = 3
ROLE = "who said it is the sender"
KIND = "what kind it is, the fields say or the raw record"
ID = "the conversation's own id, again in each of its messages"
OWNER = "whose it is"
STRUCTURE = "it only holds the tree together"

HELD_OTHERWISE: dict[str, dict[str, str]] = {
    "bonsai": {r"edges\.\[\]\.relation": STRUCTURE},
    "chatgpt": {
        r".*mapping\.\*\.(id|parent)": STRUCTURE,
        r".*content_type": KIND,
        r".*\.status": "it is the finish reason",
        r".*\.role": ROLE,
        r"\[\]\.user_id": OWNER,
    },
    "chatml": {r".*\.role": ROLE, r".*content\.\[\]\.type": KIND},
    "claude": {
        r".*account\.uuid": OWNER,
        r".*parent_message_uuid": "the sentinel above all roots",
    },
    "claude_code": {
        r".*\.stop_reason": "it is the finish reason",
        r".*content\.\[\]\.type": KIND,
    },
    "exoloom": {r".*\.authorType": ROLE},
    "grok": {r".*\.user_id": OWNER, r".*\.sender": ROLE},
    "inspect": {
        r".*\.role": ROLE,
        r".*(value|usage)\.total_tokens": "it is the sum of the other counts",
        r".*logprobs\.content\.\[\]\.bytes\.\[\]": "they are the bytes of the token",
        r".*\.tool_choice": "there were no tools",
        r".*call\.call_key": "it names the wire copy of the messages",
        r".*events\.\[\]\.(changes|state|sample)\..*": "a snapshot of what the messages say",
        r".*events\.\[\]\.(event|timestamp|uuid|working_start)": "of a snapshot",
        r".*(messages|input)\.\[\]\.content": "the attachment stands there instead",
    },
    "librechat": {
        r".*conversationId": ID,
        r".*parentMessageId": "the sentinel above all roots",
    },
    "llama_app": {
        r".*message\.(convId|type)": ID,
        r".*\.role": ROLE,
        r"\[\]\.harness": "it is the program of the format",
    },
    "llm_logs": {
        r"(_llm_migrations|.*_fts_(data|config|docsize|idx)).*": "of the database itself",
        r"messages\.\[\]\.role": ROLE,
        r"parts\.\[\]\.type": KIND,
        r".*conversation_id": ID,
    },
    "logitloom": {
        r"isLogitLoomTreeVersion": "it is the format",
        r".*\.prob": "the log-probability says it",
    },
    "oasst": {r".*role": ROLE},
    "openwebui": {
        r".*\.role": ROLE,
        r".*lastSentence": "it is the end of the text",
        r".*usage\.total_tokens": "it is the sum of the other counts",
        r"userId": OWNER,
    },
    "pam": {r"schema": "it is the format", r".*content\.type": KIND},
    "pi": {
        r"\[\]\.type": "it is the format",
        r".*content\.\[\]\.type": KIND,
        r".*\.role": ROLE,
    },
    "preference": {r".*\.from": ROLE},
    "sharegpt": {r".*\.from": ROLE},
    "sillytavern": {
        r".*gen_finished": "the timing says it",
    },
}
"""Formats to places in their files, which need not be found as they stand there, and why."""

NOT_KEPT: dict[str, dict[str, str]] = {
    "claude": {r"\[\]\.account": OWNER},
    "grok": {
        r"": "projects, tasks and media are no conversations",
        r".*create_time(\.\$date)?": "it is a number in extended JSON",
    },
    "inspect": {
        r"": "it stands behind all samples, which are read one by one",
        r"reductions.*": "it stands behind all samples, and follows from their scores",
        r".*events\.\[\](\.(changes|state|sample).*)?": "a snapshot of what the messages say",
        r".*events\.\[\]\.arguments": "the message has the call",
        r".*\.(messages|input)\.\[\]": "another copy of a message that was read",
        r"samples\.\[\]\.output(\..*)?": "another copy of the last answer",
        r".*call\.response\.(choices|usage).*": "the wire copy of the answer",
        r".*\.transcript": "an old name of the list of events",
    },
    "openwebui": {r"(\[\]\.chat\.)?messages\.\[\](\.usage)?": "a copy of the active path"},
}
"""Formats to objects in their files of which what nobody knows is not kept, and why."""


def _names() -> list[str]:
    return [name.replace("/ (merged)", "") for name in EXPECTED]


def _format(name: str) -> str:
    return name.split("/", maxsplit=1)[0]


def _haystack(source: Path, *, paths: bool = False) -> Haystack:
    found = list(read_all(source))
    assert all(isinstance(one, Document) for one in found), found
    return Haystack([one for one in found if isinstance(one, Document)], paths=paths)


def _is_excused(place: str, excuses: dict[str, str]) -> bool:
    return any(re.fullmatch(pattern, place) for pattern in excuses)


@pytest.mark.parametrize("name", _names())
def test_whatever_stands_in_a_sample_stands_in_what_is_read(name: str) -> None:
    read = _haystack(TREES / name, paths=_format(name) == "tree_of_thoughts")
    dropped = {
        told(place): value
        for value_place in decoded(TREES / name).items()
        for place, value in values_in(value_place[1], (value_place[0],))
        if (not isinstance(value, str) or len(value) >= SHORTEST) and not read.has(value)
    }
    excuses = HELD_OTHERWISE.get(_format(name), {})
    assert {at: one for at, one in dropped.items() if not _is_excused(at, excuses)} == {}


@pytest.mark.parametrize("name", [one for one in _names() if one.endswith((".json", ".jsonl"))])
def test_what_no_format_knows_is_kept_wherever_it_stands(name: str, tmp_path: Path) -> None:
    ((_, content),) = decoded(TREES / name).items()
    planted = plant(content)
    file = tmp_path / Path(name).name
    file.write_text(
        "\n".join(map(json.dumps, content)) if file.suffix == ".jsonl" else json.dumps(content),
        "utf-8",
    )
    read = _haystack(file)
    dropped = {told(place): text for text, place in planted.items() if not read.has(text)}
    excuses = NOT_KEPT.get(_format(name), {})
    assert {at: one for at, one in dropped.items() if not _is_excused(at, excuses)} == {}
