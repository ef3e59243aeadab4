"""Writes a database with the real `llm` package: ``python _llm_script.py DATABASE``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import llm
import sqlite_utils
from llm.logs import LogStore


class Scripted(llm.Model):
    model_id = "scripted"
    can_stream = True
    attachment_types = frozenset({"text/plain"})
    supports_tools = True

    class Options(llm.Options):
        temperature: float | None = None

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers

    def execute(
        self,
        prompt: Any,
        stream: bool,  # noqa: ARG002
        response: Any,
        conversation: Any = None,  # noqa: ARG002
    ) -> Iterator[Any]:
        if prompt.tools and not prompt.tool_results:
            response.add_tool_call(
                llm.ToolCall(name="double", arguments={"n": 21}, tool_call_id="call-1")
            )
            return
        response.set_usage(
            input=11, output=7, details={"completion_tokens_details": {"reasoning_tokens": 3}}
        )
        yield llm.parts.StreamEvent(type="reasoning", chunk="hm")
        yield llm.parts.StreamEvent(type="text", chunk=self.answers.pop(0))


def double(n: int) -> str:
    """Double it."""
    return str(n * 2)


def main(path: str) -> None:
    base: Any = sqlite_utils.Database(path)
    store: Any = LogStore(base)  # type: ignore[no-untyped-call]
    # Three samples from one prompt, of which two are equal; the first goes on.
    for answer in ("heads", "tails", "heads"):
        conversation = Scripted([answer, f"after {answer}"]).conversation()
        first = conversation.prompt("Toss a coin", system="Be brief", temperature=0.5)
        first.text()
        store.log(first)
        if answer == "tails":
            again = conversation.prompt("Again")
            again.text()
            store.log(again)
    with_parts = Scripted(["seen"]).prompt(
        "Look",
        fragments=["A long fragment"],
        attachments=[llm.Attachment(type="text/plain", content=b"12345")],
    )
    with_parts.text()
    store.log(with_parts)
    chain: Any = Scripted(["it is 42"]).conversation().chain("Double 21", tools=[double])
    chain.text()
    chain.log_to_db(base)
    base.close()


main(sys.argv[1])
