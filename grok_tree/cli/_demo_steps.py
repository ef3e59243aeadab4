"""What the demo does, step by step."""

from __future__ import annotations

import shlex
import shutil
import sys

from grok_tree.cli._console import Console
from grok_tree.cli._files import output_file
from grok_tree.cli._rows import response_text
from grok_tree.cli._sampling import follow
from grok_tree.cli._short_ids import short_ids
from grok_tree.cli._show import write_tree
from grok_tree.cli._spans import Span
from grok_tree.cli._tree import TreeStyle
from grok_tree.client import Client, SamplingOptions, SyncConversation, SyncResponse, SyncSampling
from grok_tree.forest import counted
from grok_tree.formats import write_native

_SYSTEM_PROMPT = "Answer in one short English sentence."
"""A firm one: without it, a model this small wanders off."""

_QUESTION = "Why do people like music?"
_OTHER_QUESTION = "Why do people like trees?"
_FOLLOW_UP = "And why do they dance?"
_BY_HAND = "People like music because it brings joy, and because it is theirs."
_N_STEPS = 6


class Demo:
    """Grows one conversation in front of the user."""

    def __init__(self, console: Console, client: Client, model: str) -> None:
        self._console = console
        self._client = client
        self._model = model
        self._step = 0

    def run(self, *, output: str, database: str) -> None:
        """Do all steps, show the forest, and say what to try next.

        Args:
            output: The file to export to.
            database: Where the conversation is kept, for the commands to try.
        """
        conversation = self._client.grok.create_conversation(
            model_name=self._model, system_prompt=_SYSTEM_PROMPT, title="Demo"
        )
        answer = self._ask(conversation)
        self._resample(answer)
        self._go_on(answer)
        self._replace(answer)
        self._show(conversation)
        self._export(conversation, output)
        self._say_what_next(conversation, answer, output, database)

    def _ask(self, conversation: SyncConversation) -> SyncResponse:
        self._head(f"Ask {self._model}, which runs on this machine: {_QUESTION}")
        return self._follow(conversation.add_response(_QUESTION, **_asked(0.2)))

    def _resample(self, answer: SyncResponse) -> None:
        self._head("What else could it have said? Four siblings from one call, and a bolder one")
        group = answer.resample_many(4, **_asked(0.9))
        with self._console.waiting("four siblings"):
            responses = group.result()
        for response in responses:
            self._console.lines(response_text(response.value))
        self._follow(answer.resample(**_asked(1.4)))

    def _go_on(self, answer: SyncResponse) -> None:
        self._head(f"Go back to the first answer, star it, and ask on: {_FOLLOW_UP}")
        answer.star()
        self._follow(answer.reply(_FOLLOW_UP, **_asked(0.5)))

    def _replace(self, answer: SyncResponse) -> None:
        self._head(f"Ask something else in the same place, and answer by hand: {_OTHER_QUESTION}")
        question = answer.parent_response
        assert question is not None  # it was asked above
        self._follow(question.replace(_OTHER_QUESTION, **_asked(0.2)))
        self._follow(answer.replace(_BY_HAND))

    def _show(self, conversation: SyncConversation) -> None:
        marks = "in colour" if self._console.colour else "in {+ +}"
        self._head(f"Nothing was overwritten. The forest, with each sibling's own words {marks}")
        conversation.refresh()
        style = TreeStyle(
            width=self._console.width, colour=self._console.colour, lines=2, differences=True
        )
        write_tree(self._console, conversation.forest, style)

    def _export(self, conversation: SyncConversation, output: str) -> None:
        self._head(f"Export it as JSON Lines to {output}")
        with output_file(output) as file:
            n_responses = write_native(conversation.forest, file)
        self._console.line(f"{counted(n_responses, 'response')}, one a line")

    def _say_what_next(
        self, conversation: SyncConversation, answer: SyncResponse, output: str, database: str
    ) -> None:
        ids = [conversation.conversation_id, *conversation.forest.responses.ids]
        short = short_ids(ids)
        at = f"--database {shlex.quote(database)}"
        whole, one = short[conversation.conversation_id], short[answer.response_id]
        program = "grok-tree" if shutil.which("grok-tree") else shlex.quote(sys.argv[0])
        self._console.line()
        self._console.line(Span("Try next:", "title"))
        for command, why in (
            (f"chat {whole} {at}", "talk on in this forest"),
            (f"resample {one} -n 8 --temperature 1 {at}", "eight more siblings"),
            (f"show {whole} --diff --all {at}", "the tree again"),
            (f"import {shlex.quote(output)}", "take it into your own database"),
            ("--help", "everything else"),
        ):
            self._console.line(f"  {program} {command}", Span(f"   # {why}", "faint"))

    def _head(self, what: str) -> None:
        self._step += 1
        if self._step > 1:
            self._console.line()
        self._console.line(Span(f"{self._step}/{_N_STEPS}  ", "mark"), Span(what, "title"))

    def _follow(self, sampling: SyncSampling) -> SyncResponse:
        follow(self._console, sampling, announce=False)
        return sampling.result()


def _asked(temperature: float) -> SamplingOptions:
    """Return the options of a sampling: short, and the same in every run of one machine."""
    return {"temperature": temperature, "seed": 1, "max_tokens": 40}
