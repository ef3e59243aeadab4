"""Runs in a process of its own: does with the unmodified xai-sdk what its users do.

Called with the address of a server and the names of scenarios; writes what came out as JSON, for
the blocking and for the async client. It must run with every version that is supported, so it uses
nothing else.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import warnings
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import grpc
import pydantic
import xai_sdk
from xai_sdk.chat import chat_pb2, image, system, tool, tool_result, user

try:
    from xai_sdk.chat import file
except ImportError:  # older versions have no files
    file = None

try:
    from xai_sdk.tools import web_search
except ImportError:
    web_search = None

warnings.simplefilter("ignore", PendingDeprecationWarning)

KEY = "a-key-of-the-client"
MODEL = "played/it"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


async def done(value: Any) -> Any:
    """Return what a call gives, of either client."""
    return await value if inspect.isawaitable(value) else value


async def items(stream: Any) -> list[Any]:
    """Return what a stream gives, of either client."""
    if hasattr(stream, "__aiter__"):
        return [one async for one in stream]
    return list(stream)


def tokens_in(response: Any) -> list[str]:
    """Return what each answer carries so that it can be told which it is."""
    proto = response.proto
    # Versions before 1.4 call them choices, and carry nothing.
    outputs = proto.outputs if hasattr(proto, "outputs") else proto.choices
    return [getattr(one.message, "encrypted_content", "") for one in outputs]


async def failure(call: Callable[[], Any]) -> dict[str, Any]:
    """Return how a call fails."""
    try:
        await done(call())
    except grpc.RpcError as caught:
        error: Any = caught
        trailing = {
            name: value for name, value in error.trailing_metadata() or () if name[-4:] != "-bin"
        }
        return {"code": error.code().name, "text": error.details(), "trailing": trailing}
    return {"code": "OK"}


class Weather(pydantic.BaseModel):
    city: str
    degrees: int


def facts(response: Any) -> dict[str, Any]:
    return {
        "id": response.id,
        "content": response.content,
        "role": response.role,
        "finish_reason": response.finish_reason,
        "token": tokens_in(response)[0],
        "model": response.proto.model,
        "usage": [
            response.usage.prompt_tokens,
            response.usage.completion_tokens,
            response.usage.total_tokens,
        ],
    }


async def sample(client: Any) -> Any:
    chat = client.chat.create(
        model=MODEL,
        messages=[system("Be brief."), user("hello")],
        temperature=0.7,
        max_tokens=50,
        seed=3,
        user="me",
    )
    first = await done(chat.sample())
    chat.append(first)
    chat.append(user("more"))
    second = await done(chat.sample())
    settings = getattr(first, "request_settings", None)
    return {
        "first": facts(first),
        "second": facts(second),
        "settings": settings and [round(settings.temperature, 3), settings.max_tokens],
        "fingerprint": first.system_fingerprint,
        "created": first.proto.created.seconds > 0,
    }


async def stream(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("hello")])
    came = await items(chat.stream())
    response = came[-1][0]
    chat.append(response)
    chat.append(user("more"))
    again = await items(chat.stream())
    return {
        "chunks": "".join(chunk.content for _, chunk in came),
        "first": facts(response),
        "second": facts(again[-1][0]),
    }


async def siblings(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("the same")])
    found = await done(chat.sample_batch(8))
    chosen = found[5]
    chat.append(chosen)
    chat.append(user("go on"))
    after = await done(chat.sample())
    return {
        "contents": [one.content for one in found],
        "ids": [one.id for one in found],
        "tokens": tokens_in(found[0]),
        "after": facts(after),
    }


async def streamed_siblings(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("the same")])
    came = await items(chat.stream_batch(3))
    responses = came[-1][0]
    chat.append(responses[1])
    chat.append(user("go on"))
    after = await done(chat.sample())
    return {
        "contents": [one.content for one in responses],
        "tokens": tokens_in(responses[0]),
        "reasons": [one.finish_reason for one in responses],
        "after": facts(after),
    }


async def parse(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("the weather as JSON")])
    _, parsed = await done(chat.parse(Weather))
    return parsed.model_dump()


async def tools(client: Any) -> Any:
    weather = tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {}}})
    chat = client.chat.create(
        model=MODEL, messages=[user("use a tool")], tools=[weather], tool_choice="auto"
    )
    first = await done(chat.sample())
    chat.append(first)
    call = first.tool_calls[0]
    # Older versions cannot say which call a result answers.
    chat.append(tool_result("21 degrees"))
    second = await done(chat.sample())
    streamed = await items(
        client.chat.create(model=MODEL, messages=[user("use a tool")], tools=[weather]).stream()
    )
    return {
        "call": [call.id, call.function.name, json.loads(call.function.arguments)],
        "reason": first.finish_reason,
        "token": tokens_in(first)[0],
        "answer": facts(second),
        "streamed": [one.function.name for one in streamed[-1][0].tool_calls],
    }


async def searching(client: Any) -> Any:
    """Use a tool that the provider runs; then the client takes every output for a part."""
    chat = client.chat.create(model=MODEL, messages=[user("search")], tools=[web_search()])
    first = await done(chat.sample())
    came = (await items(chat.stream()))[-1][0]
    chat.append(first)
    chat.append(user("more"))
    second = await done(chat.sample())
    return {
        "first": facts(first),
        "streamed": came.content,
        "second": facts(second),
        "calls": [one.function.name for one in first.tool_calls],
        "citations": [list(first.citations), list(came.citations)],
        "used": first.server_side_tool_usage,
    }


async def images(client: Any) -> Any:
    said = user("describe", image(PIXEL), image("https://example.org/cat.png?size=1"))
    return (await done(client.chat.create(model=MODEL, messages=[said]).sample())).content


async def thoughts(client: Any) -> Any:
    chat = client.chat.create(
        model=MODEL,
        messages=[user("think")],
        reasoning_effort="high",
        logprobs=True,
        top_logprobs=2,
    )
    response = await done(chat.sample())
    came = await items(chat.stream())
    chat.append(response)
    chat.append(user("what did you think?"))
    after = await done(chat.sample())
    tokens = response.logprobs.content
    return {
        "reasoning": response.reasoning_content,
        "streamed": came[-1][0].reasoning_content,
        "tokens": [[one.token, round(one.logprob, 3)] for one in tokens],
        "others": [one.token for one in tokens[0].top_logprobs],
        "citations": list(response.citations),
        "after": after.content,
        "reasoning_tokens": response.usage.reasoning_tokens,
    }


async def defer(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("hello")])
    response = await done(
        chat.defer(timeout=timedelta(seconds=20), interval=timedelta(milliseconds=20))
    )
    batch = await done(
        chat.defer_batch(2, timeout=timedelta(seconds=20), interval=timedelta(milliseconds=20))
    )
    return {"one": facts(response), "two": [one.content for one in batch]}


async def stored(client: Any) -> Any:
    chat = client.chat.create(model=MODEL, messages=[user("hello")], store_messages=True)
    first = await done(chat.sample())
    below = client.chat.create(
        model=MODEL, messages=[user("more")], previous_response_id=first.id, store_messages=True
    )
    second = await done(below.sample())
    found = await done(client.chat.get_stored_completion(second.id))
    deleted = await done(client.chat.delete_stored_completion(second.id))
    return {
        "first": facts(first),
        "second": facts(second),
        "found": [facts(one) for one in found],
        "deleted": deleted,
        "then": await failure(lambda: client.chat.get_stored_completion(second.id)),
        "below_it": await failure(
            client.chat.create(
                model=MODEL, messages=[user("x")], previous_response_id=second.id
            ).sample
        ),
    }


async def errors(client: Any) -> Any:
    def asking(text: str, **options: Any) -> Callable[[], Any]:
        chosen = {"model": MODEL, **options}
        sampled: Callable[[], Any] = client.chat.create(messages=[user(text)], **chosen).sample
        return sampled

    def streaming(text: str) -> Callable[[], Any]:
        return lambda: items(client.chat.create(model=MODEL, messages=[user(text)]).stream())

    return {
        "unknown_model": await failure(asking("hello", model="grok-none")),
        "too_long": await failure(asking("fail: too long")),
        "rate_limit": await failure(asking("fail: rate limit")),
        "refused": await failure(asking("fail: refused")),
        "out_of_range": await failure(asking("hello", temperature=-1.0)),
        "away": await failure(asking("fail: away")),
        "cut": await failure(streaming("fail: midway")),
        "unknown_parent": await failure(asking("hello", previous_response_id="nothing"))
        if hasattr(chat_pb2.GetCompletionsRequest(), "previous_response_id")
        else {},
    }


async def editing(client: Any) -> Any:
    """Five turns of a client that keeps the conversation, with resamples and edits on the way."""
    chat = client.chat.create(model=MODEL)
    ids = []
    for turn in range(1, 6):
        chat.append(user(f"turn {turn}"))
        tries = [await done(chat.sample()) for _ in range(8)]
        chat.append(tries[turn])  # all say the same
        ids.append([one.id for one in tries])
    path = list(chat.messages)
    question = await sampled(client, [*path[:4], user("turn 3, edited")])
    by_hand = type(path[3])()
    by_hand.CopyFrom(path[3])
    by_hand.content[0].text = "written by hand"
    answer = await sampled(client, [*path[:3], by_hand, user("turn 3")])
    return {"ids": ids, "question": question.id, "answer": answer.id}


async def sampled(client: Any, messages: list[Any]) -> Any:
    return await done(client.chat.create(model=MODEL, messages=messages).sample())


async def models(client: Any) -> Any:
    language = await done(client.models.list_language_models())
    one = await done(client.models.get_language_model(MODEL))
    vectors = await done(client.models.list_embedding_models())
    images = await done(client.models.list_image_generation_models())
    return {
        "language": [model.name for model in language],
        "one": [one.name, list(one.aliases), one.max_prompt_length],
        "prices": [one.prompt_text_token_price, one.completion_text_token_price],
        "vectors": [model.name for model in vectors],
        "images": [model.name for model in images],
        "unknown": await failure(lambda: client.models.get_language_model("grok-none")),
    }


async def key(client: Any) -> Any:
    found = await done(client.auth.get_api_key_info())
    return {"redacted": found.redacted_api_key, "blocked": found.api_key_blocked}


async def tokens(client: Any) -> Any:
    found = await done(client.tokenize.tokenize_text("hi!", MODEL))
    return [[one.token_id, one.string_token] for one in found]


async def files(client: Any) -> Any:
    data = b"0123456789" * 300_000
    kept = await done(client.files.upload(data, filename="digits.txt"))
    small = await done(client.files.upload(b"small", filename="a.bin"))
    listed = await done(client.files.list(limit=10, order="desc", sort_by="size"))
    found = await done(client.files.get(kept.id))
    content = await done(client.files.content(kept.id))
    said = user("describe", file(kept.id))
    answer = await done(client.chat.create(model=MODEL, messages=[said]).sample())
    deleted = await done(client.files.delete(small.id))
    return {
        "kept": [kept.filename, kept.size],
        "listed": [one.filename for one in listed.data],
        "found": found.filename,
        "same": content == data,
        "seen": answer.content,
        "deleted": deleted.deleted,
        "in_use": await failure(lambda: client.files.delete(kept.id)),
        "gone": await failure(lambda: client.files.get(small.id)),
    }


async def repeated(client: Any) -> Any:
    """Ask something large, so that who stands between client and server knows it again."""
    answer = await sampled(client, [user("x" * 5_000)])
    chat = client.chat.create(model=MODEL, messages=[user("y" * 5_000)])
    streamed = (await items(chat.stream()))[-1][0]
    return {"sampled": facts(answer), "streamed": facts(streamed)}


async def timeout(client: Any) -> Any:
    """Ask what is never answered; the client has the patience that it was made with."""
    chat = client.chat.create(model="scripted/hang", messages=[user("hello")])
    return await failure(chat.sample)


SCENARIOS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    one.__name__: one
    for one in (
        sample,
        stream,
        siblings,
        streamed_siblings,
        parse,
        tools,
        searching,
        images,
        thoughts,
        defer,
        stored,
        errors,
        editing,
        models,
        key,
        tokens,
        files,
        repeated,
        timeout,
    )
}


async def run(client: Any, names: list[str]) -> dict[str, Any]:
    return {name: await SCENARIOS[name](client) for name in names}


async def run_async(names: list[str], options: dict[str, Any]) -> dict[str, Any]:
    return await run(xai_sdk.AsyncClient(api_key=f"{KEY}-async", **options), names)


def main(host: str, options: dict[str, Any], names: list[str]) -> None:
    options = {"api_host": host, **options}
    if "metadata" in options:
        options["metadata"] = tuple(map(tuple, options["metadata"]))
    client = xai_sdk.Client(api_key=f"{KEY}-sync", **options)
    found = {
        "sync": asyncio.run(run(client, names)),
        "async": asyncio.run(run_async(names, options)),
        "version": xai_sdk.__version__,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:])
