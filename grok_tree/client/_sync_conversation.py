"""The blocking twin of the handle of one conversation."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Unpack
from weakref import WeakValueDictionary

from msgspec import UNSET, UnsetType

from grok_tree.client._conversation import Conversation
from grok_tree.client._exporting import Target
from grok_tree.client._fields import ConversationFields
from grok_tree.client._importing import ImportedConversation
from grok_tree.client._options import SamplingOptions
from grok_tree.client._portal import Portal
from grok_tree.client._response import Response
from grok_tree.client._sampling import Sampling, SamplingGroup
from grok_tree.client._sync_response import SyncResponse
from grok_tree.client._sync_sampling import SyncSampling, SyncSamplingGroup
from grok_tree.client._sync_watching import SyncWatch
from grok_tree.client._watching import Since
from grok_tree.forest import Conversation as ConversationValue
from grok_tree.forest import ConversationId, Forest, ResponseDraft, Share
from grok_tree.forest import Response as ResponseValue

SyncParent = SyncResponse | ResponseValue | str | None | UnsetType
"""A response, also one of a forest, its id, None for a new root, or UNSET for the leaf."""


class SyncConversation(ConversationFields):
    """A forest of responses that is kept on the server.

    What was read stays readable without a call; `refresh` asks for what changed since. Sampling
    binds its parent when it is called, so any number may run at once.
    """

    def __init__(self, portal: Portal, conversation: Conversation) -> None:
        """Clients make these."""
        self._portal = portal
        self._conversation = conversation
        conversation._beside.wait = portal.run
        self._making_handles = threading.Lock()
        self._responses: WeakValueDictionary[str, SyncResponse] = WeakValueDictionary()
        self._run = portal.run

    @property
    def conversation_id(self) -> ConversationId:
        """The id.

        Raises:
            InvalidOperationError: It was not created yet; the first response creates it.
        """
        return self._conversation.conversation_id

    @property
    def value(self) -> ConversationValue:
        """Everything that is known of the conversation itself, as one immutable value."""
        return self._conversation.value

    @property
    def forest(self) -> Forest:
        """Everything that is known, as an immutable snapshot."""
        return self._conversation.forest

    @property
    def stale_since(self) -> datetime | None:
        """When what is known here was last compared with the server.

        None unless the server was away when it was asked last.
        """
        return self._conversation.stale_since

    @property
    def root_responses(self) -> list[SyncResponse]:
        """The responses without a parent, in order of creation."""
        return self._wrap_all(self._conversation.root_responses)

    @property
    def leaf(self) -> SyncResponse | None:
        """Where the next turn attaches; None when it makes a new root."""
        leaf = self._conversation.leaf
        return None if leaf is None else self._wrap(leaf)

    def get_response(self, response_id: str) -> SyncResponse:
        """Return a response that is known here.

        Raises:
            ResponseNotFound: It is not; `fetch_response` asks the server.
        """
        return self._wrap(self._conversation.get_response(response_id))

    def get_children(self, response_id: str) -> list[SyncResponse]:
        """Return the responses that answer one, in order of creation.

        Raises:
            ResponseNotFound: It is not known here.
        """
        return self._wrap_all(self._conversation.get_children(response_id))

    def register_response(self, response: ResponseValue) -> SyncResponse:
        """Take a response that came another way into what is known here.

        Raises:
            InvalidOperationError: It belongs to another conversation.
        """
        return self._wrap(self._conversation.register_response(response))

    def create(self) -> None:
        """Create it on the server now, if that was not done; otherwise its first use does."""
        self._run(self._conversation.create)

    def load(self) -> None:
        """Read everything from the server; handles of responses stay the same."""
        self._run(self._conversation.load)

    def refresh(self) -> None:
        """Read what has changed since the last time."""
        self._run(self._conversation.refresh)

    def fetch_response(self, response_id: str) -> SyncResponse:
        """Return a response, asking the server for its newest state.

        Raises:
            ResponseNotFound: There is none of this id in this conversation.
        """
        return self._wrap(self._run(self._conversation.fetch_response, response_id))

    def load_logprobs(self, responses: Iterable[ResponseValue] | None = None) -> int:
        """Load log-probabilities, so that `forest` has them where nothing can be waited for.

        A blocking client does not need this: its forest asks for them when they are looked at.

        Args:
            responses: Of which; None: of every response whose sampling was asked for them.

        Returns:
            How many of these responses have any.
        """
        return self._run(self._conversation.load_logprobs, responses)

    def export(self, path: Target, format: str | None = None, **options: str | int) -> int:
        """Write the forest to a file; return the number of responses.

        Args:
            path: Where to, or an open file.
            format: Its name, as in ``grok_tree.formats.known_formats()``; None: the native one,
                which loses nothing, or what the file's ending says.
            options: Choices of the format.

        Raises:
            FormatNotFound: There is no such format, or it cannot be written.
            OSError: The file cannot be written.
        """
        return self._run(self._conversation.export, path, format, **options)

    def graft(self, forest: Forest, parent: SyncParent = UNSET) -> ImportedConversation:
        """Copy a forest below one of the responses, with all that is known of each of its own.

        The same forest grafted twice at the same place is there once. The leaf stays.

        Args:
            forest: Of any conversation, or read from a file.
            parent: Where; left out: the leaf.

        Raises:
            InvalidOperationError: There is no leaf and no parent is named.
            ResponseNotFound: The parent does not exist.
        """
        return self._run(self._conversation.graft, forest, _parent_id(parent))

    def watch(self, since: Since = None) -> SyncWatch:
        """Follow what changes, until it is left.

        Args:
            since: A revision, or the `cursor` of a change, after which to begin; None: after what
                is known here.
        """
        return SyncWatch(self._portal, self._conversation.watch(since), self._wrap)

    def add_response(
        self, message: str, *, parent: SyncParent = UNSET, **options: Unpack[SamplingOptions]
    ) -> SyncSampling:
        """Add a human response and sample the model's answer.

        Args:
            message: What the human says; empty samples directly below the parent.
            parent: What it answers: by default the leaf at the time of this call.
            options: See `SamplingOptions`.

        Raises:
            InvalidOperationError: The message is empty and there is no parent, or an option is
                out of its range.
        """
        parent = _parent_id(parent)
        return self._sync_sampling(
            self._conversation.add_response(message, parent=parent, **options)
        )

    def add_responses(
        self,
        message: str,
        n: int,
        *,
        parent: SyncParent = UNSET,
        **options: Unpack[SamplingOptions],
    ) -> SyncSamplingGroup:
        """Add a human response and sample n answers to it from one prompt.

        Args:
            message: What the human says; empty samples directly below the parent.
            n: Number of answers, 1 to 256.
            parent: What it answers: by default the leaf at the time of this call.
            options: See `SamplingOptions`.

        Raises:
            InvalidOperationError: As for `add_response`, or n is out of range.
        """
        parent = _parent_id(parent)
        return self._sync_group(
            self._conversation.add_responses(message, n, parent=parent, **options)
        )

    def add_model_response(
        self, text: str, *, parent: SyncParent = UNSET, partial: bool = False
    ) -> SyncResponse:
        """Store a text in the place of a model's answer; it becomes the leaf.

        Args:
            text: The answer.
            parent: What it answers: by default the leaf at the time of this call.
            partial: Say that the text is not complete.
        """
        add = self._conversation.add_model_response
        return self._wrap(self._run(add, text, parent=_parent_id(parent), partial=partial))

    def add_drafts(
        self, drafts: Iterable[ResponseDraft], *, leaf_index: int | None = None
    ) -> list[SyncResponse]:
        """Store responses as they are, all or none.

        Args:
            drafts: Parents before children; see `ResponseDraft`.
            leaf_index: Which of them becomes the leaf; None leaves it where it is.
        """
        add = self._conversation.add_drafts
        return self._wrap_all(self._run(add, drafts, leaf_index=leaf_index))

    def set_leaf_response_id(self, response_id: str | None) -> None:
        """Make a response the leaf, or none, so that the next turn makes a new root.

        Returns when the server has stored it.

        Raises:
            ResponseNotFound: It is not known here.
        """
        self._run(_select, self._conversation, response_id)

    def set_title(self, title: str) -> None:
        """Give it a title."""
        self._run(self._conversation.set_title, title)

    def generate_title(self) -> str:
        """Let the model write the title from the path to the leaf, and return it.

        Raises:
            InvalidOperationError: There is no leaf.
            SamplingError: The model failed; the title stays.
        """
        return self._run(self._conversation.generate_title)

    def star(self) -> None:
        """Star it."""
        self._run(self._conversation.star)

    def unstar(self) -> None:
        """Take its star away."""
        self._run(self._conversation.unstar)

    def delete(self) -> None:
        """Hide it until it is restored."""
        self._run(self._conversation.delete)

    def restore(self) -> None:
        """Undo its deletion."""
        self._run(self._conversation.restore)

    def purge(self) -> int:
        """Remove this deleted conversation for good; backups made before keep what they hold.

        Returns:
            How many responses it had.

        Raises:
            InvalidOperationError: It is not deleted, or something in it is being sampled.
        """
        return self._run(self._conversation.purge)

    def list_shares(self) -> list[Share]:
        """Return every share of its responses, oldest first."""
        return self._run(self._conversation.list_shares)

    def _wrap(self, response: Response) -> SyncResponse:
        with self._making_handles:
            wrapped = self._responses.get(response.response_id)
            if wrapped is None:
                wrapped = self._responses[response.response_id] = SyncResponse(self, response)
            return wrapped

    def _wrap_all(self, responses: Iterable[Response]) -> list[SyncResponse]:
        return [self._wrap(response) for response in responses]

    def _sync_sampling(self, sampling: Sampling) -> SyncSampling:
        return SyncSampling(self._portal, sampling, self._wrap)

    def _sync_group(self, group: SamplingGroup) -> SyncSamplingGroup:
        return SyncSamplingGroup(self._portal, group, self._wrap)

    def __repr__(self) -> str:
        return repr(self._conversation)

    def _repr_html_(self) -> str:
        return self._conversation._repr_html_()


async def _select(conversation: Conversation, response_id: str | None) -> None:
    await conversation.set_leaf_response_id(response_id)


def _parent_id(parent: SyncParent) -> str | UnsetType | None:
    if isinstance(parent, SyncResponse | ResponseValue):
        return parent.response_id
    return parent
