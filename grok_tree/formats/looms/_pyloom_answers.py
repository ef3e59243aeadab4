"""What pyloom keeps of the model's answers, beside the nodes that were made of them."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from grok_tree.forest import FinishReason
from grok_tree.formats._loose import key_of, list_of, name_of, object_of, without
from grok_tree.formats.looms._tokens import LooseToken, loose_tokens

_REASONS: frozenset[Any] = frozenset(get_args(FinishReason))


class Answer(NamedTuple):
    """One completion of a model.

    Attributes:
        said: What goes into a draft.
        text: As it was sampled; the node's may have been edited since.
        tokens: Of that text.
        prompt: What the model was shown, empty where that was not kept.
        rest: What has no field.
    """

    said: dict[str, Any]
    text: str
    tokens: list[LooseToken]
    prompt: str
    rest: dict[str, Any]


class Answers:
    """The answers of one tree.

    Args:
        found: The object of them, by id.
    """

    def __init__(self, found: Any) -> None:
        self._found = object_of(found)
        self._used: set[tuple[str, int]] = set()

    def of(self, rest: dict[str, Any], meta: dict[str, Any]) -> Answer | None:
        """Return what a node was made of; the words for it are taken out of `rest` or `meta`."""
        named = object_of(rest.get("generation"))
        key = key_of(named.get("id"))
        index: Any = named.get("index")
        completions = list_of(object_of(self._found.get(key or "")).get("completions"))
        known = type(index) is int and 0 <= index < len(completions)
        if key and known and isinstance(completions[index], dict):
            del rest["generation"]
            self._used.add((key, index))
            return _answer(self._found[key], completions[index])
        inline = meta.get("generation")
        return _inline(meta.pop("generation")) if isinstance(inline, dict) else None

    def unused(self) -> dict[str, Any]:
        """Return the answers of which no node was made, or is there still."""
        left: dict[str, Any] = {}
        for key, one in self._found.items():
            completions = list_of(object_of(one).get("completions"))
            kept = [
                completion
                for index, completion in enumerate(completions)
                if (key, index) not in self._used
            ]
            if kept:
                left[key] = {**one, "completions": kept}
            elif not completions:
                left[key] = one
        return left


def _answer(whole: dict[str, Any], completion: dict[str, Any]) -> Answer:
    said, rest = _said(whole.get("model"), completion.get("finishReason"))
    rest |= without(completion, "text", "tokens", "finishReason")
    rest |= without(whole, "completions", "prompt", "model", "id")
    prompt = whole.get("prompt")
    return Answer(
        said=said,
        text=name_of(completion.get("text")),
        tokens=[_token(object_of(one)) for one in list_of(completion.get("tokens"))],
        prompt=name_of(prompt.get("text") if isinstance(prompt, dict) else prompt),
        rest={name: one for name, one in rest.items() if one not in ("", None)},
    )


def _inline(generation: dict[str, Any]) -> Answer:
    """Return an answer as older files have it, inside of the node."""
    said, rest = _said(generation.get("model"), generation.get("finishReason"))
    rest |= without(generation, "model", "prompt", "logprobs", "finishReason")
    return Answer(
        said=said,
        text="",
        tokens=loose_tokens(generation.get("logprobs")),
        prompt=name_of(generation.get("prompt")),
        rest=rest,
    )


def _said(model: Any, reason: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a model and why it stopped as fields, and what of them is no field's value."""
    said: dict[str, Any] = {"model_name": name_of(model)}
    rest = {} if isinstance(model, str) else {"model": model}
    if isinstance(reason, str) and reason in _REASONS:
        said["finish_reason"] = reason
    elif reason is not None:
        rest["finishReason"] = reason
    return said, {name: one for name, one in rest.items() if one is not None}


def _token(one: dict[str, Any]) -> LooseToken:
    generated = object_of(one.get("generatedToken"))
    return LooseToken(generated.get("token"), generated.get("logprob"), one.get("counterfactuals"))
