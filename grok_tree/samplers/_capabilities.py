"""What models can do, asked before anything is stored or spent."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from grok_tree.errors import SamplerRefused
from grok_tree.forest import FUNCTION, Attachment, Settings
from grok_tree.samplers._contract import CAPABILITIES, Capability, Sampler


def needed_by(settings: Settings) -> Iterator[tuple[Capability, str]]:
    """Yield each capability that settings need, with the setting that needs it."""
    for name in ("top_k", "min_p", "seed", "reasoning_effort"):
        if getattr(settings, name) is not None:
            yield name, name
    for penalty in ("frequency_penalty", "presence_penalty"):
        if getattr(settings, penalty) is not None:
            yield "penalties", penalty
    if settings.stop:
        yield "stop", "stop"
    if settings.logprobs:
        yield "logprobs", "logprobs"
    if settings.response_format:
        yield "structured", "response_format"
    for tool in settings.tools:
        yield ("tools", "a function") if tool.kind == FUNCTION else ("server_tools", tool.kind)


def check_settings_supported(model: str, can: Collection[str], settings: Settings) -> None:
    """Refuse settings that a model cannot follow.

    Args:
        model: Its whole name, ``provider/model``.
        can: Its capabilities.
        settings: What is asked of it.

    Raises:
        SamplerRefused: Naming the first setting that it cannot follow.
    """
    for capability, setting in needed_by(settings):
        if capability not in can:
            raise _refused(model, capability, setting)


def check_attachments_supported(
    model: str, can: Collection[str], attachments: Collection[Attachment]
) -> None:
    """Refuse attachments that a model cannot read.

    Raises:
        SamplerRefused: Naming the first that it cannot.
    """
    for attachment in attachments:
        needed: Capability = "images" if attachment.is_image else "files"
        if needed not in can:
            what = attachment.name or attachment.url or attachment.file_id
            raise _refused(model, needed, f"the attachment {what}")


def check_capability(sampler: Sampler, model: str, capability: Capability, why: str) -> None:
    """Refuse what a model cannot do.

    Args:
        sampler: The provider.
        model: The model, without the provider.
        capability: What it must be able to do.
        why: What needs it, for the message.

    Raises:
        SamplerRefused: The model cannot.
    """
    if capability not in capabilities_of(sampler, model):
        raise _refused(f"{sampler.provider}/{model}", capability, why)


def capabilities_of(sampler: Sampler, model: str) -> frozenset[str]:
    """Return what a model can do.

    One that its provider does not list may be able to do what any listed one can: the provider
    refuses it otherwise.
    """
    name = f"{sampler.provider}/{model}"
    listed = sampler.models()
    own = [one for one in listed if name in (one.name, *one.aliases)] or listed
    return frozenset(capability for one in own for capability in one.capabilities)


def _refused(model: str, capability: Capability, why: str) -> SamplerRefused:
    return SamplerRefused(
        f"{why} needs a model with the capability {capability!r} ({CAPABILITIES[capability]}),"
        f" which {model} has not; name another one (grok-tree models lists them)",
        model=model,
    )
