"""A process that opens a database, or restores one: made to be killed and to meet a failing disk.

``python -m tests.faults._keeper DATABASE [BACKUP]``: says what came of it, in one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grok_tree.errors import GrokTreeError
from grok_tree.store import Store, restore_backup


def main(database: str, *backup: str) -> None:
    try:
        for one in backup:
            restore_backup(Path(one), database)
        Store.open(database).close()
    except GrokTreeError as error:
        print(json.dumps([type(error).__name__, error.message]))
    else:
        print(json.dumps(["done", ""]))


if __name__ == "__main__":
    main(*sys.argv[1:])
