"""Words of the ChatGPT export that its reader and its writer share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OUT_OF_CONTEXT = "out_of_context"
"""Flag of what the model was not shown."""

FILE = "file-service://"
"""What stands before the id of a file."""

TEXT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "code": "text",
        "execution_output": "text",
        "tether_quote": "text",
        "sonic_webpage": "text",
        "system_error": "text",
        "citable_code_output": "output_str",
        "tether_browsing_display": "result",
        "model_editable_context": "model_set_context",
    }
)
"""Types of content to the key of all their text; what else they have is kept as it is."""
REASONING_KEYS: Mapping[str, str] = MappingProxyType({"reasoning_recap": "content"})
"""The same for what is reasoning rather than text."""
