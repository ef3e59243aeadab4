"""The same branches with the blocking client, inside a running event loop as a notebook has."""

import asyncio

from grok_tree import Client


def cell() -> None:
    """What a person types into a notebook: no await anywhere."""
    with Client() as client:
        conversation = client.grok.create_conversation(title="Branches")
        answer = conversation.add_response("Why is the sky blue?").result()
        print("answer:   ", answer.message)

        others = answer.resample_many(3).result()
        print("siblings: ", len(others))

        other_answer = answer.path[0].replace("Why is the sky red in the evening?").result()
        print("replaced: ", other_answer.message)

        by_hand = answer.replace("Because of Rayleigh scattering.").result()
        print("by hand:  ", by_hand.message)

        answer.select()
        follow_up = conversation.add_response("Who found that out?").result()
        print("path:     ", " > ".join(response.sender for response in follow_up.path))

        follow_up.star()
        print("starred:  ", follow_up.starred)
        print("shared at:", follow_up.share())
        print("forest:   ", conversation.forest)


async def notebook() -> None:
    """Stand in for the notebook: its loop is running while the cell is executed."""
    cell()


asyncio.run(notebook())
