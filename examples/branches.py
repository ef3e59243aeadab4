"""Grow branches with the async client: resample, replace, select, star, share."""

import asyncio

from grok_tree import AsyncClient


async def main() -> None:
    async with AsyncClient() as client:
        conversation = client.grok.create_conversation(title="Branches")
        answer = await conversation.add_response("Why is the sky blue?")
        print("answer:   ", answer.message)

        # What else could have been said: three more answers to the same question.
        others = await answer.resample_many(3)
        print("siblings: ", len(others))

        # Another question in the same place, and an answer to it.
        other_answer = await answer.path[0].replace("Why is the sky red in the evening?")
        print("replaced: ", other_answer.message)

        # An answer written by hand instead of the model's.
        by_hand = await answer.replace("Because of Rayleigh scattering.")
        print("by hand:  ", by_hand.message)

        # Go back to the first answer and continue from there.
        answer.select()
        follow_up = await conversation.add_response("Who found that out?")
        print("path:     ", " > ".join(response.sender for response in follow_up.path))

        await follow_up.star()
        print("starred:  ", follow_up.starred)
        print("shared at:", await follow_up.share())
        print("forest:   ", conversation.forest)


asyncio.run(main())
