"""Where mirrors are kept, without loading what opens them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "GROK_TREE_CACHE"


class MirrorWarning(UserWarning):
    """A mirror could not be used as it was; reading goes on all the same."""


def mirror_folder() -> Path:
    """Return the folder where mirrors are kept; it need not exist yet."""
    given = os.environ.get(CACHE_VARIABLE)
    cache = Path(given) if given else platformdirs.user_cache_path("grok-tree")
    return cache / "mirrors"
