"""Replay: a recorded forest answers in the place of the models that grew it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

import anyio.to_thread
import msgspec

from grok_tree.errors import (
    GrokTreeError,
    ModelNotFound,
    SamplerRefused,
    SamplerUnavailable,
)
from grok_tree.forest import (
    FREE,
    Finished,
    FinishReason,
    Model,
    Reasoning,
    SamplerEvent,
    Settings,
    Token,
    parts_of,
)
from grok_tree.samplers._capabilities import check_settings_supported
from grok_tree.samplers._contract import CAPABILITIES, Prompt, Recorded, SamplerSetup, Turn
from grok_tree.samplers._recording import Answer, Recording, digest

_CANNOT = ("completion", "embeddings", "logprobs", "token_limits", "tokenizer")
_CAN = tuple(name for name in CAPABILITIES if name not in _CANNOT)
_SUFFIX = ".jsonl"
_PIECE = re.compile(r"\s*\S+|\s+$")

ReadRecording = Callable[[Path], Sequence[Recorded]]


@dataclass(frozen=True)
class _Asked:
    """What the name of a model says: ``FILE.jsonl?mode=nearest&model=local/smollm2-135m``."""

    path: Path
    nearest: bool = False
    model_name: str = ""


class ReplaySampler:
    """Answers from forests that were exported in the native format.

    A model is named ``replay/FILE.jsonl``. It answers what was answered below the same path, with
    the same system prompt and the same settings; siblings are given in the order they were
    recorded, each once in a conversation unless it was sampled with a seed. Where the recording
    has no answer it fails. With ``?mode=nearest`` it gives the answer that fits best, and says in
    the provenance (``replayed``) what is different. With ``?model=NAME`` only the answers of one
    model count.
    """

    provider = "replay"

    def __init__(
        self,
        read: ReadRecording,
        *,
        folder: Path | None = None,
        anywhere: bool = False,
    ) -> None:
        """Make a sampler.

        Args:
            read: Reads a file.
            folder: Where recordings are; None for the working directory.
            anywhere: Whether files outside of the folder may be named, because whoever asks is the
                user of this machine.
        """
        self._read = read
        self._folder = (folder or Path()).resolve()
        self._anywhere = anywhere
        self._recordings: dict[tuple[_Asked, float], Recording] = {}
        self._given: Counter[str] = Counter()

    @classmethod
    def from_setup(cls, setup: SamplerSetup) -> Self:
        """Return the sampler of this machine.

        Raises:
            SamplerUnavailable: Nothing was given that reads recordings.
        """
        if setup.read_recording is None:
            raise SamplerUnavailable("recordings cannot be read here; use a grok_tree server")
        folder = setup.options.get("folder")
        return cls(
            setup.read_recording,
            folder=Path(folder) if folder else None,
            anywhere=setup.trusted,
        )

    def models(self) -> Sequence[Model]:
        """Return the recordings in the folder."""
        files = sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []
        listed = [_model(one.name) for one in files]
        return listed or [_model(f"FILE{_SUFFIX}", "export a forest, and name its file")]

    async def refresh(self) -> None:
        """Do nothing: the folder is looked at whenever models are listed."""

    def check(self, model: str, settings: Settings, n: int) -> None:  # noqa: ARG002
        """Refuse files that are not there, and settings that a recording cannot follow.

        Raises:
            ModelNotFound: There is no such file, or it may not be read.
            SamplerRefused: The recording has no log-probabilities.
        """
        self._asked(model)
        check_settings_supported(f"replay/{model}", _CAN, settings)

    async def sample(
        self, model: str, prompt: Prompt, settings: Settings, n: int
    ) -> AsyncGenerator[SamplerEvent, None]:
        """Yield the recorded answers, one sibling after the other.

        Raises:
            ModelNotFound: The file is not there or cannot be read.
            SamplerRefused: The recording has no answer here.
        """
        self.check(model, settings, n)
        asked = self._asked(model)
        recording = await anyio.to_thread.run_sync(self._recording, asked)
        path = await prompt.load_turns()
        # Every sibling is found before the first one speaks: a study fails before it says half.
        answers = [
            self._next(recording, asked, path, prompt=prompt, settings=_own(settings, index))
            for index in range(n)
        ]
        for index, (answer, how) in enumerate(answers):
            limits = settings if asked.nearest else Settings()
            for event in _played(answer, index, begun=len(prompt.prefill), limits=limits, how=how):
                yield event

    async def aclose(self) -> None:
        """Forget the recordings."""
        self._recordings.clear()

    def _asked(self, model: str) -> _Asked:
        name, _, query = model.partition("?")
        path = (self._folder / name).resolve()
        inside = self._anywhere or path.is_relative_to(self._folder)
        if not inside or path.suffix != _SUFFIX or not path.is_file():
            raise ModelNotFound(
                f"replay/{model} names no recording: there is no file {name} in {self._folder};"
                f" export a forest there, as a file that ends in {_SUFFIX}",
                model=f"replay/{model}",
            )
        options = {key: values[-1] for key, values in parse_qs(query).items()}
        mode = options.get("mode", "exact")
        if mode not in ("exact", "nearest") or set(options) - {"mode", "model"}:
            raise ModelNotFound(
                f"replay/{model} asks for {query!r}; after the file there may be"
                " ?mode=exact, ?mode=nearest and &model=NAME",
                model=f"replay/{model}",
            )
        return _Asked(path, mode == "nearest", options.get("model", ""))

    def _recording(self, asked: _Asked) -> Recording:
        key = (asked, asked.path.stat().st_mtime)
        if key not in self._recordings:
            try:
                recorded = self._read(asked.path)
            except GrokTreeError as error:
                raise ModelNotFound(
                    f"replay/{asked.path.name} cannot be replayed: {error.message}"
                ) from error
            self._recordings[key] = Recording(recorded, asked.model_name)
        return self._recordings[key]

    def _next(
        self,
        recording: Recording,
        asked: _Asked,
        path: Sequence[Turn],
        *,
        prompt: Prompt,
        settings: Settings,
    ) -> tuple[Answer, str]:
        """Return the next answer that fits, and how it does.

        Raises:
            SamplerRefused: There is none, or none that was not given before.
        """
        find = recording.nearest if asked.nearest else recording.exact
        found = find(path, prompt, settings)
        if settings.seed is None:
            place = self._place(asked, path, prompt, settings)
        else:
            # What was asked with the same seed was answered the same.
            place = 0 if found.how == "exact" else settings.seed
        if found.answers and (asked.nearest or settings.seed is not None):
            return found.answers[place % len(found.answers)], found.how
        if place < len(found.answers):
            return found.answers[place], found.how
        raise _no_answer(asked, path, len(found.answers))

    def _place(
        self, asked: _Asked, path: Sequence[Turn], prompt: Prompt, settings: Settings
    ) -> int:
        """Return how many answers of the same kind this conversation was given before."""
        said = [part for turn in path for part in (turn.sender, turn.message)]
        key = digest(
            str(asked),
            prompt.conversation_id,
            prompt.system_prompt,
            prompt.prefill,
            repr(settings),
            *said,
        )
        place = self._given[key]
        self._given[key] += 1
        return place


def _model(name: str, missing: str = "") -> Model:
    return Model(
        name=f"replay/{name}",
        description="the answers of a recorded forest",
        capabilities=_CAN,
        prices=FREE,
        unavailable_because=missing,
    )


def _own(settings: Settings, index: int) -> Settings:
    if settings.seed is None:
        return settings
    return msgspec.structs.replace(settings, seed=settings.seed + index)


def _no_answer(asked: _Asked, path: Sequence[Turn], n_given: int) -> SamplerRefused:
    last = " ".join(path[-1].message.split())
    shown = last if len(last) <= 60 else last[:59] + "…"
    had = f"all {n_given} answers were given" if n_given else "no answer was recorded"
    return SamplerRefused(
        f"recording {asked.path.name}: {had} to {shown!r} below this path, with this system prompt"
        " and these settings; ask as it was recorded, sample a live model, or add ?mode=nearest",
        n_recorded=n_given,
    )


def _played(
    answer: Answer, index: int, *, begun: int, limits: Settings, how: str
) -> Iterator[SamplerEvent]:
    """Yield what was recorded of one answer; in nearest mode the limits of the request hold."""
    response = answer.response
    if response.reasoning:
        yield Reasoning(response.reasoning, index)
    text, reason = _limited(response.message[begun:], limits)
    n_pieces = 0
    for piece in _PIECE.findall(text):
        n_pieces += 1
        yield Token(piece, index)
    yield from parts_of(response, index)
    usage = msgspec.structs.replace(response.usage, cost_usd=None)
    if reason is not None:
        usage = msgspec.structs.replace(usage, completion_tokens=n_pieces, estimated=True)
    yield Finished(
        finish_reason=reason or response.finish_reason or "stop",
        index=index,
        usage=usage,
        provenance={
            **({"model": response.model_name} if response.model_name else {}),
            "replayed": how,
            "recorded_response": response.response_id,
        },
        encrypted_reasoning=response.encrypted_reasoning,
    )


def _limited(text: str, limits: Settings) -> tuple[str, FinishReason | None]:
    """Return a text up to its first stop text and within its limit, and why it ends there."""
    ends = [place for stop in limits.stop if (place := text.find(stop)) >= 0]
    reason: FinishReason | None = "stop" if ends else None
    text = text[: min(ends, default=len(text))]
    pieces = _PIECE.findall(text)
    if limits.max_tokens is not None and len(pieces) > limits.max_tokens:
        return "".join(pieces[: limits.max_tokens]), "length"
    return text, reason
