"""What tests of programs that use grok_tree are made of: builders, fakes, servers, a model.

The contract suites are in `grok_tree.testing.contracts`, since they need pytest and hypothesis.
"""

from grok_tree.testing._asking import ends_of, prompt_of, sampled, text_of
from grok_tree.testing._builders import (
    CONVERSATION_ID,
    EPOCH,
    forest_from_names,
    forest_from_parents,
    forest_of,
)
from grok_tree.testing._fakes import CountingIds, FrozenClock
from grok_tree.testing._model import ModelConversation, ModelForest
from grok_tree.testing._played import Play, PlayedSampler
from grok_tree.testing._processes import ServerProcess, server_process
from grok_tree.testing._seen import (
    SeenChange,
    SeenConversation,
    SeenResponse,
    TurnIds,
    seen_conversation,
    seen_response,
)
from grok_tree.testing._servers import running_server

__all__ = [
    "CONVERSATION_ID",
    "EPOCH",
    "CountingIds",
    "FrozenClock",
    "ModelConversation",
    "ModelForest",
    "Play",
    "PlayedSampler",
    "SeenChange",
    "SeenConversation",
    "SeenResponse",
    "ServerProcess",
    "TurnIds",
    "ends_of",
    "forest_from_names",
    "forest_from_parents",
    "forest_of",
    "prompt_of",
    "running_server",
    "sampled",
    "seen_conversation",
    "seen_response",
    "server_process",
    "text_of",
]
