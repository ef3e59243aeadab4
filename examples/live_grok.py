"""Ask live Grok one question three times, go on from the best answer, and say what it cost.

Needs a key in XAI_API_KEY, and the extra: pip install 'grok-tree[xai]'. Another model can be named
on the command line.
"""

import asyncio
import sys

from grok_tree import AsyncClient
from grok_tree.errors import GrokTreeError

MODEL = sys.argv[1] if len(sys.argv) > 1 else "xai/grok-4.7"


async def main() -> None:
    async with AsyncClient() as client:
        conversation = client.grok.create_conversation(title="Live Grok", model_name=MODEL)
        answers = await conversation.add_responses("Why is the sky blue? One sentence.", 3)
        for answer in answers:
            print("answer:", answer.message)

        # The shortest one is the best; what Grok thought goes back with the next question.
        best = min(answers, key=lambda answer: len(answer.message))
        best.select()
        follow_up = await conversation.add_response("Who found that out?")
        print("then:  ", follow_up.message)

        costs = [response.usage.cost_usd or 0.0 for response in (*answers, follow_up)]
        print(f"cost:   {sum(costs):.4f} USD")


try:
    asyncio.run(main())
except GrokTreeError as error:
    sys.exit(f"{error}")
