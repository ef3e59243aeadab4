"""Ask a model on a server of your own, and fork its answer where it hesitated most.

Needs the extra: pip install 'grok-tree[openai]', and a server that speaks the OpenAI protocol, in
the configuration file (grok-tree config path):

    [endpoints.lab]
    base_url = "http://127.0.0.1:8080/v1"
    server = "llama.cpp"

Another name than "lab" can be given on the command line.
"""

import asyncio
import sys

from grok_tree import AsyncClient
from grok_tree.errors import GrokTreeError

NAME = sys.argv[1] if len(sys.argv) > 1 else "lab"
QUESTION = "What is the capital of France?"


async def main() -> None:
    async with AsyncClient() as client:
        found = [one for one in await client.models.list() if one.name.startswith(f"{NAME}/")]
        if not found or not found[0].available:
            why = found[0].unavailable_because if found else "it is not in the configuration"
            sys.exit(f"no model of {NAME} can be sampled: {why}")
        model = found[0].name
        print("model: ", model)

        conversation = client.grok.create_conversation(
            title="Hesitation",
            model_name=model,
            system_prompt="Answer in one short English sentence.",
        )
        answer = await conversation.add_response(
            QUESTION, temperature=0.0, max_tokens=20, logprobs=True, top_logprobs=2
        )
        print("answer:", answer.message)

        # Where was the second choice nearly as likely as the first one?
        tokens = [token for token in await answer.logprobs() if len(token.alternatives) > 1]
        place = min(tokens, key=lambda token: token.logprob - token.alternatives[1].logprob)
        other = place.alternatives[1].text
        print(f"unsure: {place.text!r} or {other!r}, at character {place.offset}")

        fork = await answer.fork_at(place, other, temperature=0.0)
        print("fork:  ", fork.message)


try:
    asyncio.run(main())
except GrokTreeError as error:
    sys.exit(f"{error}")
