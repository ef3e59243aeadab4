"""The commands inside a chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grok_tree.cli._console import Console
from grok_tree.cli._sampling import follow
from grok_tree.cli._short_ids import short_ids
from grok_tree.cli._show import write_tree
from grok_tree.cli._spans import Span, wrap
from grok_tree.cli._tree import TreeStyle
from grok_tree.cli._visible import isolated, visible_line
from grok_tree.client import SyncConversation, SyncResponse
from grok_tree.errors import InvalidOperationError, ResponseNotFound
from grok_tree.forest import Forest, counted

HELP = """\
/resample [N]   sample the last answer again, once or N times
/replace TEXT   say your last message differently; the old one stays
/tree           show the whole forest
/branch         list the tips, where branches end
/select ID      go on from a response; the beginning of its id is enough
/star           star the last response, or take its star away
/share          publish the path to here, and write its address
/help           this list
//TEXT          send a text that begins with a stroke"""

_NOTHING = "there is nothing here yet; say something first"


class ChatCommands:
    """Obeys commands over one conversation."""

    def __init__(
        self, console: Console, conversation: SyncConversation, options: Mapping[str, Any]
    ) -> None:
        self._console = console
        self._conversation = conversation
        self._options = options
        self._known: Mapping[str, Callable[[str], None]] = {
            "resample": self._resample,
            "replace": self._replace,
            "tree": self._tree,
            "branch": self._branch,
            "select": self._select,
            "star": self._star,
            "share": self._share,
            "help": self._help,
        }

    def run(self, line: str) -> None:
        """Obey a command, given without its stroke.

        Raises:
            InvalidOperationError: There is no such command, or it makes no sense here.
        """
        name, _, argument = line.partition(" ")
        command = self._known.get(name)
        if command is None:
            raise InvalidOperationError(
                f"there is no command /{name}; /help lists them, and //{name} sends it as text"
            )
        command(argument.strip())

    def _resample(self, argument: str) -> None:
        if argument and not argument.isdecimal():
            raise InvalidOperationError(f"/resample takes a number, not {argument!r}")
        group = self._leaf().resample_many(int(argument or 1), **self._options)
        found = follow(self._console, group, announce=False)
        if len(found) > 1:
            self._console.say(f"{counted(len(found), 'sibling')}; /select goes on from another")

    def _replace(self, argument: str) -> None:
        if not argument:
            raise InvalidOperationError("/replace needs a text: what you say instead")
        human = next((r for r in reversed(self._leaf().path) if r.sender == "human"), None)
        if human is None:
            raise InvalidOperationError("there is no message of yours on this path to replace")
        follow(self._console, human.replace(argument, **self._options), announce=False)

    def _tree(self, _argument: str) -> None:
        style = TreeStyle(width=self._console.width, colour=self._console.colour, differences=True)
        write_tree(self._console, self._forest(), style)

    def _branch(self, _argument: str) -> None:
        forest = self._forest()
        short = short_ids(forest.responses.ids)
        for tip in forest.tips:
            mark = "*" if tip.response_id == forest.conversation.leaf_response_id else " "
            spans = [
                Span(f"{mark} ", "mark"),
                Span(f"{short[tip.response_id]}  ", "faint"),
                Span(isolated(visible_line(tip.message))),
            ]
            self._console.line(*wrap(spans, self._console.width, max_lines=1)[0])

    def _select(self, argument: str) -> None:
        if not argument:
            raise InvalidOperationError("/select needs an id; /tree and /branch show them")
        response = self._conversation.get_response(self._resolved(argument))
        response.select()
        self._console.say(f"going on from: {visible_line(response.message, limit=60)}")

    def _star(self, _argument: str) -> None:
        response = self._leaf()
        if response.starred:
            response.unstar()
        else:
            response.star()
        self._console.say("starred" if response.starred else "not starred any more")

    def _share(self, _argument: str) -> None:
        self._console.line(self._leaf().share())
        self._console.say("it can be read while this chat, or a server of this database, runs")

    def _help(self, _argument: str) -> None:
        self._console.lines([HELP])

    def _leaf(self) -> SyncResponse:
        leaf = self._conversation.leaf
        if leaf is None:
            raise InvalidOperationError(_NOTHING)
        return leaf

    def _forest(self) -> Forest:
        try:
            return self._conversation.forest
        except InvalidOperationError:
            raise InvalidOperationError(_NOTHING) from None

    def _resolved(self, prefix: str) -> str:
        ids = self._forest().responses.ids
        found = [known for known in ids if known.startswith(prefix.lower())]
        if len(found) != 1:
            what = "is the beginning of several responses here" if found else "is no response here"
            raise ResponseNotFound(f"{prefix!r} {what}; /tree shows their ids")
        return found[0]
