"""Texts that try to break out of what a writer puts them in."""

from __future__ import annotations

from datetime import UTC, datetime

from grok_tree.forest import (
    NO_PARENT,
    Conversation,
    ConversationId,
    Forest,
    HeldResponses,
    Response,
    ResponseId,
    Sender,
)

CONVERSATION_ID = ConversationId("01900000-0000-7000-8000-000000000001")

HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' or 1=1 --",
    "]]> <![CDATA[",
    "</details></body></html>",
    "&lt;b&gt; &amp; &#60;script&#62; &#x3c;",
    "end",
    "subgraph x\nend\n%% comment\nclick n0 href",
    '"] --> n9["',
    "`code` ``` ~~~ ````",
    "```\n<script>alert(1)</script>\n```",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'quoted",
    "\tTab",
    "\rReturn",
    "bidi \u202e override \u2066 isolate",
    "controls \x01\x08\x0b\x1b[31m \x7f \x85 \ufffe \uffff",
    "line\r\nbreak\rreturn\u2028separator",
    '\\N \\G \\\\ \\" \\',
    "![track](http://example.invalid/x.png) [x](javascript:alert(1))",
    "#quot; #35; %%{init: {}}%%",
    "# heading\n\n---\n* list\n| a | b |",
    "1. first\n2. second",
    "  spaces  ",
    "",
    "\U0001f600 e\u0301 שלום",
    "{{template}} ${x} {% raw %}",
)


def hostile_forest() -> Forest:
    """Return a forest that says them all, in texts, names, notes and ids of calls."""
    texts = ["root", *HOSTILE]
    parents = [NO_PARENT, *([0] * (len(HOSTILE) // 2))]
    while len(parents) < len(texts):
        parents.append(len(parents) - 1)
    senders: tuple[Sender, ...] = ("human", "assistant", "system", "tool")
    responses = [
        Response(
            response_id=ResponseId(f"01900000-0000-7000-8000-{number:012x}"),
            conversation_id=CONVERSATION_ID,
            parent_response_id=None
            if parent == NO_PARENT
            else ResponseId(f"01900000-0000-7000-8000-{parent:012x}"),
            sender=senders[number % 4],
            message=text,
            reasoning=text[::-1],
            model_name=text,
            create_time=datetime(2026, 1, 1, 0, 0, number, tzinfo=UTC),
            position=number,
        )
        for number, (text, parent) in enumerate(zip(texts, parents, strict=True))
    ]
    conversation = Conversation(
        conversation_id=CONVERSATION_ID,
        create_time=datetime(2026, 1, 1, tzinfo=UTC),
        modify_time=datetime(2026, 1, 1, tzinfo=UTC),
        title="".join(HOSTILE),
        system_prompt=HOSTILE[0],
        n_responses=len(responses),
    )
    return Forest(conversation, parents, HeldResponses(responses))


def deep_forest(n: int) -> Forest:
    """Return a chain that forks at every response."""
    ids = [ResponseId(f"01900000-0000-7000-8001-{number:012x}") for number in range(n)]
    parents = [NO_PARENT, *((number - 1) // 2 * 2 for number in range(1, n))]
    responses = [
        Response(
            response_id=one,
            conversation_id=CONVERSATION_ID,
            parent_response_id=None if parents[number] == NO_PARENT else ids[parents[number]],
            sender="assistant" if number % 2 else "human",
            message=f"message {number}",
            create_time=datetime(2026, 1, 1, tzinfo=UTC),
            position=number,
        )
        for number, one in enumerate(ids)
    ]
    conversation = Conversation(
        conversation_id=CONVERSATION_ID,
        create_time=datetime(2026, 1, 1, tzinfo=UTC),
        modify_time=datetime(2026, 1, 1, tzinfo=UTC),
        title="deep",
    )
    return Forest(conversation, parents, HeldResponses(responses))
