"""A chat: reads lines, answers them, and obeys commands until there are no more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from grok_tree.cli._chat_commands import ChatCommands
from grok_tree.cli._console import Console
from grok_tree.cli._errors import Interrupted, SomeSamplesFailed
from grok_tree.cli._sampling import follow
from grok_tree.cli._spans import Span, paint
from grok_tree.client import SyncConversation
from grok_tree.errors import GrokTreeError, SamplingError


class ChatSession:
    """One sitting over one conversation."""

    def __init__(
        self, console: Console, conversation: SyncConversation, options: dict[str, Any]
    ) -> None:
        """Begin a chat.

        Args:
            console: How it talks.
            conversation: Where it goes on.
            options: Of every sampling.
        """
        self._console = console
        self._conversation = conversation
        self._options = options
        self._commands = ChatCommands(console, conversation, options)
        self._titled = False
        self._a_sample_failed = False

    def run(self) -> None:
        """Read and answer until an empty line or the end of the input.

        Raises:
            SomeSamplesFailed: At least one answer failed, and was named.
        """
        if sys.stdin.isatty():
            self._console.say("an empty line ends the chat; /help lists the commands", "faint")
        while line := self._read():
            try:
                self._obey(line)
            except Interrupted as stopped:
                self._go_on_from(stopped.kept)
            except SamplingError as error:
                self._a_sample_failed = True
                self._complain(error)
            except SomeSamplesFailed:
                self._a_sample_failed = True
            except GrokTreeError as error:
                self._console.complain(error.message)
        if self._a_sample_failed:
            raise SomeSamplesFailed

    def _read(self) -> str:
        """Return the next line, empty at the end."""
        if not sys.stdin.isatty():
            return sys.stdin.readline().strip()
        prompt = paint([Span("You: ", "human")], colour=self._console.colour)
        while True:
            try:
                return input(prompt).strip()
            except KeyboardInterrupt:
                self._console.say("\n(an empty line or Ctrl-D ends the chat)", "faint")
            except EOFError:
                self._console.line()
                return ""

    def _obey(self, line: str) -> None:
        if line.startswith("/") and not line.startswith("//"):
            self._commands.run(line[1:])
            return
        # Two strokes say one stroke, so that every text can be sent.
        message = line[1:] if line.startswith("//") else line
        sampling = self._conversation.add_response(message, **self._options)
        follow(self._console, sampling, announce=False)
        self._give_title()

    def _go_on_from(self, kept: Sequence[str]) -> None:
        """Make what the user stopped, and still sees, the end of the path."""
        for response_id in kept[:1]:
            self._conversation.get_response(response_id).select()

    def _complain(self, error: SamplingError) -> None:
        self._console.complain(error.message)
        if error.response_id is not None:
            hint = f"/select {error.response_id} goes on from it"
            self._console.say(f"what came is kept as a partial response; {hint}")

    def _give_title(self) -> None:
        if self._titled:
            return
        self._titled = True
        if not self._conversation.title:
            with self._console.waiting("finding a title"):
                title = self._conversation.generate_title()
            self._console.say(f"({title})", "faint")
