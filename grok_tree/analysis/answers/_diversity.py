"""How diverse the answers of a group are: by their texts alone, and by their meaning."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grok_tree.analysis._estimates import Estimate, wilson
from grok_tree.analysis._numbers import Floats
from grok_tree.analysis._results import Tabular
from grok_tree.analysis.answers import _bleu, _compression, _distances, _entropy
from grok_tree.analysis.answers._clusters import labelled_by_key
from grok_tree.analysis.answers._distances import EditUnit
from grok_tree.analysis.answers._distinct import distinct_estimate
from grok_tree.analysis.answers._group import Group
from grok_tree.analysis.answers._intervals import Asked, mean_of_pairs
from grok_tree.analysis.answers._lengths import Lengths, lengths_of
from grok_tree.analysis.answers._logprobs import Tokens
from grok_tree.analysis.answers._ngrams import NGrams, ngrams_of
from grok_tree.analysis.answers._ways import Ways
from grok_tree.errors import InvalidOperationError
from grok_tree.forest import Response, counted


@dataclass(frozen=True, eq=False, repr=False)
class Diversity(Tabular):
    """What `Siblings` say of a group without asking which of its answers say the same."""

    group: Group
    ways: Ways
    level: float
    seed: int

    def __len__(self) -> int:
        return len(self.group.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the answers say."""
        return self.group.texts

    @property
    def responses(self) -> tuple[Response, ...] | None:
        """The responses; None where only texts were given."""
        return self.group.responses

    @property
    def n_left_out(self) -> int:
        """Siblings that were left out because they were written by hand."""
        return self.group.n_left_out

    # What they are made of

    @cached_property
    def distinct(self) -> tuple[Estimate, ...]:
        """Distinct-1 to distinct-4 (Li et al. 2016), 0 to 1.

        Different n-grams of the whole group / all its n-grams. Words are what stands between white
        space, as written; an n-gram does not reach into the next answer. It falls with the number
        and the length of answers, so compare groups of one size. Not a number where no answer has
        n words.

        The interval is about groups of the same size: the score interval of Wilson at the
        jackknife's variance, corrected for what pairs and triples of answers share. Where hardly
        any n-gram is said twice it errs to the wide side.
        """
        return tuple(distinct_estimate(ngrams, self._asked) for ngrams in self._ngrams)

    @cached_property
    def self_bleu(self) -> Estimate:
        """Self-BLEU (Zhu et al. 2018), 0 to 100; 100 where every answer is said by another.

        The mean over answers of the sentence BLEU against all others as references, exactly as
        sacrebleu computes it with ``effective_order`` (tokenisation 13a, exponential smoothing,
        orders 1 to 4). It rises with the number of answers. Not a number for a single one.

        The interval is about groups of the same size: the score interval of Wilson at the
        jackknife's variance, less what pairs of answers that share something add to it (Efron and
        Stein 1981).
        """
        return mean_of_pairs(_bleu.self_bleu(self.texts), self._asked, top=100.0)

    @cached_property
    def compression_ratio(self) -> Estimate:
        """Bytes / compressed bytes, above 0; larger where more is repeated (Shaib et al. 2024).

        Of all texts in UTF-8, a line break after each, with zlib at level 6. It rises with the
        number and the length of answers; a short text can become longer.

        The interval is about groups of the same size: the jackknife over parts, 10 at most, with
        the quantile of Student's t.
        """
        return _compression.compression_estimate(self.texts, self._asked)

    @cached_property
    def characters(self) -> Lengths:
        """Characters (code points) of the answers."""
        return lengths_of([len(text) for text in self.texts], self._asked)

    @cached_property
    def words(self) -> Lengths:
        """Words of the answers, as white space divides them."""
        return lengths_of([len(text.split()) for text in self.texts], self._asked)

    @cached_property
    def tokens(self) -> Lengths | None:
        """Tokens of the answers of which the sampler said it; None where it said it of none."""
        known = [one.usage.completion_tokens for one in self.responses or ()]
        return lengths_of([n for n in known if n], self._asked) if any(known) else None

    @cached_property
    def finish_reasons(self) -> dict[str, Estimate]:
        """The share of answers that end for each reason, with the interval of Wilson (1927).

        About the model. The key is empty for responses without a reason. Nothing for mere texts.
        """
        found = [one.finish_reason or "" for one in self.responses or ()]
        return {
            reason: wilson(found.count(reason), len(found), level=self.level)
            for reason in sorted(set(found))
        }

    # How far they are from each other

    @cached_property
    def duplicates(self) -> Estimate:
        """The share of answers that repeat an earlier one to the letter: 1 - texts / n, 0 to 1.

        The interval is about groups of the same size, see `n_clusters`.
        """
        n, kinds = len(self), np.unique(self._text_kinds, return_counts=True)[1]
        if not n:
            return Estimate(math.nan, 0.0, 1.0, self.level, "too few", 0)
        found = _entropy.kinds_estimate(kinds, self._asked)
        ends = (1 - len(kinds) / n, 1 - found.high / n, 1 - found.low / n)
        return Estimate(*ends, self.level, found.method, n)

    def edit_distances(self, unit: EditUnit = "words") -> Floats:
        """Return the matrix of Levenshtein (1966) distances / length of the longer text, 0 to 1.

        The fewest insertions, deletions and replacements, each counting 1. Two empty texts are 0
        apart.

        Args:
            unit: What is inserted, deleted or replaced: words as white space divides them, or
                characters.

        Raises:
            InvalidOperationError: There are more than 10,000 answers, or no such unit.
        """
        return _distances.edit_matrix(self.texts, unit)

    @cached_property
    def edit_distance(self) -> Estimate:
        """The mean edit distance of two different answers over words, 0 to 1.

        The interval is about the model: the mean over all pairs does not depend on how many answers
        there are. It is the score interval of Wilson at the variance of the jackknife, which leaves
        out all pairs of an answer at once.

        Raises:
            InvalidOperationError: There are more than 10,000 answers.
        """
        sampled = _distances.mean_distance(self.edit_distances().sum(axis=1))
        return mean_of_pairs(sampled, self._asked, top=1.0)

    @cached_property
    def embeddings(self) -> Floats:
        """The vectors of the answers, one a row.

        Raises:
            InvalidOperationError: Neither vectors nor what makes them were given, or they do not
                fit.
        """
        given = self.ways.embeddings
        if given is None:
            if self.ways.embed is None:
                raise InvalidOperationError(
                    f"no embeddings of {counted(len(self), 'answer')}; give siblings()"
                    " embeddings=, or embed= such as client.embedder.embed"
                )
            given = self.ways.embed(list(self.texts))
        return _distances.as_vectors(given, len(self))

    def embedding_distances(self) -> Floats:
        """Return the matrix of cosine distances, 1 - cosine, 0 to 2.

        A vector of length 0 has no direction, and counts as 1 away from all others.

        Raises:
            InvalidOperationError: There are more than 10,000 answers, or no embeddings.
        """
        return _distances.cosine_matrix(self.embeddings)

    @cached_property
    def embedding_distance(self) -> Estimate:
        """The mean cosine distance of two different answers, 0 to 2.

        The interval is about the model, see `edit_distance`.

        Raises:
            InvalidOperationError: There are no embeddings.
        """
        sampled = _distances.mean_distance(_distances.cosine_row_sums(self.embeddings))
        return mean_of_pairs(sampled, self._asked, top=2.0)

    @cached_property
    def _asked(self) -> Asked:
        return Asked(self.level, self.seed)

    @cached_property
    def _ngrams(self) -> list[NGrams]:
        return ngrams_of([text.split() for text in self.texts])

    @cached_property
    def _logprobs(self) -> list[Tokens]:
        return self.group.logprobs()

    @cached_property
    def _text_kinds(self) -> Any:
        return labelled_by_key(self.texts, str)
