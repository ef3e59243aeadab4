"""Raw prompts and vectors as messages and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grok_tree.forest import Settings, Usage
from grok_tree.wire._facts import settings_to_wire, usage_to_wire
from grok_tree.wire.v1 import forests_pb2 as pb

PAGE_NUMBERS = 64 * 1024
"""Numbers in one page of vectors, which take four bytes each."""

Input = str | Sequence[int]
TokenName = str | int


def complete_to_wire(
    model_name: str,
    inputs: Sequence[Input],
    settings: Settings,
    *,
    stop_tokens: Sequence[str],
    allowed_tokens: Sequence[TokenName],
    disallowed_tokens: Sequence[TokenName],
) -> pb.CompleteRequest:
    """Return the request to continue a text."""
    return pb.CompleteRequest(
        model_name=model_name,
        inputs=map(_input_to_wire, inputs),
        settings=settings_to_wire(settings),
        stop_tokens=stop_tokens,
        allowed_tokens=map(_name_to_wire, allowed_tokens),
        disallowed_tokens=map(_name_to_wire, disallowed_tokens),
    )


def inputs_from_wire(message: pb.CompleteRequest) -> tuple[str | tuple[int, ...], ...]:
    """Return the texts and tokens that a request wants continued."""
    return tuple(tuple(one.tokens) if one.tokens else one.text for one in message.inputs)


def token_name_from_wire(message: pb.TokenName) -> TokenName:
    """Return a token by its text or its number."""
    return message.number if message.WhichOneof("name") == "number" else message.text


def vector_pages(
    vectors: Sequence[Sequence[float]], model_name: str, usage: Usage
) -> Iterator[pb.EmbedPage]:
    """Yield vectors in messages of a bounded size; the last one says where they are from."""
    width = max(1, len(vectors[0]) if vectors else 1)
    step = max(1, PAGE_NUMBERS // width)
    for begin in range(0, len(vectors), step):
        page = pb.EmbedPage(vectors=[pb.Vector(values=v) for v in vectors[begin : begin + step]])
        if begin + step >= len(vectors):
            page.model_name = model_name
            page.usage.CopyFrom(usage_to_wire(usage))
        yield page


def _input_to_wire(one: Input) -> pb.RawInput:
    return pb.RawInput(text=one) if isinstance(one, str) else pb.RawInput(tokens=one)


def _name_to_wire(name: TokenName) -> pb.TokenName:
    return pb.TokenName(text=name) if isinstance(name, str) else pb.TokenName(number=name)
