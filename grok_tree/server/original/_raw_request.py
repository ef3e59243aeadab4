"""What the original's programs ask of a raw continuation."""

from __future__ import annotations

from collections.abc import Iterable

from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Settings
from grok_tree.samplers import RawPrompt
from grok_tree.server._numbers import shortest
from grok_tree.server.original._token_names import Vocabulary, token_name
from grok_tree.wire.original import parts, sampler

Request = sampler.SampleTokensRequest | sampler.TokenizeAndSampleTokensRequest


async def raw_prompt(request: Request, vocabulary: Vocabulary) -> RawPrompt:
    """Return what is continued, from which tokens.

    Raises:
        InvalidOperationError: It holds an image, or asks for attention.
    """
    if request.return_attention:
        raise InvalidOperationError(
            "return_attention is set, and no model here tells its attention; leave it out"
        )
    settings = request.settings
    names = vocabulary.without_twins
    stop_tokens = await names(settings.stop_tokens)
    return RawPrompt(
        _inputs(request),
        tuple(str(one) for one in stop_tokens),
        await names(map(token_name, settings.allowed_tokens)),
        await names(map(token_name, settings.disallowed_tokens)),
    )


def raw_settings(request: Request) -> Settings:
    """Return the settings that are asked for; nothing is, where a request has none at all.

    The original's fields cannot be left out one by one: temperature 0 is greedy and seed 0 a seed,
    but no length and no nucleus can be 0, so that leaves both to the model. Stop strings are not
    among them, since the original gives them back with the answer.
    """
    if not request.HasField("settings"):
        return Settings()
    asked = request.settings
    return Settings(
        temperature=shortest(asked.temperature),
        top_p=shortest(asked.nucleus_p) if asked.nucleus_p else None,
        max_tokens=asked.max_len or None,
        seed=asked.rng_seed,
    )


def _inputs(request: Request) -> tuple[str | tuple[int, ...], ...]:
    """Return the texts and tokens to continue: the inputs, else what old releases send."""
    if isinstance(request, sampler.TokenizeAndSampleTokensRequest):
        return (request.text,)
    if request.inputs:
        return tuple(_parts(request.inputs))
    return (tuple(request.prompt),)


def _parts(inputs: Iterable[parts.PromptPart]) -> Iterable[str | tuple[int, ...]]:
    for one in inputs:
        match one.WhichOneof("payload"):
            case "text":
                yield one.text
            case "token_ids":
                yield tuple(one.token_ids.tokens)
            case None:
                raise InvalidOperationError("an input is empty; give a text or tokens")
            case _:
                raise InvalidOperationError(
                    "an input is an image, and no model here goes on from one without a"
                    " conversation; attach it to a message of a chat"
                )
