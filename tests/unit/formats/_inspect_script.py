"""Writes logs with the real inspect_ai, and says what its own reader finds in them.

``python _inspect_script.py FOLDER`` runs where that package is installed, not in our environment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageUser,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import includes
from inspect_ai.solver import solver


def _choice(text: str) -> ChatCompletionChoice:
    return ChatCompletionChoice(
        message=ChatMessageAssistant(content=text, source="generate"),
        stop_reason="stop",
        logprobs=Logprobs(content=[Logprob(token=text, logprob=-0.5)]),
    )


def _outputs() -> Iterator[ModelOutput]:
    number = 0
    while True:
        number += 1
        yield ModelOutput(
            model="mockllm/model",
            choices=[_choice(f"answer {number}"), _choice("the same each time")],
            usage=ModelUsage(input_tokens=3, output_tokens=2, total_tokens=5),
        )


def _asking_twice() -> Any:
    async def solve(state: Any, generate: Any) -> Any:
        state = await generate(state)
        state.messages.append(ChatMessageUser(content="And again? " + "very long " * 50))
        return await generate(state)

    return solve


def main(folder: str) -> None:
    told = []
    for layout in ("eval", "json"):
        task = Task(
            name="proof",
            dataset=[Sample(id="one", input="First", target="answer"), Sample(input="Second")],
            solver=solver(_asking_twice)(),
            scorer=includes(),
            config=GenerateConfig(temperature=0.5, num_choices=2, seed=11),
        )
        (log,) = eval(
            task,
            model=get_model("mockllm/model", custom_outputs=_outputs()),
            epochs=2,
            log_dir=folder,
            log_format=layout,
            display="none",
        )
        again = read_eval_log(log.location)
        told.append({"path": log.location, "samples": [_said(one) for one in again.samples or []]})
    json.dump(told, sys.stdout)


def _said(sample: Any) -> dict[str, Any]:
    calls = [event for event in sample.events if event.event == "model"]
    return {
        "uuid": sample.uuid,
        "messages": [message.text for message in sample.messages],
        "choices": sorted(one.message.text for call in calls for one in call.output.choices),
        "tokens": sum(call.output.usage.total_tokens for call in calls),
    }


if __name__ == "__main__":
    main(sys.argv[1])
