"""Nothing of a file is dropped, by an oracle that knows neither formats nor readers.

All texts and numbers that stand in a file must stand somewhere in what is read of it. So must
texts that are planted in every object of a file under names that no format knows. What need not
is listed below, with the reason.
"""

from __future__ import annotations

import copy
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from grok_tree.formats import Document, read_all
from tests.unit.formats._every_key import MADE
from tests.unit.formats._samples import EXPECTED, TREES
from tests.unit.formats._walking import Haystack, Place, decoded, plant, told, values_in

SHORTEST = 3
ROLE = "who said it is the sender"
KIND = "what kind it is, the fields say or the raw record"
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
    "messages": {
        r".*\.role": ROLE,
        r".*(content|tools|tool_calls)\.\[\]\.type": KIND,
    },
    "claude": {
        r".*account\.uuid": OWNER,
        r".*parent_message_uuid": "the sentinel above all roots",
    },
    "claude_code": {
        r".*\.stop_reason": "it is the finish reason",
        r".*\.input_tokens": "it is in a sum, of which the other parts are kept",
        r"\[\]\.(type|message\.role)": ROLE,
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
        r".*content\.\[\]\.type": KIND,
        r".*parentMessageId": "the sentinel above all roots",
    },
    "llama_app": {
        r".*message\.type": KIND,
        r".*\.role": ROLE,
        r"\[\]\.harness": "it is the program of the format",
    },
    "llm_logs": {
        r"(_llm_migrations|.*_fts_(data|config|docsize|idx)).*": "of the database itself",
        r"messages\.\[\]\.role": ROLE,
        r"parts\.\[\]\.type": KIND,
    },
    "logitloom": {
        r"isLogitLoomTreeVersion": "it is the format",
        r".*\.prob": "the log-probability says it",
    },
    "oasst": {r".*role": ROLE},
    "openwebui": {
        r".*\.role": ROLE,
        r".*chat\.timestamp": "it is the time of creation again",
        r".*lastSentence": "it is the end of the text",
        r".*usage\.total_tokens": "it is the sum of the other counts",
        r"userId": OWNER,
    },
    "pam": {r"schema": "it is the format", r".*content\.type": KIND},
    "pi": {
        r".*content\.\[\]\.type": KIND,
        r".*\.role": ROLE,
        r".*usage\.(input|totalTokens)": "it is in sums, of which the other parts are kept",
    },
    "preference": {r".*\.(from|role)": ROLE},
    "pyloom": {r".*position\.end": "it follows from the tokens"},
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
    "pyloom": {
        r"(module_settings|workspace|preferences)": "how the program looks and connects",
        r"model_responses\.g-1\.prompt": "the prompt is the path",
        r".*tokens\.\[\](\..*)?": "what is known of a token is its probability",
        r".*\.generation": "it names the answer of a model, which is kept",
    },
    "openwebui": {r"(\[\]\.chat\.)?messages\.\[\](\.usage)?": "a copy of the active path"},
}
"""Formats to objects in their files of which what nobody knows is not kept, and why."""


def _names() -> list[str]:
    return [name.replace("/ (merged)", "") for name in EXPECTED]


def _format(name: str) -> str:
    folder = name.split("/", maxsplit=1)[0]
    return "messages" if folder == "chatml" else folder


def _haystack(source: Path, *, paths: bool = False) -> Haystack:
    found = list(read_all(source))
    assert all(isinstance(one, Document) for one in found), found
    return Haystack([one for one in found if isinstance(one, Document)], paths=paths)


def _is_excused(place: str, excuses: dict[str, str]) -> bool:
    return any(re.fullmatch(pattern, place) for pattern in excuses)


def _dropped(content: Any, read: Haystack, format: str) -> dict[str, str | float]:
    """Return the places whose values were not read, without those that are excused."""
    excuses = HELD_OTHERWISE.get(format, {})
    return {
        told(place): value
        for place, value in values_in(content)
        if (not isinstance(value, str) or len(value) >= SHORTEST)
        and not _is_excused(told(place), excuses)
        and not read.has(value)
    }


def _dropped_plants(planted: dict[str, Place], read: Haystack, format: str) -> set[str]:
    excuses = NOT_KEPT.get(format, {})
    dropped = {told(place) for text, place in planted.items() if not read.has(text)}
    return {place for place in dropped if not _is_excused(place, excuses)}


def _written(content: Any, file: Path) -> Path:
    lines = content if file.suffix == ".jsonl" else [content]
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return file


@pytest.mark.parametrize("name", _names())
def test_whatever_stands_in_a_sample_stands_in_what_is_read(name: str) -> None:
    read = _haystack(TREES / name, paths=_format(name) == "tree_of_thoughts")
    assert _dropped(decoded(TREES / name), read, _format(name)) == {}


@pytest.mark.parametrize("name", [one for one in _names() if one.endswith((".json", ".jsonl"))])
def test_what_no_format_knows_is_kept_wherever_it_stands(name: str, tmp_path: Path) -> None:
    ((_, content),) = decoded(TREES / name).items()
    planted = plant(content)
    read = _haystack(_written(content, tmp_path / Path(name).name))
    assert _dropped_plants(planted, read, _format(name)) == set()


@pytest.mark.parametrize("name", MADE)
def test_every_key_that_a_format_has_is_kept(name: str, tmp_path: Path) -> None:
    content, suffix = MADE[name]
    read = _haystack(_written(content, tmp_path / f"made{suffix}"))
    assert _dropped(content, read, name.split(",")[0]) == {}


@pytest.mark.parametrize("name", [one for one in MADE if one != "preference, prompt"])
def test_what_is_new_beside_every_key_is_kept(name: str, tmp_path: Path) -> None:
    content, suffix = MADE[name]
    content = copy.deepcopy(content)
    planted = plant(content)
    read = _haystack(_written(content, tmp_path / f"made{suffix}"))
    assert _dropped_plants(planted, read, name.split(",")[0]) == set()


def test_what_copies_in_branches_say_is_kept(tmp_path: Path) -> None:
    """Messages that a branch repeats are one response, but each file may say more of them."""
    planted: dict[str, Place] = {}
    for number, (name, content) in enumerate(decoded(TREES / "sillytavern/family").items()):
        texts = plant(content)
        own = json.loads(json.dumps(content).replace("planted ", f"planted {number}-"))
        _written(own, tmp_path / name)
        planted |= {one.replace("planted ", f"planted {number}-"): at for one, at in texts.items()}
    read = _haystack(tmp_path)
    assert _dropped_plants(planted, read, "sillytavern") == set()


def test_no_excuse_is_idle() -> None:
    """An excuse that no file needs would hide what is dropped later."""
    needed: set[tuple[str, str]] = set()
    for name in _names():
        read = _haystack(TREES / name, paths=_format(name) == "tree_of_thoughts")
        needed |= _needed(_format(name), decoded(TREES / name), read)
    for name, (content, suffix) in MADE.items():
        file = io.BytesIO(
            "\n".join(map(json.dumps, content if suffix == ".jsonl" else [content])).encode()
        )
        found = [one for one in read_all(file) if isinstance(one, Document)]
        needed |= _needed(name.split(",")[0], content, Haystack(found))
    known = {(format, one) for format, several in HELD_OTHERWISE.items() for one in several}
    assert known - needed == set()


def _needed(format: str, content: Any, read: Haystack) -> set[tuple[str, str]]:
    places = {told(place) for place, value in values_in(content) if not read.has(value)}
    return {
        (format, pattern)
        for pattern in HELD_OTHERWISE.get(format, {})
        if any(re.fullmatch(pattern, place) for place in places)
    }
