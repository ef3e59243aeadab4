"""Run a small study, keep it in a file, and run it again from the file: no model is needed then.

Run it with ``python examples/replay_a_study.py``; the embedded model answers the first time.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from grok_tree import Client, SyncConversation


def study(client: Client, model: str) -> SyncConversation:
    """Ask one question at two temperatures, three answers each."""
    conversation = client.grok.create_conversation(model_name=model)
    question = "Name one colour of the sky."
    first = conversation.add_response(question, temperature=0.2, seed=1, max_tokens=8).result()
    first.resample_many(2, temperature=0.2, seed=2, max_tokens=8).result()
    first.resample_many(3, temperature=1.2, seed=1, max_tokens=8).result()
    return conversation


def main() -> None:
    """Record the study, replay it, and compare what was said."""
    with TemporaryDirectory() as folder, Client() as client:
        recording = Path(folder) / "study.jsonl"
        live = study(client, "local/smollm2-135m")
        live.export(recording)
        again = study(client, f"replay/{recording}")
        for one, other in zip(live.forest, again.forest, strict=True):
            print(f"{one.message!r} was replayed as {other.message!r}")
        same = live.forest.content_hash == again.forest.content_hash
        print("the same was said" if same else "something else was said")


if __name__ == "__main__":
    main()
