"""Forests on disk: one writer that commits in groups, readers of consistent snapshots."""

from grok_tree.store._aside import remove_database, set_aside
from grok_tree.store._budget_rows import Amount, BudgetKey, BudgetOwner
from grok_tree.store._database import SCHEMA_VERSION, Owner
from grok_tree.store._lookup import Lookup
from grok_tree.store._reader import Reader
from grok_tree.store._recorded import Child
from grok_tree.store._restore import damage_in, restore_backup, verify_backup
from grok_tree.store._rows import (
    ConversationRows,
    Cursor,
    Finish,
    Mirrored,
    NewResponse,
    Orphan,
    Remembered,
    ResolvedIds,
    SearchRows,
    Shape,
    ShareRow,
)
from grok_tree.store._store import (
    Store,
    canonical_location,
    database_path,
    is_file,
    read_owner,
    schema_version,
)
from grok_tree.store._uniting import Known, said_hash
from grok_tree.store._writer import Writer

__all__ = [
    "SCHEMA_VERSION",
    "Amount",
    "BudgetKey",
    "BudgetOwner",
    "Child",
    "ConversationRows",
    "Cursor",
    "Finish",
    "Known",
    "Lookup",
    "Mirrored",
    "NewResponse",
    "Orphan",
    "Owner",
    "Reader",
    "Remembered",
    "ResolvedIds",
    "SearchRows",
    "Shape",
    "ShareRow",
    "Store",
    "Writer",
    "canonical_location",
    "damage_in",
    "database_path",
    "is_file",
    "read_owner",
    "remove_database",
    "restore_backup",
    "said_hash",
    "schema_version",
    "set_aside",
    "verify_backup",
]
