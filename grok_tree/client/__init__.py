"""Clients: the same interface for programs with an event loop and for blocking ones."""

from grok_tree.client._client import AsyncClient, default_database
from grok_tree.client._conversation import Conversation
from grok_tree.client._does_it_work import does_it_work
from grok_tree.client._doors import Doors
from grok_tree.client._embedder import Embedder
from grok_tree.client._files import Files, FileSource
from grok_tree.client._grok import ConversationPage, Grok, ResolvedId, SearchPage
from grok_tree.client._importing import (
    Conflict,
    ImportedConversation,
    ImportReport,
    Outcome,
    Source,
)
from grok_tree.client._machine import samplers_of_this_machine
from grok_tree.client._merging import read_outcomes
from grok_tree.client._mirror_care import MirrorState, clear_mirrors, verify_mirrors
from grok_tree.client._mirror_folder import MirrorWarning, mirror_folder
from grok_tree.client._models import Models
from grok_tree.client._options import SamplingOptions
from grok_tree.client._price_table import prices_of_this_machine
from grok_tree.client._raw import Completion, CompletionOptions, Continuation, RawSampler
from grok_tree.client._response import Response
from grok_tree.client._sampling import (
    EventStream,
    IndexedTokenStream,
    Sampling,
    SamplingGroup,
    TokenStream,
)
from grok_tree.client._sync_client import Client
from grok_tree.client._sync_conversation import SyncConversation
from grok_tree.client._sync_files import SyncFiles
from grok_tree.client._sync_grok import SyncConversationPage, SyncGrok, SyncModels
from grok_tree.client._sync_raw import SyncContinuation, SyncEmbedder, SyncRawSampler
from grok_tree.client._sync_response import SyncResponse
from grok_tree.client._sync_sampling import SyncSampling, SyncSamplingGroup
from grok_tree.client._sync_watching import SyncChange, SyncWatch
from grok_tree.client._watching import Change, Watch

__all__ = [
    "AsyncClient",
    "Change",
    "Client",
    "Completion",
    "CompletionOptions",
    "Conflict",
    "Continuation",
    "Conversation",
    "ConversationPage",
    "Doors",
    "Embedder",
    "EventStream",
    "FileSource",
    "Files",
    "Grok",
    "ImportReport",
    "ImportedConversation",
    "IndexedTokenStream",
    "MirrorState",
    "MirrorWarning",
    "Models",
    "Outcome",
    "RawSampler",
    "ResolvedId",
    "Response",
    "Sampling",
    "SamplingGroup",
    "SamplingOptions",
    "SearchPage",
    "Source",
    "SyncChange",
    "SyncContinuation",
    "SyncConversation",
    "SyncConversationPage",
    "SyncEmbedder",
    "SyncFiles",
    "SyncGrok",
    "SyncModels",
    "SyncRawSampler",
    "SyncResponse",
    "SyncSampling",
    "SyncSamplingGroup",
    "SyncWatch",
    "TokenStream",
    "Watch",
    "clear_mirrors",
    "default_database",
    "does_it_work",
    "mirror_folder",
    "prices_of_this_machine",
    "read_outcomes",
    "samplers_of_this_machine",
    "verify_mirrors",
]
