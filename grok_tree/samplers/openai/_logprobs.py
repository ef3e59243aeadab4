"""Log-probabilities of tokens, in the two forms that servers use."""

from __future__ import annotations

from itertools import zip_longest

from grok_tree.forest import Token, TokenAlternative, TokenLogprob
from grok_tree.samplers.openai._chunks import (
    ChatLogprob,
    ChatLogprobs,
    Raw,
    TextLogprobs,
    read_part,
)


def pieces(text: str, raw: Raw, index: int, n_alternatives: int) -> list[Token]:
    """Return a text as its tokens, with their log-probabilities.

    Tokens that are half a character, or that were held back as the possible beginning of a stop
    text, come together with others as one text. Where the tokens are not the text again, it stays
    in one piece, and has the log-probability of its token only if that is a single one.

    Args:
        text: What a chunk adds to the answer.
        raw: Its log-probabilities.
        index: The sibling.
        n_alternatives: How many alternatives are kept of each token.
    """
    tokens = _tokens(raw)
    if len(tokens) == 1:
        return [Token(text, index, logprob=_logprob(text, tokens[0], n_alternatives))]
    if tokens and "".join(token.token for token in tokens) == text:
        return [
            Token(token.token, index, logprob=_logprob(token.token, token, n_alternatives))
            for token in tokens
            if token.token
        ]
    return [Token(text, index)] if text else []


def _tokens(raw: Raw) -> list[ChatLogprob]:
    chat = read_part(raw, ChatLogprobs)
    if chat is not None and chat.content is not None:
        return chat.content
    older = read_part(raw, TextLogprobs)
    if older is None:
        return []
    return [
        ChatLogprob(token, logprob, [ChatLogprob(*other) for other in (others or {}).items()])
        for token, logprob, others in zip_longest(
            older.tokens, older.token_logprobs, older.top_logprobs or ()
        )
        if token is not None and logprob is not None
    ]


def _logprob(text: str, token: ChatLogprob, n_alternatives: int) -> TokenLogprob:
    others = sorted(token.top_logprobs or (), key=lambda other: -other.logprob)
    kept = tuple(TokenAlternative(other.token, other.logprob) for other in others[:n_alternatives])
    return TokenLogprob(text, token.logprob, kept)
