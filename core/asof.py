"""The points in the past that a query can name, as values.

None                       now
1234                       a sequence number of the one shard
datetime, "2026-11-01..."  an instant: what was known then (`_recorded_at`)
"version:41"               the cut that manifest 41 of one table published
"shard-0:1234"             a bookmark, as `Database.bookmark()` gives it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .clock import iso, parse_instant
from .errors import Invalid


@dataclass(frozen=True, slots=True)
class Now:
    """The last acknowledged event."""

    def __str__(self) -> str:
        return "now"


@dataclass(frozen=True, slots=True)
class AtSequence:
    seq: int

    def __str__(self) -> str:
        return str(self.seq)


@dataclass(frozen=True, slots=True)
class AtInstant:
    micros: int

    def __str__(self) -> str:
        return iso(self.micros)


@dataclass(frozen=True, slots=True)
class AtVersion:
    version: int

    def __str__(self) -> str:
        return f"version:{self.version}"


@dataclass(frozen=True)
class AtBookmark:
    seqs: Mapping[str, int]

    def __str__(self) -> str:
        return ",".join(f"{shard}:{seq}" for shard, seq in sorted(self.seqs.items()))


AsOf = Now | AtSequence | AtInstant | AtVersion | AtBookmark

_BOOKMARK = re.compile(r"^[a-z]+-\d+:\d+(,[a-z]+-\d+:\d+)*$")


def parse_as_of(value: object) -> AsOf:
    """What `as_of=` and the SQL forms of AS OF accept. Raises `Invalid` for the rest."""
    if value is None:
        return Now()
    if isinstance(value, Now | AtSequence | AtInstant | AtVersion | AtBookmark):
        return value
    if isinstance(value, bool):
        raise Invalid(f"not a point in time: {value!r}", hint=_HINT)
    if isinstance(value, int):
        return AtSequence(_natural(value))
    if isinstance(value, datetime | date):
        return AtInstant(parse_instant(value))
    if isinstance(value, str):
        text = value.strip()
        if text.isdigit():
            return AtSequence(int(text))
        if text.startswith("version:") and text[8:].isdigit():
            return AtVersion(int(text[8:]))
        if _BOOKMARK.match(text):
            return AtBookmark({shard: int(seq) for shard, seq in (p.split(":") for p in text.split(","))})
        try:
            return AtInstant(parse_instant(text))
        except Invalid:
            pass
    raise Invalid(f"not a point in time: {value!r}", hint=_HINT)


_HINT = "give an instant (2026-11-01T10:00:00Z), a sequence number, version:N or a bookmark"


def _natural(value: int) -> int:
    if value < 0:
        raise Invalid(f"a sequence is not negative: {value}", hint=_HINT)
    return value
