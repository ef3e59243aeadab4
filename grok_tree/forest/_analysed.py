"""What a researcher asks a forest for first; the room of analysis answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grok_tree.analysis import Grain, Graph, GraphLevel, Records, Shape
    from grok_tree.forest._snapshot import Forest
    from grok_tree.forest._values import Response


class Analysed:
    """Short ways to `grok_tree.analysis`, for a forest and for whatever has one.

    These are the package's only imports upwards: the questions stand where people look for them,
    and the room that answers, with all that it needs, is loaded by the first one.
    """

    def _to_analyse(self) -> Forest:
        """Return the snapshot that is meant."""
        raise NotImplementedError

    def shape(self) -> Shape:
        """Return how large, deep and wide the forest is.

        Raises:
            ExtraMissing: The extra ``analysis`` is not installed.
        """
        from grok_tree import analysis

        return analysis.shape(self._to_analyse())

    def graph(self, *, attributes: GraphLevel | Sequence[str] = "cheap") -> Graph:
        """Return it as a ``networkx.DiGraph``: ids as nodes, an edge from parent to child.

        Args:
            attributes: What nodes say: ``"shape"``, ``"cheap"``, ``"all"``, or names; see
                `grok_tree.analysis.graph`.

        Raises:
            InvalidOperationError: There is no such level or name.
        """
        from grok_tree import analysis

        return analysis.graph(self._to_analyse(), attributes=attributes)

    def to_records(self, grain: Grain = "responses") -> Records:
        """Return rows, each a flat dictionary with the same keys.

        Args:
            grain: What a row stands for, see `grok_tree.analysis.table`.
        """
        from grok_tree import analysis

        return analysis.table(self._to_analyse(), grain).to_records()

    def to_pandas(self, grain: Grain = "responses") -> Any:
        """Return the rows of `to_records` as a ``pandas.DataFrame``.

        Raises:
            ExtraMissing: pandas is not installed.
        """
        from grok_tree import analysis

        return analysis.table(self._to_analyse(), grain).to_pandas()

    def to_polars(self, grain: Grain = "responses") -> Any:
        """Return the rows of `to_records` as a ``polars.DataFrame``.

        Raises:
            ExtraMissing: polars is not installed.
        """
        from grok_tree import analysis

        return analysis.table(self._to_analyse(), grain).to_polars()

    def _repr_html_(self) -> str:
        from grok_tree import analysis

        return analysis.forest_html(self._to_analyse())


def response_html(response: Response) -> str:
    """Return a response as a notebook shows it."""
    from grok_tree import analysis

    return analysis.response_html(response)
