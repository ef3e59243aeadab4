"""Which models there are, as xAI lists its own."""

from __future__ import annotations

from typing import Any

from grok_tree.errors import ModelNotFound
from grok_tree.forest import Model
from grok_tree.server._guard import Context
from grok_tree.server.xai._schema import Schema
from grok_tree.server.xai._words import model_word
from grok_tree.service import Forests

PER_USD = 10_000
"""Prices there are in hundredths of a cent, for a million tokens."""

EMBEDDINGS = "embeddings"
_BESIDE = {EMBEDDINGS, "tokenizer"}
"""What models can do that only turn texts into vectors."""


class ModelsDoor:
    """Serves `xai_api.Models`; models that cannot be used now are left out."""

    def __init__(self, schema: Schema, forests: Forests) -> None:
        """Open the door.

        Args:
            schema: xAI's words.
            forests: The use cases behind it.
        """
        self._schema = schema
        self._forests = forests

    async def ListLanguageModels(self, _request: Any, _: Context) -> Any:
        found = [self._language_model(one) for one in await self._models(embedding=False)]
        return self._schema.models.ListLanguageModelsResponse(models=found)

    async def GetLanguageModel(self, request: Any, _: Context) -> Any:
        return self._language_model(await self._named(request.name, embedding=False))

    async def ListEmbeddingModels(self, _request: Any, _: Context) -> Any:
        found = [self._embedding_model(one) for one in await self._models(embedding=True)]
        return self._schema.models.ListEmbeddingModelsResponse(models=found)

    async def GetEmbeddingModel(self, request: Any, _: Context) -> Any:
        return self._embedding_model(await self._named(request.name, embedding=True))

    async def ListImageGenerationModels(self, _request: Any, _: Context) -> Any:
        """Return none: no model here makes images by itself."""
        return self._schema.models.ListImageGenerationModelsResponse()

    async def GetImageGenerationModel(self, request: Any, _: Context) -> Any:
        raise _unknown(request.name)

    async def _models(self, *, embedding: bool) -> list[Model]:
        found = await self._forests.list_models()
        fits = _embeds if embedding else _talks
        return [one for one in found if one.available and fits(one)]

    async def _named(self, name: str, *, embedding: bool) -> Model:
        for one in await self._models(embedding=embedding):
            names = (one.name, *one.aliases)
            if name and name in (*names, *map(model_word, names)):
                return one
        raise _unknown(name)

    def _language_model(self, model: Model) -> Any:
        models, prices = self._schema.models, model.prices
        sees = [models.IMAGE] if "images" in model.capabilities else []
        return models.LanguageModel(
            **_names(model),
            input_modalities=[models.TEXT, *sees],
            output_modalities=[models.TEXT],
            prompt_text_token_price=_price(prices.prompt if prices else None),
            prompt_image_token_price=_price(prices.prompt if prices and sees else None),
            cached_prompt_token_price=_price(prices.cached_prompt if prices else None),
            completion_text_token_price=_price(prices.completion if prices else None),
            max_prompt_length=min(model.context_length, 2**31 - 1),
        )

    def _embedding_model(self, model: Model) -> Any:
        models, prices = self._schema.models, model.prices
        return models.EmbeddingModel(
            **_names(model),
            input_modalities=[models.TEXT],
            output_modalities=[models.EMBEDDING],
            prompt_text_token_price=_price(prices.prompt if prices else None),
        )


def _embeds(model: Model) -> bool:
    return EMBEDDINGS in model.capabilities


def _talks(model: Model) -> bool:
    return not _embeds(model) or bool(set(model.capabilities) - _BESIDE)


def _names(model: Model) -> dict[str, Any]:
    return {"name": model_word(model.name), "aliases": map(model_word, model.aliases)}


def _price(usd: float | None) -> int:
    return 0 if usd is None else round(usd * PER_USD)


def _unknown(name: str) -> ModelNotFound:
    return ModelNotFound(f"no model of this kind is named {name!r} here; list them", model=name)
