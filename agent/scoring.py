"""Whether a result equals the expected rows: values alike, columns in any order, rows in order or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import date, datetime
from itertools import islice, permutations

Rows = Sequence[Sequence[object]]
_MOST_ARRANGEMENTS = 2000


def same_rows(found: Rows, expected: Rows, *, ordered: bool = False, subset: bool = False) -> bool:
    """Equal rows up to a permutation of columns; with `subset`, `found` may have more columns."""
    if len(found) != len(expected):
        return False
    if not expected:
        return True
    one, other = [[_plain(v) for v in row] for row in found], [[_plain(v) for v in row] for row in expected]
    width, wanted = len(one[0]), len(other[0])
    if width < wanted or (width != wanted and not subset):
        return False
    return any(_arranged(one, other, picked, ordered) for picked in _arrangements(one, other))


def _arrangements(found: list[list[Hashable]], expected: list[list[Hashable]]) -> list[tuple[int, ...]]:
    """Columns of `found` that could be those of `expected`, by their values alone."""
    have = [Counter(row[i] for row in found) for i in range(len(found[0]))]
    need = [Counter(row[j] for row in expected) for j in range(len(expected[0]))]
    options = [[i for i, values in enumerate(have) if values == wanted] for wanted in need]
    if any(not option for option in options):
        return []
    if all(len(option) == 1 for option in options):
        single = tuple(option[0] for option in options)
        return [single] if len(set(single)) == len(single) else []
    every = permutations(range(len(have)), len(need))
    return list(
        islice((p for p in every if all(i in options[j] for j, i in enumerate(p))), _MOST_ARRANGEMENTS)
    )


def _arranged(
    found: list[list[Hashable]], expected: list[list[Hashable]], picked: tuple[int, ...], ordered: bool
) -> bool:
    rows = [tuple(row[i] for i in picked) for row in found]
    wanted = [tuple(row) for row in expected]
    return rows == wanted if ordered else Counter(rows) == Counter(wanted)


def _plain(value: object) -> Hashable:
    """A value as it is compared: numbers rounded, also those written as text; midnight left off."""
    if value is None:
        return None
    if isinstance(value, (datetime, date)):
        return str(value).removesuffix(" 00:00:00")
    text = str(int(value)) if isinstance(value, bool) else str(value).strip()
    try:
        return round(float(text), 4)
    except ValueError:
        return text.removesuffix(" 00:00:00")
