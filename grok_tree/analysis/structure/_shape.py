"""How large, deep, wide and balanced a forest is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from grok_tree.analysis._arrays import Arrays, arrays_of
from grok_tree.analysis._given import AnyForest, OneResponse, id_of, snapshot_of
from grok_tree.analysis._numbers import Numbers
from grok_tree.analysis._results import Records, Tabular, table_html
from grok_tree.analysis.structure._balance import balance
from grok_tree.analysis.structure._diameter import diameters
from grok_tree.forest import counted

Counts = tuple[tuple[int, int], ...]
"""What was found, ascending, and how often."""


@dataclass(frozen=True)
class Shape(Tabular):
    """The shape of a forest. What is a mean over nothing is not a number.

    Attributes:
        responses: How many there are.
        roots: How many have no parent.
        tips: How many have no child.
        forks: How many have several children.
        max_depth: Responses on the longest path; a root has depth 1, and an empty forest 0.
        max_fanout: The most children of one response.
        width: The most responses of one depth, 0 or more.
        largest_tree: Responses of the largest tree.
        diameter: Steps between parent and child on the longest way between two responses of one
            tree, up and down again: 0 for a root alone, n - 1 for a chain of n.
        chains: Longest sequences in which each response but the last has one child, which is the
            next. Every response is in exactly one, so there are as many as roots and children of
            forks together.
        longest_chain: Responses of the longest one.
        mean_chain: Mean responses of a chain, 1 or more: responses / chains.
        mean_tip_depth: Mean depth of the tips, 1 or more; 1 + sackin / tips.
        mean_fanout: Mean children of a response that has some, 1 or more: the branching factor.
        mean_fork_fanout: Mean children of a fork, 2 or more.
        sackin: Sum over the tips of the steps above them (Sackin 1972): 0 or more, and the larger,
            the deeper and the less balanced.
        balance: J1 of Lemant et al. (2022), where every tip counts 1 and chains are contracted, so
            that only forks count: the mean over the forks, weighted by the tips below them, of the
            entropy of the shares of these tips below each child, divided by the logarithm of the
            number of children. 1 where every fork shares its tips out evenly, near 0 where nearly
            all go one way. Not a number without forks.
        depths: Responses of each depth, from depth 1 on: the profile of widths.
        fanouts: Numbers of children, 0 included, each with how many responses have so many.
        chain_lengths: Lengths of chains, each with how many are so long.
    """

    responses: int
    roots: int
    tips: int
    forks: int
    max_depth: int
    max_fanout: int
    width: int
    largest_tree: int
    diameter: int
    chains: int
    longest_chain: int
    mean_chain: float
    mean_tip_depth: float
    mean_fanout: float
    mean_fork_fanout: float
    sackin: int
    balance: float
    depths: tuple[int, ...] = field(repr=False)
    fanouts: Counts = field(repr=False)
    chain_lengths: Counts = field(repr=False)

    def __str__(self) -> str:
        tips, forks, chains = f"{self.tips:,}", f"{self.forks:,}", f"{self.chains:,}"
        if self.tips:
            tips += f", at depth {self.mean_tip_depth:,.2f} in the mean"
            chains += f", of {self.mean_chain:,.2f} responses, at most {self.longest_chain:,}"
        if self.forks:
            forks += f", of {self.mean_fork_fanout:,.2f} children, at most {self.max_fanout:,};"
            forks += f" balance {self.balance:.3f}"
        lines = (
            (
                "responses",
                f"{self.responses:,}; trees {self.roots:,}, at most {self.largest_tree:,}",
            ),
            ("tips", tips),
            ("forks", forks),
            ("depth", f"at most {self.max_depth:,}; diameter {counted(self.diameter, 'step')}"),
            ("width", f"at most {self.width:,} of one depth"),
            ("chains", chains),
        )
        return "\n".join(f"{name:<11}{text}" for name, text in lines)

    def to_records(self) -> Records:
        """Return one row: all figures but the profiles."""
        return [{name: value for name, value in asdict(self).items() if name not in _PROFILES}]

    def depth_records(self) -> Records:
        """Return a row for each depth: how many responses have it."""
        return [{"depth": depth, "responses": n} for depth, n in enumerate(self.depths, start=1)]

    def _repr_html_(self) -> str:
        by_depth = table_html(self.depth_records(), caption="Responses by depth")
        return super()._repr_html_() + by_depth


_PROFILES = {
    field.name for field in fields(Shape) if str(field.type).startswith(("tuple", "Counts"))
}


def shape(forest: AnyForest, *, below: OneResponse | None = None) -> Shape:
    """Return the shape of a forest, in a number of steps that grows with its size alone.

    No response is fetched for it.

    Args:
        forest: Whose.
        below: Only this response of it, as the root, and what is below it.

    Raises:
        ResponseNotFound: `below` is not in the forest.
    """
    arrays = arrays_of(forest)
    if below is not None:
        arrays = arrays.within(arrays.subtree(snapshot_of(forest).number(id_of(below))))
    n, n_tips, n_forks = len(arrays), len(arrays.tips), len(arrays.forks)
    depths = np.bincount(arrays.depths)[1:]
    fanouts = np.bincount(arrays.n_children)
    chains = np.bincount(_chain_lengths(arrays))
    sackin = int(arrays.depths[arrays.tips].sum(dtype=np.int64)) - n_tips
    n_chains = int(chains.sum())
    n_below_forks = n_chains - len(arrays.roots)
    return Shape(
        responses=n,
        roots=len(arrays.roots),
        tips=n_tips,
        forks=n_forks,
        max_depth=len(depths),
        max_fanout=max(len(fanouts) - 1, 0),
        width=int(depths.max(initial=0)),
        largest_tree=int(np.bincount(arrays.tree_of).max(initial=0)),
        diameter=int(diameters(arrays).max(initial=0)),
        chains=n_chains,
        longest_chain=max(len(chains) - 1, 0),
        mean_chain=_ratio(n, n_chains),
        mean_tip_depth=1 + _ratio(sackin, n_tips),
        mean_fanout=_ratio(n - len(arrays.roots), n - n_tips),
        mean_fork_fanout=_ratio(n_below_forks, n_forks),
        sackin=sackin,
        balance=balance(arrays),
        depths=tuple(depths.tolist()),
        fanouts=_counts(fanouts),
        chain_lengths=_counts(chains),
    )


def _chain_lengths(arrays: Arrays) -> Numbers:
    """Return how many responses each chain has."""
    # The last of a chain is as deep in it as it is long.
    lengths: Numbers = arrays.chains.depths[arrays.n_children != 1]
    return lengths


def _counts(found: NDArray[np.intp]) -> Counts:
    there = np.flatnonzero(found)
    return tuple(zip(there.tolist(), found[there].tolist(), strict=True))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
