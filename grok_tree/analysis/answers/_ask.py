"""The way to a group of answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grok_tree.analysis._estimates import LEVEL, check_level, check_seed
from grok_tree.analysis._given import AnyForest, OneResponse
from grok_tree.analysis.answers._clusters import Key, Same
from grok_tree.analysis.answers._group import group_of
from grok_tree.analysis.answers._linkage import Linkage, check_linkage
from grok_tree.analysis.answers._siblings import Siblings
from grok_tree.analysis.answers._ways import THRESHOLD, Ways
from grok_tree.errors import InvalidOperationError


def siblings(
    response: OneResponse | Sequence[OneResponse],
    *,
    forest: AnyForest | None = None,
    manual: bool = False,
    embeddings: Any = None,
    embed: Callable[[list[str]], Any] | None = None,
    threshold: float = THRESHOLD,
    linkage: Linkage = "average",
    same: Same | None = None,
    key: Key | None = None,
    level: float = LEVEL,
    seed: int = 0,
) -> Siblings:
    """Take answers to one prompt as a sample of what could have been answered.

    Args:
        response: A response's handle, or its id or value beside its `forest`: the group is it and
            its siblings of the same sender. Or a sequence of responses, or of texts: exactly these.
        forest: Where responses are that are given by id or as values.
        manual: Keep siblings that were written by hand.
        embeddings: A vector for each answer of the group, in its order (n x d numbers).
        embed: Instead, what turns texts into vectors, such as ``client.embedder.embed`` of a
            blocking client; it is called when vectors are first needed.
        threshold: The cosine distance up to which clusters of embeddings are merged. What is right
            depends on the embedding model: look at some pairs.
        linkage: How far two clusters are: the ``average``, ``single`` (least) or ``complete``
            (largest) distance of their members.
        same: Instead, whether one text says what another says; asked in both directions.
        key: Instead, what a text says; texts with the same key are one cluster.
        level: How often intervals should cover the truth, above 0, below 1.
        seed: Of what is drawn for intervals, 0 or more; the same seed gives the same figures.

    Raises:
        InvalidOperationError: Arguments contradict each other, or are out of their range.
        ResponseNotFound: The forest has no such response.
    """
    check_level(level)
    check_seed(seed)
    check_linkage(threshold, linkage)
    if same is not None and key is not None:
        raise InvalidOperationError("same= and key= both say what clusters are; give one of them")
    if embeddings is not None and embed is not None:
        raise InvalidOperationError("embeddings= and embed= both say vectors; give one of them")
    group = group_of(response, forest=forest, manual=manual)
    ways = Ways(embeddings, embed, threshold, linkage, same, key)
    return Siblings(group, ways, level, seed)
