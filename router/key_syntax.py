"""Keys as they are written in CREATE TABLE and ALTER TABLE. They are told, not enforced.

    id BIGINT PRIMARY KEY,                      PRIMARY KEY (a, b)
    customer_id BIGINT REFERENCES customers,    FOREIGN KEY (a, b) REFERENCES t (x, y)

`CONSTRAINT name` before and `NOT ENFORCED` behind are taken and not kept. What would have to be enforced is
refused: a NOT NULL that is ignored would be a lie.
"""

from __future__ import annotations

from ..core.errors import Invalid
from ..core.keys import NO_KEYS, Keys, Reference, both
from .head import Head

CONSTRAINTS = ("PRIMARY KEY", "REFERENCES", "CONSTRAINT", "NOT", "UNIQUE", "CHECK", "DEFAULT", "COLLATE")
"""Words that end the type of a column."""

_UNKEPT = {
    "NOT": "leave NOT NULL out: every column takes nulls",
    "UNIQUE": "leave UNIQUE out, or tell a PRIMARY KEY: rows are one event by their `_id`",
    "CHECK": "leave CHECK out, and check the rows before they are appended",
    "DEFAULT": "leave DEFAULT out: what is not given is null",
    "COLLATE": "leave COLLATE out, and write COLLATE in the query",
    "ON": "leave ON DELETE and ON UPDATE out: nothing happens to rows that refer",
}


def column_keys(head: Head, column: str) -> Keys:
    """What stands behind the type of a column. Raises `Invalid`."""
    keys = NO_KEYS
    while True:
        if head.takes("CONSTRAINT"):
            head.name()
        if head.takes("PRIMARY KEY"):
            keys = both(keys, Keys((column,)))
        elif head.at("REFERENCES"):
            keys = both(keys, Keys((), (_reference(head, (column,)),)))
        else:
            _refuse_unkept(head)
            return keys
        head.takes("NOT", "ENFORCED")


def table_keys(head: Head) -> Keys | None:
    """A key between the columns; `None` if a column follows. Raises `Invalid`."""
    named = any(head.follows("CONSTRAINT", None, word) for word in ("PRIMARY KEY", "FOREIGN KEY", *_UNKEPT))
    if named:
        head.takes("CONSTRAINT")
        head.name()
    if head.follows("PRIMARY KEY", "("):
        head.takes("PRIMARY KEY")
        keys = Keys(tuple(head.names()))
    elif head.follows("FOREIGN KEY", "("):
        head.takes("FOREIGN KEY")
        keys = Keys((), (_reference(head, tuple(head.names())),))
    else:
        if named or head.follows("UNIQUE", "(") or head.follows("CHECK", "("):
            _refuse_unkept(head)
        return None
    head.takes("NOT", "ENFORCED")
    _refuse_unkept(head)
    return keys


def _reference(head: Head, columns: tuple[str, ...]) -> Reference:
    head.expect("REFERENCES", hint="FOREIGN KEY (customer_id) REFERENCES customers (id)")
    table = head.name()
    return Reference(columns, table, tuple(head.names()) if head.at("(") else ())


def _refuse_unkept(head: Head) -> None:
    for word, hint in _UNKEPT.items():
        if head.at(word):
            raise Invalid(f"{word if word != 'NOT' else 'NOT NULL'} would not be enforced", hint=hint)
