"""Bring a ChatGPT conversation, ask its old question again, and take out what was preferred.

Run it with ``python examples/bring_and_take.py [EXPORT]``; without an export of your own it brings
a small one that it writes first. The embedded model answers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from grok_tree import Client, formats


def small_export(folder: Path) -> Path:
    """Write an account export with one question, and an answer to it."""
    said: dict[str, tuple[str, str | None, str]] = {
        "q": ("user", None, "Name one colour of the sky."),
        "a": ("assistant", "q", "Plaid, on Tuesdays."),
    }
    mapping: dict[str, object] = {
        key: {
            "id": key,
            "parent": parent,
            "children": [],
            "message": {
                "id": key,
                "author": {"role": role},
                "create_time": 1_700_000_000,
                "content": {"content_type": "text", "parts": [text]},
            },
        }
        for key, (role, parent, text) in said.items()
    }
    path = folder / "conversations.json"
    path.write_text(json.dumps([{"id": "sky", "title": "The sky", "mapping": mapping}]), "utf-8")
    return path


def main() -> None:
    """Import, sample on, and export pairs for training."""
    with TemporaryDirectory() as folder, Client() as client:
        export = Path(sys.argv[1]) if sys.argv[1:] else small_export(Path(folder))
        report = client.grok.import_file(export)
        print(report)
        conversation = client.grok.get_conversation(report.conversations[0].conversation_id)
        conversation.load()
        old = next(one for one in conversation.forest if one.sender == "assistant")
        answer = client.grok.get_response(old.response_id)
        answer.select()
        new = answer.resample(max_tokens=12).result()
        new.star()
        print(f"{old.message!r} was said then, {new.message!r} now")
        pairs = Path(folder) / "pairs.jsonl"
        print(conversation.export(pairs, "dpo"), "responses in pairs")
        for document in formats.read(pairs):
            print(document.counts)


if __name__ == "__main__":
    main()
