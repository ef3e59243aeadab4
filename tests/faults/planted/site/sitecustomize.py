"""Found by every Python process that has this folder on its path: plants one fault in it."""

from __future__ import annotations

import os
import traceback

_wanted = os.environ.get("GROK_TREE_PLANTED_FAULT")
if _wanted:
    try:
        from tests.faults.planted import plant

        plant(_wanted)
    except BaseException:
        # Python would go on without the fault, and the fault would seem to be caught by nobody.
        traceback.print_exc()
        os._exit(70)
