"""Programs for the original SDK, in processes of their own, leave forests behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from grok_tree import Client, SyncConversation
from grok_tree.forest import NAMED_PROMPTS
from grok_tree.samplers import LocalSampler, SamplerRegistry, ScriptedSampler
from grok_tree.server import RunningServer, ServerSettings, running_server
from grok_tree.web import WebDoor

pytestmark = pytest.mark.local_model

KEY = "the-servers-key"
PARTS = {
    "0.0.4": ("turns", "care", "refusals", "stateless", "raw", "wrong_key"),
    "0.1.3": ("turns", "care", "study", "compat"),
    "0.2.8": ("turns", "care", "compat", "vectors"),
    "0.3.0": (
        *("turns", "care", "refusals", "leaving", "stateless", "study", "raw", "vectors"),
        *("shelf", "options", "compat", "wrong_key"),
    ),
}
"""Releases, and what their clients do."""

NEWEST = "0.3.0"
SAID = {
    "Why is the sky blue?": ["echo: Why is the sky blue?", "echo: Why is the sky blue?", "It is"],
    "And the sea?": ["echo: And the sea?", "Because of the air."],
    "Why is it red at dusk?": ["echo: Why is it red at dusk?"],
}
"""What the answers below each question are, in order."""

See = Callable[[str, str], Any]


@dataclass(frozen=True)
class Running:
    """A server, and how to call its use cases."""

    server: RunningServer
    portal: BlockingPortal


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = ServerSettings(
        tmp_path_factory.mktemp("original") / "forests.db",
        model="scripted/echo",
        api_key=KEY,
        samplers=lambda: SamplerRegistry([ScriptedSampler(), LocalSampler()]),
        http=WebDoor,
    )
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running_server(settings)) as server,
    ):
        yield Running(server, portal)


@pytest.fixture(scope="module")
def see(running: Running) -> See:
    """Return what the program of a release saw in a part; each release runs once."""

    @cache
    def ran(release: str) -> Any:
        port = running.server.address.rpartition(":")[2]
        command = [sys.executable, "-m", "tests.doors._original_script", port, KEY, release]
        done = subprocess.run([*command, *PARTS[release]], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return lambda release, part: ran(release)[part]


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[Client]:
    with Client(running.server.address, api_key=KEY, mirror=False) as opened:
        yield opened


def doing(part: str) -> list[str]:
    return [release for release, parts in PARTS.items() if part in parts]


def answers(conversation: SyncConversation) -> dict[str, list[str]]:
    """Return the texts below each human response, in order of creation."""
    found: dict[str, list[str]] = {}
    texts = {one.response_id: one.message for one in conversation.forest.responses}
    for one in conversation.forest.responses:
        if one.sender == "human":
            found.setdefault(one.message, [])
        elif one.parent_response_id:
            found[texts[one.parent_response_id]].append(one.message)
    return found


@pytest.mark.parametrize("release", PARTS)
def test_a_stream_comes_in_the_order_that_clients_need(see: See, release: str) -> None:
    turns = see(release, "turns")
    first, *middle, last, budget = turns["kinds"]
    assert (first, last, budget) == ("user_response", "model_response", "token.budget")
    assert middle
    assert set(middle) == {"token.token"}
    assert turns["text"] == turns["named"]["answer"]["message"] == "echo: Why is the sky blue?"


@pytest.mark.parametrize("release", PARTS)
def test_responses_have_what_clients_rely_on(see: See, release: str) -> None:
    turns = see(release, "turns")
    named, question = turns["named"], turns["question"]
    assert (question["sender"], question["parent"]) == ("human", "")
    assert named["answer"]["parent"] == named["other"]["parent"] == question["id"]
    assert named["by_hand"]["parent"] == named["deeper"]["parent"]
    assert [named[one]["manual"] for one in ("deeper", "by_hand", "half")] == [False, True, True]
    assert [named[one]["partial"] for one in ("by_hand", "half")] == [False, True]
    assert all(one["seconds"] > 0 for one in [*turns["loaded"], question])


@pytest.mark.parametrize("release", PARTS)
def test_what_was_said_is_loaded_in_the_order_of_creation(see: See, release: str) -> None:
    turns = see(release, "turns")
    ids = [one["id"] for one in turns["loaded"]]
    assert ids == sorted(ids), "our ids sort by age"
    assert len(ids) == 9
    assert turns["leaf"] == ids[-1] == turns["named"]["half"]["id"]


@pytest.mark.parametrize("release", PARTS)
def test_the_forest_has_the_shape_that_was_grown(see: See, release: str, client: Client) -> None:
    conversation = client.grok.get_conversation(see(release, "turns")["conversation"])
    assert answers(conversation) == SAID
    deeper = see(release, "turns")["named"]["deeper"]["id"]
    path = [one.message for one in conversation.forest.path(deeper)]
    assert path[:2] == ["Why is the sky blue?", "echo: Why is the sky blue?"]


@pytest.mark.parametrize("release", PARTS)
def test_conversations_are_named_starred_listed_found_and_deleted(see: See, release: str) -> None:
    care = see(release, "care")
    assert care["title"]
    assert care["starred"] == ["Stripes", True]
    assert care["id"] in care["listed"]
    assert release < "0.2.1" or care["found"][0] == care["id"], "the newest first"
    assert care["gone"] == "FAILED_PRECONDITION"


def test_what_is_deleted_can_be_restored(see: See, client: Client) -> None:
    conversation_id = see("0.2.8", "care")["id"]
    page = client.grok.list_conversations(deleted=True)
    (deleted,) = [one for one in page if one.conversation_id == conversation_id]
    deleted.restore()
    assert client.grok.get_conversation(conversation_id).title == "Stripes"


def test_a_shared_branch_is_published_and_marked(see: See, running: Running) -> None:
    assert see("0.1.3", "care")["is_shared"]
    share_id = see("0.1.3", "turns")["share"]
    shown = running.portal.call(running.server.forests.shared_path, share_id)
    assert [one.message for one in shown.responses] == [
        "Why is the sky blue?",
        "echo: Why is the sky blue?",
        "And the sea?",
        "echo: And the sea?",
    ]


def test_fun_mode_is_the_named_prompt_of_that_call(see: See, running: Running) -> None:
    forests = running.server.forests
    answer_id = see("0.3.0", "care")["answer"]["id"]
    (answer,) = running.portal.call(forests.get_responses, [answer_id])
    assert answer.origin.system_prompt == NAMED_PROMPTS["fun"]


@pytest.mark.parametrize("release", doing("refusals"))
def test_what_cannot_be_done_has_a_status_of_its_own(see: See, release: str) -> None:
    assert see(release, "refusals")["statuses"] == {
        "unknown conversation": "NOT_FOUND",
        "unknown parent": "NOT_FOUND",
        "nothing to say": "INVALID_ARGUMENT",
        "unknown prompt": "INVALID_ARGUMENT",
        "unknown model": "NOT_FOUND",
        "unknown share": "NOT_FOUND",
    }
    assert see(release, "wrong_key") == {"status": "UNAUTHENTICATED"}


@pytest.mark.parametrize("release", doing("refusals"))
def test_a_failed_answer_has_no_response_in_its_stream_and_is_kept(see: See, release: str) -> None:
    failed = see(release, "refusals")["failed"]
    assert failed["kinds"][0] == "user_response"
    assert set(failed["kinds"][1:]) == {"token.token"}
    assert failed["text"] == "word1 word2 word3"
    assert failed["code"] == "FAILED_PRECONDITION"
    question, answer = failed["kept"]
    assert (answer["message"], answer["partial"]) == ("word1 word2 word3", True)
    assert answer["parent"] == question["id"]


def test_leaving_a_stream_stops_the_model_and_keeps_what_came(see: See, running: Running) -> None:
    leaving = see(NEWEST, "leaving")
    (kept_id,) = [one["id"] for one in leaving["kept"] if one["sender"] == "assistant"]
    run = running.portal.call(_attached, running.server, kept_id)
    assert run.finish_reason == "disconnected"
    assert run.partial
    assert run.message.startswith(leaving["came"])
    assert not run.message.endswith("ten")


async def _attached(server: RunningServer, response_id: str) -> Any:
    """Return a response once it has ended."""
    sampling = await server.forests.attach_sampling(response_id=response_id)
    async for _ in sampling.follow():
        pass
    return (await server.forests.get_responses([response_id]))[0]


@pytest.mark.parametrize("release", doing("stateless"))
def test_a_stateless_chat_becomes_one_forest_without_copies(
    see: See, release: str, client: Client
) -> None:
    stateless = see(release, "stateless")
    assert stateless["answers"] == ["echo: one", "echo: two", "echo: three", *["echo: two"] * 8]
    assert stateless["forgotten"] == "NOT_FOUND"
    assert stateless.get("failed", "FAILED_PRECONDITION") == "FAILED_PRECONDITION"
    forests = [
        answers(client.grok.get_conversation(one.conversation_id))
        for one in client.grok.list_conversations()
        if one.title == "one"
    ]
    grown = {"one": ["echo: one"], "two": ["echo: two"] * 9, "three": ["echo: three"]}
    assert forests == [grown] * len(forests)
    assert forests


@pytest.mark.parametrize(
    ("release", "part"),
    [
        *((release, "study") for release in doing("study")),
        *((release, "compat study") for release in doing("compat")),
    ],
)
def test_resamples_and_edits_are_branches_and_no_beginning_is_stored_twice(
    see: See, release: str, part: str, client: Client
) -> None:
    first = see(release, part)["title"]
    (found,) = [one for one in client.grok.list_conversations() if one.title == first]
    forest = client.grok.get_conversation(found.conversation_id).forest
    paths = [[one.message for one in forest.path(tip.response_id)] for tip in forest.tips]
    begun = [first, f"echo: {first}"]
    to_three = [*begun, "two", "echo: two", "three", "echo: three"]
    assert sorted(paths) == sorted(
        [
            [*to_three, "four", "echo: four", "five", "echo: five"],
            *[to_three] * 4,
            [*begun, "zwei", "echo: zwei", "drei", "echo: drei"],
        ]
    )
    assert len(forest) == 10 + 4 + 4, "what paths share is there once"


@pytest.mark.parametrize("release", doing("raw"))
def test_texts_are_tokenized_and_continued(see: See, release: str) -> None:
    raw = see(release, "raw")
    assert raw["prompt"] == [["one", 1], [" two", 1], [" three", 1]], "of type USER"
    *tokens, last = raw["kinds"]
    assert set(tokens) == {"token"}
    assert last == "budget"
    assert raw["text"]
    assert all(number > 0 for number in raw["numbers"])
    assert all(0 < prob <= 1 for prob in raw["probs"])
    assert set(raw["n_others"]) == {5}
    assert set(raw["types"]) == {2}
    assert raw["limit"] > 0, "clients divide by it"


def test_a_stop_string_is_part_of_what_comes(see: See) -> None:
    raw = see(NEWEST, "raw")
    assert raw["stopped"].endswith("5")
    assert raw["stopped"].count("5") == 1


def test_budgets_models_and_transactions_are_told(see: See) -> None:
    raw = see(NEWEST, "raw")
    assert min(raw["budget"]) > 0
    assert {"local/smollm2-135m", "scripted/echo"} <= set(raw["models"])
    assert [6, 7, "scripted/echo", True] in raw["transactions"], "of the first question"
    assert all(confirmed for *_, confirmed in raw["transactions"])


@pytest.mark.parametrize("release", doing("vectors"))
def test_texts_become_vectors(see: See, release: str) -> None:
    assert see(release, "vectors") == {"sizes": [384, 384], "shapes": [[384], [384]]}


def test_files_are_kept_by_name(see: See) -> None:
    shelf = see(NEWEST, "shelf")
    assert shelf["kept"] == ["a.txt", 5, "text/plain", True]
    assert shelf["same"] == "ALREADY_EXISTS"
    assert shelf["before"]["names"] == ["a.txt", "twin.bin"], "the same contents, twice"
    assert shelf["renamed"] == "b.txt"
    assert shelf["whole"] == ["b.txt", "the third one"]
    assert shelf["after"] == {
        "names": ["twin.bin", "b.txt"],
        "sizes": [5, 13],
        "used": 18,
        "total": 50 * 1024 * 1024,
    }
    assert shelf["gone"] == "NOT_FOUND"
    assert (shelf["fits"], shelf["too large"]) == ("OK", "INVALID_ARGUMENT")


def test_options_are_honoured_or_refused(see: See) -> None:
    options = see(NEWEST, "options")
    assert options["limited"] == "echo:", "max_len"
    assert options["kinds"][:2] == ["user_response", "search_context"]
    assert options["harmless"] == "OK"
    assert options["images"] == "INVALID_ARGUMENT"
    assert options["attached"] == "FAILED_PRECONDITION", "this model sees no images"
    assert options["no image"] == "INVALID_ARGUMENT"
    assert (options["n listed"], options["next page"]) == (1, True)


@pytest.mark.parametrize("release", doing("compat"))
def test_the_openai_like_chat_answers(see: See, release: str) -> None:
    compat = see(release, "compat")
    assert compat["object"] == ["chat.completion", "chat.completion.chunk"]
    assert compat["texts"] == ["echo: one two three"] * 2
    assert compat["roles"] == ["assistant"] * 2
    assert compat["finish"] == ["stop", "length"]
    assert compat["usage"] == [3, 8, 11]
    assert min(compat["created"]) > 1_700_000_000
    assert compat["model"] == "scripted/echo"
    assert (compat["streamed"], compat["ends"]) == ("echo: one two three", "stop")
    assert compat["logprobs"] == [[word, 2] for word in ("echo:", " one", " two", " three")]
    assert compat["refused"] == "INVALID_ARGUMENT"


def test_the_openai_like_chat_leaves_one_forest(see: See, client: Client) -> None:
    for release in doing("compat"):
        see(release, "compat")
    (found,) = [
        client.grok.get_conversation(one.conversation_id)
        for one in client.grok.list_conversations()
        if one.title == "one two three"
    ]
    each = ["echo: one two three"] * 2 + ["echo:"] + ["echo: one two three"] * 2
    assert answers(found) == {"one two three": each * len(doing("compat"))}
