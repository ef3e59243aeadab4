"""How long tests wait. No test proves speed: these only end what would never end by itself."""

from __future__ import annotations

MINUTE_S = 60.0
"""Ends work that should be linear in the size of something large, and is not.

Such a test takes a second or so, and many minutes where the work is quadratic; so it fails by this
limit on any machine, and does not come near to it where all is well.
"""

PATIENCE_S = 40.0
"""For what must come: much more than the slowest machine takes, less than the limit of a test.

Where nothing comes, the test ends at the line that waits, and not somewhere in the event loop.
"""
