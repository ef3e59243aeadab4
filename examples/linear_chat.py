"""Talk to a model in the terminal; an empty line ends the conversation.

This is a program for the original Grok SDK. Only the import and the client line have changed.
"""

import asyncio

import grok_tree


async def main() -> None:
    client = grok_tree.AsyncClient()
    conversation = client.grok.create_conversation()
    titled = False

    while text := input("You: "):  # noqa: ASYNC250
        token_stream, _ = conversation.add_response(text)
        print("Grok: ", end="")
        async for token in token_stream:
            print(token, end="", flush=True)
        print()
        if not titled:
            title = await conversation.generate_title()
            print(f"({title})")
            titled = True


asyncio.run(main())
