"""A program for the original SDK: does all that its clients can do, and prints what it saw.

Run as ``python -m tests.doors._original_script PORT KEY RELEASE PART...``; prints JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from tests.doors._original_client import (
    CHAT,
    FILES,
    SAMPLER,
    STATELESS,
    Compat,
    Said,
    StatelessTalk,
    Talk,
    Wire,
)

LOCAL = "local/smollm2-135m"
NOBODY = "01a1fcc1-234b-73cb-95a0-19cc1d1fc08c"
PIXEL = base64.b64encode(b"\x89PNG no real picture").decode()


def seen(said: Said) -> dict[str, Any]:
    one = said.proto
    return {
        "id": one.response_id,
        "message": one.message,
        "sender": one.sender,
        "parent": one.parent_response_id,
        "manual": one.manual,
        "partial": one.partial,
        "shared": one.shared,
        "seconds": one.create_time.seconds,
    }


async def status_of(call: Any) -> str:
    """Return how a call fails."""
    try:
        if hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "OK"


async def turns(wire: Wire) -> dict[str, Any]:
    """Grow a small forest: branch, resample, replace, both kinds."""
    talk = Talk(wire)
    first = talk.say("Why is the sky blue?")
    text, answer = await first.text()
    _, other = await answer.resample().text()
    answer.select()
    _, deeper = await talk.say("And the sea?").text()
    (question,) = [one for one in talk.said.values() if not one.proto.parent_response_id]
    _, rephrased = await question.replace("Why is it red at dusk?").text()
    share = await deeper.share()
    by_hand = await talk.add_model_response("Because of the air.", deeper.proto.parent_response_id)
    half = await talk.add_model_response("It is", question.id, partial=True)
    again = Talk(wire, talk.id)
    await again.load()
    return {
        "kinds": first.kinds,
        "budgets": first.budgets,
        "text": text,
        "named": {
            "answer": seen(answer),
            "other": seen(other),
            "deeper": seen(deeper),
            "rephrased": seen(rephrased),
            "by_hand": seen(by_hand),
            "half": seen(half),
        },
        "question": seen(question),
        "conversation": talk.id,
        "loaded": [seen(one) for one in again.said.values()],
        "leaf": again.leaf,
        "share": share,
        "created": again.proto.create_time.seconds,
    }


async def care(wire: Wire) -> dict[str, Any]:
    """Name, star, share, list, find and delete a conversation."""
    talk = Talk(wire, fun=True)
    _, answer = await talk.say("a rare zebra").text()
    title = await talk.generate_title()
    await talk.update(title="Stripes")
    starred = await talk.update(starred=True)
    await answer.share()
    listed = await wire.call(f"{CHAT}/ListConversations", wire.make("Empty"))
    found: list[str] = []
    if wire.schema.release >= "0.2.1":
        request = wire.make("SearchConversationsRequest", query="zebra")
        reply = await wire.call(f"{CHAT}/SearchConversations", request)
        found = [one.conversation_id for one in reply.conversations]
    await talk.load()
    is_shared = talk.said[answer.id].proto.shared
    await talk.delete()
    request = wire.make("GetConversationRequest", conversation_id=talk.id)
    return {
        "id": talk.id,
        "answer": seen(answer),
        "title": title,
        "starred": [starred.title, starred.starred],
        "is_shared": is_shared,
        "listed": [one.conversation_id for one in listed.conversations],
        "found": found,
        "gone": await status_of(wire.call(f"{CHAT}/GetConversation", request)),
    }


async def refusals(wire: Wire) -> dict[str, Any]:
    """Do what cannot be done."""
    talk = Talk(wire)
    _, _answer = await talk.say("hello").text()
    own = {"conversation_id": talk.id}

    def asked(kind: str, **fields: Any) -> Any:
        return wire.make(kind, **fields)

    say = f"{CHAT}/AddResponse"
    failing = Talk(wire, model="scripted/fail-3")
    stream = failing.say("break")
    pieces = [piece async for piece in stream]
    error: Any = stream.response.exception()
    retried = Talk(wire, failing.id)
    await retried.load()
    calls: dict[str, Any] = {
        "unknown conversation": wire.call(
            say, asked("AddResponseRequest", conversation_id=NOBODY, message="x")
        ),
        "unknown parent": wire.call(
            say, asked("AddResponseRequest", **own, message="x", parent_response_id=NOBODY)
        ),
        "nothing to say": wire.call(say, asked("AddResponseRequest", **own)),
        "unknown prompt": wire.call(
            say, asked("AddResponseRequest", **own, message="x", system_prompt_name="grumpy")
        ),
        "unknown model": wire.call(
            say, asked("AddResponseRequest", **own, message="x", model_name="nobody/nothing")
        ),
        "unknown share": wire.call(
            f"{CHAT}/ShareConversation",
            asked("ShareConversationRequest", **own, response_id=NOBODY),
        ),
    }
    return {
        "statuses": {name: await status_of(call) for name, call in calls.items()},
        "failed": {
            "kinds": stream.kinds,
            "text": "".join(pieces),
            "code": error.code().name,
            "kept": [seen(one) for one in retried.said.values()],
        },
    }


async def leaving(wire: Wire) -> dict[str, Any]:
    """Leave a stream at its first token by cancelling the call; see what is kept."""
    talk = Talk(wire, model="scripted/slow")
    call = await talk.open("one two three four five six seven eight nine ten")
    came = ""
    async for message in call:
        if message.WhichOneof("response") == "token":
            came = message.token.token.final_logit.string_token
            break
    call.cancel()
    again = Talk(wire, talk.id)
    for _ in range(100):
        await again.load()
        if again.said[again.leaf or ""].proto.message:
            break
        await asyncio.sleep(0.02)
    return {"came": came, "kept": [seen(one) for one in again.said.values()]}


async def stateless(wire: Wire) -> dict[str, Any]:
    """Talk with the history here; then the same question eight times."""
    talk = StatelessTalk(wire)
    answers = [(await talk.say(text)).message for text in ("one", "two", "three")]
    for _ in range(8):
        del talk.history.responses[2:]
        answers.append((await talk.say("two")).message)
    logged = StatelessTalk(wire)
    logged.history.responses.add(sender=1, message="for the log")
    await wire.call(f"{STATELESS}/LogForDebugging", logged.history)
    forget = wire.make(
        "DeleteLoggedConversationsRequest",
        accounting_key=logged.history.stateless_conversation_id,
    )
    await wire.call(f"{STATELESS}/DeleteLoggedConversations", forget)
    again = await status_of(wire.call(f"{STATELESS}/DeleteLoggedConversations", forget))
    found = {"answers": answers, "forgotten": again}
    if wire.schema.release >= "0.0.5":
        broken = StatelessTalk(wire)
        broken.history.model_name = "scripted/fail-3"
        broken.history.responses.add(sender=1, message="break")
        found["failed"] = await status_of(wire.call(f"{STATELESS}/AddResponse", broken.history))
    return found


async def study(wire: Wire) -> dict[str, Any]:
    """Talk for five turns, sample the third four times more, ask the second otherwise."""
    first = f"study {wire.schema.release}"
    talk = StatelessTalk(wire)
    for text in (first, "two", "three", "four", "five"):
        await talk.say(text)
    for _ in range(4):
        del talk.history.responses[4:]
        await talk.say("three")
    del talk.history.responses[2:]
    for text in ("zwei", "drei"):
        await talk.say(text)
    return {"title": first}


async def raw(wire: Wire) -> dict[str, Any]:
    """Tokenize and continue, in the way of the release."""
    asked = wire.make("TokenizeRequest", text="one two three", model_name=LOCAL)
    prompt = (await wire.call(f"{SAMPLER}/Tokenize", asked)).tokens
    settings = wire.make(
        "SampleSettings",
        max_len=6,
        temperature=0.0,
        nucleus_p=0.95,
        rng_seed=7,
        stop_tokens=["\n", "\u2581\n"],
        disallowed_tokens=[{"string_token": "!"}, {"string_token": "\u2581!"}],
    )
    numbers = [one.final_logit.token_id for one in prompt]
    given: dict[str, Any] = {"prompt": numbers}
    if wire.schema.release >= "0.1.2":
        given = {"inputs": [{"token_ids": {"tokens": numbers}}]}
    request = wire.make("SampleTokensRequest", settings=settings, model_name=LOCAL, **given)
    messages = [one async for one in wire.call(f"{SAMPLER}/SampleTokens", request)]
    tokens = [one.token for one in messages if one.WhichOneof("response") == "token"]
    found = {
        "prompt": [[one.final_logit.string_token, one.token_type] for one in prompt],
        "kinds": [one.WhichOneof("response") for one in messages],
        "text": "".join(one.final_logit.string_token for one in tokens),
        "numbers": [one.final_logit.token_id for one in tokens],
        "probs": [one.final_logit.prob for one in tokens],
        "n_others": [len(one.top_k) for one in tokens],
        "types": [one.token_type for one in tokens],
        "limit": messages[-1].budget.token_limit,
    }
    if wire.schema.release >= "0.0.5":
        found["stopped"] = await _stopped(wire)
        budget = await wire.call(f"{SAMPLER}/GetTokenBudget", wire.make("GetTokenBudgetRequest"))
        found["budget"] = [budget.token_limit, budget.request_limit]
    if wire.schema.release >= "0.2.1":
        listed = await wire.call(f"{SAMPLER}/ListModels", wire.make("Empty"))
        found["models"] = list(listed.model_names)
        used = await wire.call(f"{SAMPLER}/ListTransactions", wire.make("Empty"))
        found["transactions"] = [
            [one.num_prompt_tokens, one.num_generated_tokens, one.model_name, one.confirmed]
            for one in used.transactions
        ]
    return found


async def _stopped(wire: Wire) -> str:
    settings = wire.make("SampleSettings", max_len=20, stop_strings=["5"], nucleus_p=1.0)
    request = wire.make(
        "TokenizeAndSampleTokensRequest", text="1, 2, 3, 4,", settings=settings, model_name=LOCAL
    )
    messages = wire.call(f"{SAMPLER}/TokenizeAndSampleTokens", request)
    return "".join([one.token.final_logit.string_token async for one in messages])


async def vectors(wire: Wire) -> dict[str, Any]:
    request = wire.make("EmbedRequest", texts=["a sky", "a sea"], model_name="local/minilm-l6")
    found = (await wire.call("/prompt_ide.Embedder/Embed", request)).embeddings
    return {"sizes": [len(one.values) for one in found], "shapes": [list(v.shape) for v in found]}


async def shelf(wire: Wire) -> dict[str, Any]:
    """Keep, read, list, overwrite, rename and delete files."""

    async def upload(name: str, content: bytes, **fields: Any) -> Any:
        request = wire.make("UploadFileRequest", file_name=name, content=content, **fields)
        return await wire.call(f"{FILES}/UploadFile", request)

    async def names() -> dict[str, Any]:
        found = await wire.call(f"{FILES}/ListFiles", wire.make("Empty"))
        return {
            "names": [one.file_name for one in found.files],
            "sizes": [one.size_bytes for one in found.files],
            "used": found.storage_used,
            "total": found.storage_available_total,
        }

    def download(name: str) -> Any:
        request = wire.make("DownloadFileRequest", file_name=name)
        return wire.call(f"{FILES}/DownloadFile", request)

    kept = await upload("a.txt", b"first", mime_type="text/plain")
    same = await status_of(upload("a.txt", b"second"))
    await upload("twin.bin", b"first")
    before = await names()
    await upload("a.txt", b"the third one", overwrite=True)
    renamed = wire.make("RenameFileRequest", file_name="a.txt", new_file_name="b.txt")
    facts = await wire.call(f"{FILES}/RenameFile", renamed)
    whole = await download("b.txt")
    after = await names()
    for name in after["names"]:
        request = wire.make("DeleteFileRequest", file_name=name)
        await wire.call(f"{FILES}/DeleteFile", request)
    large = b"x" * (5 * 1024 * 1024)
    fits = await status_of(upload("large", large))
    return {
        "kept": [kept.file_name, kept.size_bytes, kept.mime_type, kept.create_time.seconds > 0],
        "same": same,
        "before": before,
        "renamed": facts.file_name,
        "whole": [whole.metadata.file_name, whole.content.decode()],
        "after": after,
        "gone": await status_of(download("b.txt")),
        "fits": fits,
        "too large": await status_of(upload("larger", large + b"x")),
    }


async def options(wire: Wire) -> dict[str, Any]:
    """Set what clients never set, by the stub."""
    talk = Talk(wire)
    await talk.say("hello").text()

    def say(**fields: Any) -> Any:
        request = wire.make(
            "AddResponseRequest", conversation_id=talk.id, message="hello there you", **fields
        )
        return wire.call(f"{CHAT}/AddResponse", request)

    limited = [one async for one in say(additional_options={"max_len": 1, "temperature": 0.7})]
    found = {"date": "today", "web_search_query": "sky", "web_formatted_chunks": "it is blue"}
    searched = [one async for one in say(additional_options={"injected_search_context": found})]
    images = [f"data:image/png;base64,{PIXEL}"]
    page = wire.make("ListConversationsRequest", page_size=1)
    listing = wire.call(f"{CHAT}/ListConversations", page)
    listed = await listing
    trailing = dict(await listing.trailing_metadata())
    return {
        "limited": limited[-2].model_response.message,
        "kinds": [one.WhichOneof("response") for one in searched],
        "harmless": await status_of(say(disable_search=True, force_rust=True)),
        "images": await status_of(say(enable_image_generation=True)),
        "attached": await status_of(say(image_attachments=images)),
        "no image": await status_of(say(image_attachments=["what"])),
        "n listed": len(listed.conversations),
        "next page": bool(trailing.get("grok-tree-next-page-token")),
    }


def compat(port: int, key: str, release: str) -> dict[str, Any]:
    """Use the blocking client."""
    client = Compat(port, key, release)
    said = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "one two three"},
    ]
    whole = client.create(said, n=2, user="somebody")
    cut = client.create(said, max_tokens=1)
    likely = client.create(said, logprobs=True, top_logprobs=2)
    pieces = list(client.create(said, stream=True))
    try:
        client.create([{"role": "wizard", "content": "x"}])
        refused = "OK"
    except grpc.RpcError as error:
        refused = error.code().name
    client.close()
    return {
        "object": [whole.object, pieces[0].object],
        "texts": [one.message.content for one in whole.choices],
        "roles": [one.message.role for one in whole.choices],
        "finish": [whole.choices[0].finish_reason, cut.choices[0].finish_reason],
        "usage": [
            whole.usage.prompt_tokens,
            whole.usage.completion_tokens,
            whole.usage.total_tokens,
        ],
        "created": [whole.created, pieces[0].created],
        "model": whole.model,
        "streamed": "".join(one.choices[0].delta.content for one in pieces),
        "ends": pieces[-1].choices[0].finish_reason,
        "logprobs": [
            [one.token, len(one.top_logprobs)] for one in likely.choices[0].logprobs.content
        ],
        "refused": refused,
    }


def compat_study(port: int, key: str, release: str) -> dict[str, Any]:
    """Do the same as `study` with the blocking client."""
    client = Compat(port, key, release)
    first = f"compat study {release}"
    said: list[dict[str, str]] = []

    def ask(text: str) -> None:
        said.append({"role": "user", "content": text})
        answer = client.create(said).choices[0].message.content
        said.append({"role": "assistant", "content": answer})

    for text in (first, "two", "three", "four", "five"):
        ask(text)
    for _ in range(4):
        del said[4:]
        ask("three")
    del said[2:]
    ask("zwei")
    ask("drei")
    client.close()
    return {"title": first}


async def wrong_key(port: int, release: str) -> dict[str, Any]:
    wire = Wire(port, "wrong", release)
    status = await status_of(wire.call(f"{CHAT}/ListConversations", wire.make("Empty")))
    await wire.close()
    return {"status": status}


PARTS: dict[str, Callable[[Wire], Awaitable[dict[str, Any]]]] = {
    "turns": turns,
    "care": care,
    "refusals": refusals,
    "leaving": leaving,
    "stateless": stateless,
    "study": study,
    "raw": raw,
    "vectors": vectors,
    "shelf": shelf,
    "options": options,
}


async def run(port: int, key: str, release: str, names: list[str]) -> dict[str, Any]:
    wire = Wire(port, key, release)
    found = {name: await PARTS[name](wire) for name in names if name in PARTS}
    await wire.close()
    if "wrong_key" in names:
        found["wrong_key"] = await wrong_key(port, release)
    if "compat" in names:
        found["compat"] = await asyncio.to_thread(compat, port, key, release)
        found["compat study"] = await asyncio.to_thread(compat_study, port, key, release)
    return found


if __name__ == "__main__":
    port, key, release, *names = sys.argv[1:]
    found = asyncio.run(run(int(port), key, release, names))
    assert not any(name.startswith("grok_tree") for name in sys.modules)
    print(json.dumps(found))
