"""Use cases over store, samplers, clock and ids; knows neither gRPC nor HTTP."""

from grok_tree.service._attempts import Attempts
from grok_tree.service._base import DEFAULT_PAGE, LARGEST_PAGE, ShareUrl, World
from grok_tree.service._calls import (
    Said,
    StatelessCall,
    header_of,
    name_in,
    response_in,
    scope_of,
    token_of,
)
from grok_tree.service._changes import cursor_after
from grok_tree.service._files import check_file_size
from grok_tree.service._forests import Forests, open_forests
from grok_tree.service._log import EventLog
from grok_tree.service._merging import Merging
from grok_tree.service._placing import Place
from grok_tree.service._ports import Clock, Ids, SystemClock, SystemIds
from grok_tree.service._requests import (
    ChangesPage,
    ConversationPage,
    SampleCommand,
    SearchPage,
    ServerInfo,
    SharedPath,
)
from grok_tree.service._run import SamplingRun
from grok_tree.service._tasks import background_tasks
from grok_tree.service._titles import title_of
from grok_tree.service._uniting import MergeConflict, Merged
from grok_tree.store import Cursor

__all__ = [
    "DEFAULT_PAGE",
    "LARGEST_PAGE",
    "Attempts",
    "ChangesPage",
    "Clock",
    "ConversationPage",
    "Cursor",
    "EventLog",
    "Forests",
    "Ids",
    "MergeConflict",
    "Merged",
    "Merging",
    "Place",
    "Said",
    "SampleCommand",
    "SamplingRun",
    "SearchPage",
    "ServerInfo",
    "ShareUrl",
    "SharedPath",
    "StatelessCall",
    "SystemClock",
    "SystemIds",
    "World",
    "background_tasks",
    "check_file_size",
    "cursor_after",
    "header_of",
    "name_in",
    "open_forests",
    "response_in",
    "scope_of",
    "title_of",
    "token_of",
]
