"""Column names out of whatever files call their columns."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 255


def valid_names(given: Sequence[str]) -> list[str]:
    """A valid and distinct name for each of `given`, the same for the same file; valid ones stay.

    Leading underscores (the envelope's), spaces around and control characters go; an empty name
    becomes `column_<position>`; one that is taken, in whatever case, gets `_2`, `_3`, ...

    >>> valid_names(["_id", "", "Price", "price"])
    ['id', 'column_2', 'Price', 'price_2']
    """
    cleaned = [_clean(name) or f"column_{number}" for number, name in enumerate(given, start=1)]
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
            unique = f"{clean[: _MOST - 8]}_{number}"
        kept.add(unique.lower())
        names.append(unique)
    return names


def _clean(name: str) -> str:
    printable = "".join(c for c in name if ord(c) >= 32).encode(errors="replace").decode()
    return printable.strip().lstrip("_").strip()[:_MOST]
