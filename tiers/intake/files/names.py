"""Names of columns and tables out of whatever files call them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....core.ids import HIDDEN_PREFIX

_MOST = 255
_MOST_OF_TABLE = 63


def valid_names(given: Sequence[str]) -> list[str]:
    """A valid and distinct name for each of `given`, the same for the same file; valid ones stay.

    Leading underscores (the envelope's), spaces around and control characters go; an empty name
    becomes `column_<position>`; one that is taken, in whatever case, gets `_2`, `_3`, ...

    >>> valid_names(["_id", "", "Price", "price"])
    ['id', 'column_2', 'Price', 'price_2']
    """
    return _distinct(given, [_clean(name) or f"column_{n}" for n, name in enumerate(given, start=1)], _MOST)


def valid_table_names(given: Sequence[str]) -> list[str]:
    """The same for tables, whose names are folders too: what can be in none becomes an underscore.

    >>> valid_table_names(["Ref Colors", "2019", "stock"])
    ['Ref_Colors', 't_2019', 'stock']
    """
    return _distinct(given, [_clean_table(name) for name in given], _MOST_OF_TABLE)


def _distinct(given: Sequence[str], cleaned: Sequence[str], most: int) -> list[str]:
    # A name that is valid as it stands keeps it, wherever in the file it comes.
    taken = {name.lower() for name, clean in zip(given, cleaned, strict=True) if name == clean}
    kept: set[str] = set()
    names = []
    for name, clean in zip(given, cleaned, strict=True):
        folded = clean.lower()
        unique = clean
        if folded in kept or (name != clean and folded in taken):
            number = 2
            while f"{folded}_{number}" in taken | kept:
                number += 1
            unique = f"{clean[: most - 8]}_{number}"
        kept.add(unique.lower())
        names.append(unique)
    return names


def _clean(name: str) -> str:
    printable = "".join(c for c in name if ord(c) >= 32).encode(errors="replace").decode()
    return printable.strip().lstrip("_").strip()[:_MOST]


def _clean_table(name: str) -> str:
    clean = re.sub(r"[^A-Za-z0-9_\-]+", "_", name)
    if clean != name:
        clean = clean.strip("_")
    if not clean[:1].isalpha() or clean.lower().startswith(("sqlite_", HIDDEN_PREFIX)):
        clean = f"t_{clean.lstrip('_')}"
    return clean[:_MOST_OF_TABLE]
