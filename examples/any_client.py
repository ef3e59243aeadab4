"""One forest, three clients: ours, OpenAI's and the official SDK of xAI."""

from xai_sdk.chat import user

from grok_tree import Client

QUESTION = "And which one do bees see best?"

with Client() as client:
    conversation = client.grok.create_conversation(title="Three clients")
    answer = conversation.add_response("Name a colour.").result()
    print("ours:   ", answer.message)

    # OpenAI's client goes on from it: the parent is named, so only what is new is sent.
    completion = client.compat.chat.completions.create(
        model="",  # the server's default
        messages=[{"role": "user", "content": QUESTION}],
        n=2,
        extra_headers={"x-grok-tree-parent": answer.response_id},
    )
    print("OpenAI: ", *(choice.message.content for choice in completion.choices), sep="\n  ")

    # So does the SDK of xAI, which has a field for that. The question is there already.
    chat = client.chat.create(
        model="", messages=[user(QUESTION)], previous_response_id=answer.response_id
    )
    print("xAI:    ", chat.sample().content)

    conversation.refresh()
    print("forest: ", conversation.forest)
