"""Graphs come back as the forests that they were, and any other program can draw them."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import msgspec
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import settings as examples

from grok_tree.errors import MalformedDocument, ResponseNotFound
from grok_tree.forest import (
    Attachment,
    Citation,
    Conversation,
    Forest,
    HeldResponses,
    Marks,
    Response,
    Settings,
    Tool,
    ToolCall,
)
from grok_tree.formats import Document, Skipped, opened, read_all, write
from grok_tree.formats._registry import detect_format
from grok_tree.testing import forest_from_names, forest_of
from tests.unit.formats._hostile import HOSTILE, deep_forest, hostile_forest
from tests.unit.formats._random_forests import forests

GRAPHS = ("graphml", "nodelink")
LOST = {
    "response_id",
    "conversation_id",
    "parent_response_id",
    "origin",
    "manual",
    "shared",
    "revision",
    "position",
    "deleted",
}


def written(*several: Forest, format: str, **options: str | int) -> bytes:
    file = io.BytesIO()
    assert write(several, file, format, **options) >= 0
    return file.getvalue()


def back(content: bytes, format: str | None = None) -> list[Document | Skipped]:
    return list(read_all(io.BytesIO(content), format))


def document(content: str, format: str | None = None) -> Document:
    (found,) = back(content.encode(), format)
    assert isinstance(found, Document), found
    return found


def kept(response: Response) -> dict[str, Any]:
    said = msgspec.structs.asdict(response)
    return {name: value for name, value in said.items() if name not in LOST}


def about(conversation: Conversation) -> tuple[Any, ...]:
    return conversation.title, conversation.starred, conversation.system_prompt


def check_round_trip(forest: Forest, format: str) -> None:
    (found,) = back(written(forest, format=format))
    assert isinstance(found, Document)
    assert found.format == format
    assert found.parents == list(forest.parent_numbers)
    assert [kept(one) for one in found.responses] == [kept(one) for one in forest]
    assert [one.origin.original_id for one in found.responses] == forest.responses.ids
    assert not [one for one in found.responses if one.origin.repairs or one.origin.raw]
    assert about(found.conversation) == about(forest.conversation)
    assert found.conversation.create_time == forest.conversation.create_time
    if forest.leaf is not None:
        leaf = found.forest[found.conversation.leaf_response_id or ""]
        assert leaf.origin.original_id == forest.leaf.response_id


@pytest.mark.parametrize("format", GRAPHS)
@given(forest=forests())
@examples(max_examples=25, deadline=None)
def test_a_forest_comes_back(format: str, forest: Forest) -> None:
    check_round_trip(forest, format)


@pytest.mark.parametrize("format", GRAPHS)
def test_hostile_and_deep_forests_come_back(format: str) -> None:
    check_round_trip(hostile_forest(), format)
    check_round_trip(deep_forest(3000), format)


@pytest.mark.parametrize("format", GRAPHS)
def test_calls_files_sources_and_tools_come_back(format: str) -> None:
    forest = forest_of("q>a", leaf="q")
    said: dict[str, Any] = {
        "tool_calls": (ToolCall(call_id="1", name="f", arguments="{}\x01"),),
        "attachments": (Attachment(url="https://example.invalid/x", n_bytes=7),),
        "citations": (Citation(url="https://example.invalid", begin=0, end=1),),
        "settings": Settings(tools=(Tool(name="f", parameters="{}"),), stop=("]]>",)),
        "query": "x\ny",
        "encrypted_reasoning": "opaque",
    }
    responses = [msgspec.structs.replace(one, **said) for one in forest]
    check_round_trip(Forest(forest.conversation, [-1, 0], HeldResponses(responses)), format)


@pytest.mark.parametrize("format", GRAPHS)
def test_several_conversations_come_back(format: str) -> None:
    found = back(written(forest_of("a>b", title="x"), forest_of("c", title="y"), format=format))
    assert [one.conversation.title for one in found if isinstance(one, Document)] == ["x", "y"]


def edges(forest: Forest) -> set[tuple[str, str]]:
    return {(one.parent_response_id, one.response_id) for one in forest if one.parent_response_id}


def test_networkx_reads_our_graphml() -> None:
    for forest in (hostile_forest(), deep_forest(2000), forest_of("a>b, a>c", title="t")):
        graph = nx.read_graphml(io.BytesIO(written(forest, format="graphml")))
        assert list(graph.nodes) == forest.responses.ids
        assert set(graph.edges) == edges(forest)
        for one in forest:
            assert graph.nodes[one.response_id]["sender"] == one.sender
            if not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\r]", one.message):
                assert graph.nodes[one.response_id]["message"] == one.message
            assert graph.nodes[one.response_id]["starred"] is False


def test_networkx_reads_our_node_links() -> None:
    forest = hostile_forest()
    graph = nx.node_link_graph(json.loads(written(forest, format="nodelink")), edges="edges")
    assert set(graph.edges) == edges(forest)
    assert [graph.nodes[one.response_id]["message"] for one in forest] == [
        one.message for one in forest
    ]


def tree() -> Any:
    graph = nx.DiGraph(title="drawn")
    graph.add_node("a", text="root", role="user", weight=2)
    graph.add_node("b", label="left", role="assistant")
    graph.add_node("c")
    graph.add_edges_from([("a", "b"), ("a", "c")], order=1)
    return graph


def test_we_read_what_networkx_writes() -> None:
    file = io.BytesIO()
    nx.write_graphml(tree(), file)
    for content in (file.getvalue(), *node_links()):
        (found,) = back(content)
        assert isinstance(found, Document)
        assert found.parents == [-1, 0, 0]
        assert [(one.sender, one.message) for one in found.responses] == [
            ("human", "root"),
            ("assistant", "left"),
            ("assistant", "c"),
        ]
        assert "weight" in found.responses[0].origin.raw
        assert found.conversation.title == "drawn"


def node_links() -> list[bytes]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [
            json.dumps(nx.node_link_data(tree(), edges=key), indent=indent).encode()
            for key in ("edges", "links")
            for indent in (None, 2)
        ]


GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph>{}</graph></graphml>'


def test_more_than_one_parent_is_named_and_kept() -> None:
    nodes = "".join(f'<node id="{name}"/>' for name in "abc")
    links = '<edge source="a" target="c"/><edge source="b" target="c"/>'
    found = document(GRAPHML.format(nodes + links))
    assert found.parents == [-1, -1, 0]
    assert found.repair_counts == {"extra_parent": 1, "inferred_role": 3}
    assert json.loads(found.responses[2].origin.raw) == {"links": ["b"]}


def test_cycles_orphans_and_ids_used_twice() -> None:
    nodes = "".join(f'<node id="{name}"/>' for name in "abca")
    links = "".join(f'<edge source="{a}" target="{b}"/>' for a, b in ("ab", "ba", "xc"))
    found = document(GRAPHML.format(nodes + links))
    counts = found.repair_counts
    assert (counts["cycle_broken"], counts["orphan"], counts["duplicate_id"]) == (1, 1, 1)
    assert len(found.responses) == 4


def test_labels_of_drawing_programs_defaults_and_edges() -> None:
    found = document(
        '<g:graphml xmlns:g="x" xmlns:y="y"><g:key id="d0" for="node"/>'
        '<g:key id="d1" for="node" attr.name="role"><g:default>user</g:default></g:key>'
        '<g:key id="d2" for="edge" attr.name="kind"/>'
        '<g:graph><g:node id="n"><g:data key="d0"><y:ShapeNode><y:Geometry/>'
        "<y:NodeLabel>the <y:b/>label</y:NodeLabel></y:ShapeNode></g:data></g:node>"
        '<g:node id="m"><g:graph><g:node id="inner"/></g:graph></g:node>'
        '<g:edge source="n" target="m"><g:data key="d2">why</g:data></g:edge>'
        "</g:graph></g:graphml>"
    )
    assert [one.sender for one in found.responses] == ["human"] * 3
    assert json.loads(found.responses[1].origin.raw) == {"edges": [{"from": "n", "kind": "why"}]}
    assert found.parents == [-1, 0, -1]
    assert [one.message for one in found.responses] == ["the label", "m", "inner"]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    "head", [BOMB, '<!DOCTYPE x SYSTEM "file:///etc/passwd">', "<!DOCTYPE graphml>"]
)
def test_declarations_are_refused(head: str) -> None:
    content = f'<?xml version="1.0"?>{head}' + GRAPHML.format('<node id="a"/>')
    with pytest.raises(MalformedDocument, match="never expanded"):
        back(content.encode(), "graphml")


@pytest.mark.parametrize("cut", [0, 30, -12])
def test_broken_xml_is_refused(cut: int) -> None:
    content = GRAPHML.format('<node id="a"/>').encode()
    with pytest.raises(MalformedDocument):
        back(content[:cut], "graphml")


@pytest.mark.parametrize(
    "graph",
    [
        7,
        {"nodes": 7},
        {"nodes": [7, None, "a", {"id": [1]}, {"id": "x", "message": {"a": 1}}], "edges": [7, {}]},
        {"nodes": [{"id": 1, "marks": 7, "create_time": "never"}], "edges": 7, "graph": [7]},
        {
            "nodes": [{"id": 1}, {"id": 2}],
            "links": [{"source": 1, "target": 2}],
            "graph": {"title": 7},
        },
    ],
)
def test_dirty_node_links_never_crash(graph: Any) -> None:
    (found,) = back(json.dumps(graph).encode(), "nodelink")
    if isinstance(graph, dict) and isinstance(graph["nodes"], list):
        assert isinstance(found, Document)
        assert len(found.responses) == len(graph["nodes"])
    else:
        assert isinstance(found, Skipped)


def test_each_is_known_by_its_content(tmp_path: Path) -> None:
    for format in GRAPHS:
        path = tmp_path / format
        path.write_bytes(written(forest_of("a>b"), format=format))
        with opened(path) as source:
            assert detect_format(source).name == format


def strings(dot: str) -> str:
    """Return DOT without what stands in quotes."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot)


def test_nothing_leaves_its_quotes_in_dot() -> None:
    bare = strings(written(hostile_forest(), format="dot", labels=200).decode())
    assert set(re.findall(r"[A-Za-z]+", bare)) == {
        "digraph", "graph", "label", "labelloc", "t", "node", "shape", "box", "style",
        "fontname", "fontsize", "fillcolor",
    }  # fmt: skip


def test_colours_labels_and_stars_of_dot() -> None:
    forest = forest_of("q>a, q>b, q>c", title="t")
    marks = {"a": Marks(scores={"s": 0}), "b": Marks(scores={"s": 2}, starred=True)}
    responses = [
        msgspec.structs.replace(one, marks=marks.get(one.message, Marks())) for one in forest
    ]
    marked = Forest(forest.conversation, forest.parent_numbers, HeldResponses(responses))
    dot = written(marked, format="dot", colour="score", labels=0).decode()
    assert '"n1" [label="assistant", fillcolor="#f4a582"]' in dot
    assert '"n2" [label="★ assistant", fillcolor="#92d0a0"]' in dot
    assert '"n3" [label="assistant", fillcolor="#ffffff"]' in dot
    assert '"n0" -> "n1"' in dot


def test_one_path_of_dot_and_an_id_that_is_nowhere() -> None:
    dot = written(forest_of("q>a>x, q>b"), format="dot", response="a").decode()
    assert re.findall(r'"(n\d)" \[', dot) == ["n0", "n1"]
    with pytest.raises(ResponseNotFound, match="zzz"):
        written(forest_of("q>a"), format="dot", response="zzz")


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_draws_it() -> None:
    for forest in (hostile_forest(), deep_forest(300)):
        dot = written(forest, format="dot")
        drawn = subprocess.run(["dot", "-Tplain"], input=dot, capture_output=True, check=True)
        lines = drawn.stdout.decode().splitlines()
        assert sum(line.startswith("node ") for line in lines) == len(forest)
        assert sum(line.startswith("edge ") for line in lines) == len(forest) - 1
        assert drawn.stderr == b""


def chart(forest: Forest, **options: str | int) -> list[str]:
    return written(forest, format="mermaid", **options).decode().splitlines()


def test_runs_of_mermaid_are_one_node() -> None:
    lines = chart(forest_of("a>b>c>d, b>e", title="t"))
    assert 'c0n0["human … 2 responses<br/>a"]:::human' in lines
    assert 'c0n1["human … 2 responses<br/>c"]:::human' in lines
    assert "c0n0 --> c0n1" in lines
    assert sum("-->" in line for line in lines) == 2
    assert sum("-->" in line for line in chart(forest_of("a>b>c>d, b>e"), collapse="none")) == 4


def test_what_mermaid_leaves_out_is_counted() -> None:
    forest = forest_of("a>b>c>d, b>e>f, a>g")
    lines = chart(forest, max_nodes=2, collapse="none")
    assert [line for line in lines if "-.->" in line] == [
        'c0n0 -.-> c0n0m["1 more"]:::more',
        'c0n1 -.-> c0n1m["4 more"]:::more',
    ]
    assert not [line for line in chart(forest, max_nodes=0) if "-.->" in line]


def test_a_large_forest_stays_small_enough_for_viewers() -> None:
    names: dict[str, str | None] = {"r": None} | {f"n{k}": "r" for k in range(5000)}
    content = written(forest_from_names(names), format="mermaid")
    assert len(content) < 50_000
    assert content.count(b"-->") < 500
    assert b"4601 more" in content


def test_nothing_leaves_its_label_in_mermaid() -> None:
    for line in chart(hostile_forest(), collapse="none", labels=200, max_nodes=0):
        label = re.fullmatch(r'(?:subgraph c0|c0n\d+)\["([^"]*)"\](?::::\w+)?', line)
        if label:
            text = label[1].replace("<br/>", "")
            assert not re.search(r"[\"`<>\[\]{}%\\]|\.\d", re.sub(r"#\d+;", "", text))
        else:
            assert re.fullmatch(
                r"flowchart TD|direction TB|end|classDef .*|c0n\d+ --> c0n\d+", line
            ), line


def test_texts_are_only_looked_at_where_they_are_shown() -> None:
    long = HOSTILE[0] * 100_000
    forest = forest_of("a")
    responses = [msgspec.structs.replace(forest.responses[0], message=long)]
    shown = written(Forest(forest.conversation, [-1], HeldResponses(responses)), format="dot")
    assert len(shown) < 1000
