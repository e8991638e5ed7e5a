"""What SQL an object may run in its private database: anything but what would leave it.

A turn's transaction belongs to the turn, and the file's form to the log: statements that change either are
refused, as are temporary tables, which would not survive hibernation.
"""

from __future__ import annotations

import re
import sqlite3
from enum import Enum
from functools import lru_cache

from ...core.errors import Invalid


class Verb(Enum):
    READ = "read"
    WRITE = "write"


_SKIPPED = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$)|;)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_READING = frozenset({"SELECT", "VALUES", "EXPLAIN", "PRAGMA", ""})
_REFUSED = {
    **dict.fromkeys(
        ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"),
        "a turn is one transaction already; storage.transaction_sync(fn) takes back a part of it",
    ),
    **dict.fromkeys(("ATTACH", "DETACH"), "an object sees its own storage alone; call the other object"),
    "VACUUM": "storage.export() of the lake writes a compact copy",
}
_PRAGMAS = frozenset(
    {
        *("application_id", "case_sensitive_like", "collation_list", "compile_options", "data_version"),
        *("defer_foreign_keys", "foreign_key_check", "foreign_key_list", "foreign_keys", "function_list"),
        *("ignore_check_constraints", "index_info", "index_list", "index_xinfo", "integrity_check"),
        *("module_list", "optimize", "pragma_list", "quick_check", "recursive_triggers"),
        *("table_info", "table_list", "table_xinfo", "user_version"),
    }
)
_KEPT_PRAGMAS = re.compile(r"\b(user_version|application_id|optimize)\b", re.IGNORECASE)
_CREATING = frozenset(
    {
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_VTABLE,
    }
)
_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
    }
)
_FUNCTIONS = frozenset({"fts3_tokenizer", "load_extension", "optimize"})
"""They reach into the process, or write from within a SELECT."""


@lru_cache(maxsize=4_096)
def verb(sql: str) -> Verb:
    """Whether a statement may write. Raises `Invalid` for those that are not for objects."""
    start = _SKIPPED.match(sql)
    word = _WORD.match(sql, start.end() if start else 0)
    name = word.group().upper() if word else ""
    if name in _REFUSED:
        raise Invalid(f"{name} is not for an object's storage", hint=_REFUSED[name])
    if name == "PRAGMA":
        return Verb.WRITE if _KEPT_PRAGMAS.search(sql) else Verb.READ
    return Verb.READ if name in _READING else Verb.WRITE


def authorize(action: int, first: str | None, second: str | None, db: str | None, _by: str | None) -> int:
    """SQLite asks this for each thing that a statement would do."""
    if action in _OUTSIDE or (action in _CREATING and db == "temp"):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA:
        name = (first or "").lower()
        # SQLite's own modules ask for these two; to set them is another matter.
        if name not in _PRAGMAS and (name not in ("page_count", "page_size") or second is not None):
            return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK
