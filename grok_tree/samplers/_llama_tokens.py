"""What the runtime knows of tokens, asked over its own port."""

from __future__ import annotations

import json
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from grok_tree.errors import SamplingError
from grok_tree.samplers._contract import TextToken
from grok_tree.samplers._llama_answer import runtime_error

_PATIENCE_S = 60.0
_TEMPLATE_KEYS = ("messages", "continue_final_message", "add_generation_prompt")


class Tokens:
    """The vocabulary of a loaded model: texts as numbers of tokens."""

    def __init__(self, address: str, key: str) -> None:
        """Make it for the runtime that listens at an address.

        Args:
            address: Its URL.
            key: Opens the port.
        """
        self._place = urlsplit(address).netloc
        self._headers = {"Authorization": f"Bearer {key}"}

    @cached_property
    def n_known(self) -> int:
        """How many tokens the model has."""
        return int(self._ask("GET", "/v1/models")["data"][0]["meta"]["n_vocab"])

    def numbers(self, text: str, *, begins: bool = False) -> list[int]:
        """Return the tokens of a text; the marks of the model's template count as tokens.

        Args:
            text: The text.
            begins: Whether the model's own mark of a beginning comes first, if it has one.

        Raises:
            SamplingError: The text is no Unicode.
        """
        asked = {"content": text, "add_special": begins, "parse_special": True}
        found: list[int] = self._ask("POST", "/tokenize", asked)["tokens"]
        return found

    def tokens(self, text: str) -> list[TextToken]:
        """Return the tokens of a text with their bytes, without a mark of a beginning.

        Raises:
            SamplingError: The text is no Unicode.
        """
        asked = {
            "content": text,
            "add_special": False,
            "parse_special": True,
            "with_pieces": True,
        }
        found = self._ask("POST", "/tokenize", asked)["tokens"]
        return [TextToken(one["id"], piece_bytes(one["piece"])) for one in found]

    def n_of_chat(self, request: dict[str, Any]) -> int:
        """Return how many tokens the messages of a request are.

        Raises:
            SamplingError: The model's template refuses them.
        """
        asked = {name: request[name] for name in _TEMPLATE_KEYS if name in request}
        text = self._ask("POST", "/apply-template", asked)["prompt"]
        return len(self.numbers(text, begins=True))

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = HTTPConnection(self._place, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, json.dumps(body).encode(), self._headers)
            reply = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            raise SamplingError(
                f"the local model failed: no answer to {path} ({error}); sample again"
            ) from error
        finally:
            connection.close()
        if "error" in reply:
            raise runtime_error(reply["error"])
        return reply


def piece_bytes(piece: str | list[int]) -> bytes:
    """Return the bytes of a token, which come as numbers where they are no whole characters."""
    return piece.encode() if isinstance(piece, str) else bytes(piece)
