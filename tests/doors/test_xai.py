"""Today's xai-sdk, unmodified and in a process of its own, against a server of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grok_tree.forest import Response
from grok_tree.service import response_in
from tests.doors._environments import environment, install
from tests.doors._xai_server import XaiDoor, run_script, xai_door

BASICS = (
    "sample",
    "stream",
    "siblings",
    "streamed_siblings",
    "parse",
    "tools",
    "searching",
    "images",
    "thoughts",
    "errors",
    "defer",
    "stored",
    "editing",
    "models",
    "key",
    "tokens",
    "files",
)


LACKING_IN_THE_FIRST = {"stored", "files", "searching"}
"""What xai-sdk 1.0.0 has no words for."""


@pytest.fixture(scope="session")
def lowest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Python with the lowest versions whose answers say which they are when they are sent back."""
    return environment(tmp_path_factory.mktemp("lowest"), "xai-lowest.lock")


@pytest.fixture(
    scope="module", params=["installed", pytest.param("lowest", marks=pytest.mark.slow)]
)
def python(request: pytest.FixtureRequest) -> str:
    """Python of the client."""
    if request.param == "installed":
        return sys.executable
    found: str = request.getfixturevalue("lowest")
    return found


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, python: str) -> Iterator[XaiDoor]:  # noqa: ARG001 - one for each
    with xai_door(tmp_path_factory.mktemp("door")) as running:
        yield running


@pytest.fixture(scope="module")
def found(door: XaiDoor, python: str) -> Any:
    """What all scenarios gave, with the blocking and with the async client."""
    return run_script(door.host, *BASICS, python=python)


@pytest.fixture(params=["sync", "async"])
def came(request: pytest.FixtureRequest, found: Any) -> Any:
    return found[request.param]


def test_an_answer_is_as_the_live_api_gives_it(came: Any) -> None:
    first = came["sample"]["first"]
    assert first["content"] == "you said: hello"
    assert (first["role"], first["finish_reason"]) == ("ROLE_ASSISTANT", "REASON_STOP")
    assert first["usage"] == [11, 2, 16]
    assert first["model"] == "played/it"
    assert came["sample"]["settings"] == [0.7, 50]
    assert (came["sample"]["fingerprint"], came["sample"]["created"]) == ("fp-1", True)


def test_an_answer_is_kept_with_all_that_was_asked(door: XaiDoor, came: Any) -> None:
    kept = door.response(came["sample"]["first"]["id"])
    assert (kept.settings.temperature, kept.settings.seed) == (0.7, 3)
    assert (kept.origin.kind, kept.origin.door) == ("recorded", "xai")
    assert str(kept.origin.client).startswith("xai-sdk/1.")
    assert kept.origin.provenance["user"] == "me"
    told = [prompt.system_prompt for prompt in door.model.prompts]
    assert "Be brief." in told


@pytest.mark.parametrize("scenario", ["sample", "stream"])
def test_a_conversation_is_one_path(door: XaiDoor, came: Any, scenario: str) -> None:
    first, second = came[scenario]["first"], came[scenario]["second"]
    question = door.response(door.response(second["id"]).parent_response_id or "")
    assert (question.message, question.parent_response_id) == ("more", first["id"])
    assert first["token"] == f"grok-tree:{first['id']}"


def test_a_stream_says_the_same_in_pieces(came: Any) -> None:
    stream = came["stream"]
    assert stream["chunks"] == stream["first"]["content"] == "you said: hello"
    assert stream["first"]["finish_reason"] == "REASON_STOP"
    assert stream["first"]["usage"] == [11, 2, 16]


@pytest.mark.parametrize(("scenario", "chosen"), [("siblings", 5), ("streamed_siblings", 1)])
def test_equal_siblings_stay_apart(door: XaiDoor, came: Any, scenario: str, chosen: int) -> None:
    batch = came[scenario]
    assert set(batch["contents"]) == {"you said: the same"}
    ids = [response_in(token) for token in batch["tokens"]]
    assert len(set(ids)) == len(batch["contents"])
    parents = {door.response(one).parent_response_id for one in ids}
    assert len(parents) == 1
    question = door.response(door.response(batch["after"]["id"]).parent_response_id or "")
    assert question.parent_response_id == ids[chosen]


def test_an_answer_fits_a_pydantic_model(came: Any) -> None:
    assert came["parse"] == {"city": "Oslo", "degrees": 21}


def test_tools_are_called_and_their_results_answered(door: XaiDoor, came: Any) -> None:
    tools = came["tools"]
    assert tools["call"] == ["call-1", "weather", {"city": "Oslo"}]
    assert (tools["reason"], tools["streamed"]) == ("REASON_TOOL_CALLS", ["weather"])
    assert tools["answer"]["content"] == "the tool says 21 degrees"
    result = door.response(door.response(tools["answer"]["id"]).parent_response_id or "")
    assert (result.sender, result.parent_response_id) == ("tool", response_in(tools["token"]))
    asked = door.response(response_in(tools["token"])).settings
    assert [tool.name for tool in asked.tools] == ["weather"]


def test_searches_of_the_provider_are_told_and_sent_back(door: XaiDoor, came: Any) -> None:
    searching = came["searching"]
    assert searching["first"]["content"] == searching["streamed"] == "it rains"
    assert searching["calls"] == ["web_search"]
    assert searching["citations"] == [["https://example.org/rain"]] * 2
    assert searching["used"] == {"SERVER_SIDE_TOOL_WEB_SEARCH": 1}
    question = door.response(door.response(searching["second"]["id"]).parent_response_id or "")
    assert question.parent_response_id == searching["first"]["id"]
    assert door.response(searching["first"]["id"]).query == "the weather"


def test_images_come_by_data_and_by_address(came: Any) -> None:
    assert came["images"] == "I see image/png, https://example.org/cat.png?size=1"


def test_thoughts_sources_and_probabilities_come_along(came: Any) -> None:
    thoughts = came["thoughts"]
    assert thoughts["reasoning"] == thoughts["streamed"] == "high effort"
    assert thoughts["tokens"] == [["a", -0.5], [" thought", -0.5]]
    assert thoughts["others"] == ["other 0", "other 1"]
    assert thoughts["citations"] == ["https://example.org/"]
    assert thoughts["reasoning_tokens"] == 3


def test_what_the_provider_encrypted_goes_back_to_it_and_not_to_the_client(
    door: XaiDoor,
    found: Any,  # noqa: ARG001 - the scenarios have run
) -> None:
    (path,) = [path for path in door.model.paths if path[-1].message == "what did you think?"][:1]
    assert path[-2].encrypted_reasoning == "secret thoughts"


@pytest.mark.parametrize(
    ("what", "code", "word"),
    [
        ("unknown_model", "NOT_FOUND", "grok-none"),
        ("too_long", "INVALID_ARGUMENT", "prompt length"),
        ("rate_limit", "RESOURCE_EXHAUSTED", "too many"),
        ("refused", "INVALID_ARGUMENT", "cannot"),
        ("out_of_range", "INVALID_ARGUMENT", "temperature"),
        ("away", "UNAVAILABLE", "cannot be reached"),
        ("cut", "ABORTED", "cut"),
        ("unknown_parent", "NOT_FOUND", "nothing"),
    ],
)
def test_errors_have_the_statuses_of_the_live_api(
    came: Any, what: str, code: str, word: str
) -> None:
    error = came["errors"][what]
    assert error["code"] == code
    assert word in error["text"]


def test_a_model_that_is_away_is_asked_once_by_each_call(door: XaiDoor, found: Any) -> None:
    # Otherwise the client would repeat the call, four times.
    assert {found[one]["errors"]["away"]["code"] for one in ("sync", "async")} == {"UNAVAILABLE"}
    asked = [prompt.last.message for prompt in door.model.prompts]
    assert asked.count("fail: away") == 2


def test_a_rate_limit_says_when_to_come_again(came: Any) -> None:
    assert came["errors"]["rate_limit"]["trailing"]["retry-after"] == "7"


def test_answers_that_nobody_waits_for_are_fetched_later(came: Any) -> None:
    assert came["defer"]["one"]["content"] == "you said: hello"
    assert came["defer"]["two"] == ["you said: hello", "you said: hello"]


def test_an_answer_can_be_named_as_what_a_call_goes_on_from(door: XaiDoor, came: Any) -> None:
    stored = came["stored"]
    kept = door.response(stored["second"]["id"])
    question = door.response(kept.parent_response_id or "")
    assert (question.message, question.parent_response_id) == ("more", stored["first"]["id"])


def test_stored_answers_are_fetched_and_deleted(came: Any) -> None:
    stored = came["stored"]
    assert stored["found"] == [stored["second"]]
    assert stored["deleted"] == stored["second"]["id"]
    assert stored["then"]["code"] == stored["below_it"]["code"] == "NOT_FOUND"


def test_resamples_and_edits_make_the_expected_forest(door: XaiDoor, came: Any) -> None:
    ids: list[list[str]] = came["editing"]["ids"]
    conversation = door.response(ids[0][0]).conversation_id
    forest: dict[str, Response] = {one.response_id: one for one in door.forest(conversation)}
    assert len({one for tries in ids for one in tries}) == 40  # every sample is kept
    parent = None
    for turn, tries in enumerate(ids, start=1):
        (question,) = {forest[one].parent_response_id for one in tries}  # nothing twice
        assert forest[question or ""].message == f"turn {turn}"
        assert forest[question or ""].parent_response_id == parent
        assert {forest[one].message for one in tries} == {f"you said: turn {turn}"}
        parent = tries[turn]
    edited = forest[forest[came["editing"]["question"]].parent_response_id or ""]
    assert (edited.message, edited.parent_response_id) == ("turn 3, edited", ids[1][2])
    below = forest[forest[came["editing"]["answer"]].parent_response_id or ""]
    by_hand = forest[below.parent_response_id or ""]
    assert (by_hand.message, by_hand.manual) == ("written by hand", True)
    assert (by_hand.origin.kind, by_hand.origin.of) == ("replaced", ids[1][2])
    assert by_hand.parent_response_id == forest[ids[1][0]].parent_response_id
    assert len(forest) == 5 + 40 + 2 + 3


def test_models_are_listed_with_their_prices_in_the_unit_of_the_api(came: Any) -> None:
    models = came["models"]
    assert "played/it" in models["language"]
    assert not {"played/gone", "played/vectors"} & set(models["language"])
    assert (models["vectors"], models["images"]) == (["played/vectors"], [])
    assert models["one"] == ["played/it", ["played/that"], 4096]
    assert models["prices"] == [20_000, 60_000]
    assert models["unknown"]["code"] == "NOT_FOUND"


def test_a_key_is_never_shown_whole(came: Any) -> None:
    assert came["key"]["redacted"].startswith("...")
    assert "a-key" not in came["key"]["redacted"]
    assert came["key"]["blocked"] is False


def test_a_text_becomes_tokens(came: Any) -> None:
    assert came["tokens"] == [[104, "h"], [105, "i"], [33, "!"]]


def test_files_are_kept_shown_to_models_and_given_back(came: Any) -> None:
    files = came["files"]
    assert files["kept"] == ["digits.txt", 3_000_000]
    assert (files["found"], files["same"]) == ("digits.txt", True)
    assert files["listed"][0] == "digits.txt"
    assert files["seen"] == "I see text/plain"
    assert files["deleted"] is True
    assert files["gone"]["code"] == "NOT_FOUND"
    assert files["in_use"]["code"] == "FAILED_PRECONDITION"


def test_a_call_ends_when_the_patience_of_its_client_does(door: XaiDoor, python: str) -> None:
    came = run_script(door.host, "timeout", python=python, timeout=1.0)
    codes = [came[client]["timeout"]["code"] for client in ("sync", "async")]
    assert codes == ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]


def test_a_wrong_key_is_refused(tmp_path: Path) -> None:
    with xai_door(tmp_path, api_key="another key") as locked:
        came = run_script(locked.host, "errors", use_insecure_channel=True)
    codes = {error["code"] for error in came["sync"]["errors"].values()}
    assert codes == {"UNAUTHENTICATED"}


@pytest.mark.slow
def test_the_first_version_does_all_that_it_can(tmp_path: Path, lowest: str) -> None:
    install(lowest, "xai-first.lock", "--no-deps", "--target", str(tmp_path / "first"))
    names = [name for name in BASICS if name not in LACKING_IN_THE_FIRST]
    with xai_door(tmp_path) as door:
        came = run_script(door.host, *names, python=lowest, path=str(tmp_path / "first"))
        answers = [one for tries in came["sync"]["editing"]["ids"] for one in tries]
        kept = door.forest(door.response(answers[0]).conversation_id)
    assert came["version"] == "1.0.0"
    assert came["sync"]["sample"]["second"]["content"] == "you said: more"
    assert came["async"]["stream"]["chunks"] == "you said: hello"
    # It cannot say which of several equal answers it means, but each is kept, and nothing twice.
    assert len(set(answers)) == 40
    assert len(kept) == 5 + 40 + 2 + 3
