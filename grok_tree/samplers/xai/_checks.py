"""What is refused before anything is sent."""

from __future__ import annotations

from grok_tree.errors import SamplerRefused
from grok_tree.forest import FUNCTION, Model, Settings
from grok_tree.samplers._capabilities import check_settings_supported
from grok_tree.samplers._contract import Prompt
from grok_tree.samplers.xai._models import EMBEDDER, PROVIDER, UNKNOWN, efforts_of
from grok_tree.samplers.xai._tools import N_TOOLS, SERVER_TOOLS

N_ALTERNATIVES = 8
N_STOPS = 8


def check_settings(name: str, listed: Model | None, settings: Settings) -> None:
    """Refuse settings that a model is known not to follow.

    Args:
        name: ``xai/model``.
        listed: What is known of it; None: nothing, so it may do everything.
        settings: What is asked.

    Raises:
        SamplerRefused: Saying which setting, and what would be right.
    """
    can = UNKNOWN if listed is None else listed.capabilities
    if can == EMBEDDER:
        raise _refused(name, "turns texts into vectors and answers nothing: ask another model")
    check_settings_supported(name, can, settings)
    if settings.top_logprobs > N_ALTERNATIVES:
        raise _refused(name, f"gives at most {N_ALTERNATIVES} alternatives: lower top_logprobs")
    if len(settings.stop) > N_STOPS:
        raise _refused(name, f"takes at most {N_STOPS} stop texts")
    _check_effort(name, listed, settings)
    _check_tools(name, settings)


def check_beginning(name: str, prompt: Prompt) -> None:
    """Refuse an answer that is begun already.

    Raises:
        SamplerRefused: It is.
    """
    if prompt.prefill:
        raise _refused(
            name,
            "cannot continue an answer that is begun, since xAI documents no way to: sample anew,"
            " or name a model with the capability 'prefill', such as local/smollm2-135m"
            " (grok-tree models lists them)",
        )


def _check_effort(name: str, listed: Model | None, settings: Settings) -> None:
    names = (name,) if listed is None else (listed.name, *listed.aliases)
    efforts = efforts_of([one.removeprefix(f"{PROVIDER}/") for one in names])
    if settings.reasoning_effort is not None and settings.reasoning_effort not in efforts:
        raise _refused(
            name,
            f"does not know the reasoning_effort {settings.reasoning_effort!r}: it takes"
            f" {', '.join(efforts)}",
        )


def _check_tools(name: str, settings: Settings) -> None:
    if len(settings.tools) > N_TOOLS:
        raise _refused(name, f"takes at most {N_TOOLS} tools")
    for tool in settings.tools:
        if tool.kind != FUNCTION and tool.kind not in SERVER_TOOLS:
            known = ", ".join((FUNCTION, *SERVER_TOOLS))
            raise _refused(name, f"knows no tool of kind {tool.kind!r}: there are {known}")


def _refused(name: str, why: str) -> SamplerRefused:
    return SamplerRefused(f"{name} {why}", model=name)
