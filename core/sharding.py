"""How the rows of one database are spread over its shards: a value, and pure functions of it.

    row --> key (a column, the stream, an hour, a region) --> hash, 32 bits --> the shard of that range

A shard that was split takes no more rows; its range belongs to its children, which name it as their parent.
Its history stays where it is, so rows of a key lie in the live shard of the key and in that one's ancestors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xxhash

from .clock import SECOND_US, to_micros
from .errors import Invalid, NotFound, nearest

HOME = "shard-0"
"""The first shard of every database: it decides what a table looks like."""

SPACE = 1 << 32
"""Hashes of keys are below it."""

STREAM = "_stream"
HOUR_US = 3_600 * SECOND_US

WAYS = ("tenant", "hash", "hour", "region")
MODES = ("local", "replicated")
MOST_SHARDS = 256


@dataclass(frozen=True, slots=True)
class ShardRange:
    """`[lo, hi)` of the hash space. `region`: a label that its host must bear. `value`: the region's rows.

    `since_us`: it came from a split, and all of its rows are recorded after this instant.
    """

    name: str
    lo: int = 0
    hi: int = SPACE
    parent: str | None = None
    live: bool = True
    region: str | None = None
    value: str | None = None
    since_us: int | None = None


@dataclass(frozen=True)
class ShardMap:
    """`by`: tenant (one shard), hash of `key`, hour of `_time`, region named by `key`. `version` rises.

    `durability`: `local` (fsync on the owner's disk) or `replicated` (the log reaches the object store
    before the acknowledgement). `region`: where every shard has to be, unless it names one itself.
    """

    by: str = "tenant"
    key: str | None = None
    shards: tuple[ShardRange, ...] = (ShardRange(HOME),)
    durability: str = "local"
    region: str | None = None
    version: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(shard.name for shard in self.shards)

    @property
    def live(self) -> tuple[str, ...]:
        """Those that take rows."""
        return tuple(shard.name for shard in self.shards if shard.live)

    @property
    def single(self) -> bool:
        """Whether there is one shard, so that sequences order everything."""
        return len(self.shards) == 1

    def shard(self, name: str) -> ShardRange:
        for shard in self.shards:
            if shard.name == name:
                return shard
        raise NotFound(f"no shard `{name}`", hint=nearest(name, self.names))

    def region_of(self, name: str) -> str | None:
        return self.shard(name).region or self.region

    def route(self, value: object) -> str:
        """The live shard that takes a row whose key is `value`. Raises `Invalid` for an unknown region."""
        if self.by == "region":
            return self._of_region(value)
        at = key_hash(value)
        return next(s.name for s in self.shards if s.live and s.lo <= at < s.hi)

    def holding(self, values: Iterable[object]) -> frozenset[str]:
        """The shards in which rows with one of these keys can lie, ancestors of live ones included."""
        found: set[str] = set()
        for value in values:
            if self.by == "region":
                found.update(s.name for s in self.shards if s.value == canonical(value))
            else:
                at = key_hash(value)
                found.update(s.name for s in self.shards if s.lo <= at < s.hi)
        return frozenset(found)

    def children(self, name: str) -> tuple[ShardRange, ...]:
        """The two that a split shard's range went to; none for a live one."""
        return tuple(shard for shard in self.shards if shard.parent == name)

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Parent, grandparent and so on: shards whose ids and streams this one continues."""
        found: list[str] = []
        parent = self.shard(name).parent
        while parent is not None:
            found.append(parent)
            parent = self.shard(parent).parent
        return tuple(found)

    def split(self, name: str, since_us: int | None = None) -> ShardMap:
        """The next version: `name` takes no more rows, two new shards share its range from then on.

        Raises `NotFound` for no shard, `Invalid` for one that can't be split.
        """
        shard = self.shard(name)
        if self.by == "tenant":
            hint = 'create the database with shard_by="hash"'
            raise Invalid("a database that is one shard by design can't be split", hint=hint)
        if self.by == "region":
            hint = "all rows of a region are one shard's; create the database with a finer `key`"
            raise Invalid(f"`{name}` is a region and can't be split", hint=hint)
        if not shard.live:
            raise Invalid(f"`{name}` was split before", hint=f"live shards: {', '.join(self.live)}")
        if shard.hi - shard.lo < 2:
            raise Invalid(f"`{name}` is too small to be split", hint="split another one")
        middle = (shard.lo + shard.hi) // 2
        number = len(self.shards)
        lower = replace(shard, name=f"shard-{number}", hi=middle, parent=name, since_us=since_us)
        upper = replace(shard, name=f"shard-{number + 1}", lo=middle, parent=name, since_us=since_us)
        kept = (replace(s, live=False) if s.name == name else s for s in self.shards)
        return replace(self, shards=(*kept, lower, upper), version=self.version + 1)

    def to_dict(self) -> dict[str, Any]:
        shards = [{slot: getattr(s, slot) for slot in ShardRange.__slots__} for s in self.shards]
        return {
            "version": self.version,
            "by": self.by,
            "key": self.key,
            "durability": self.durability,
            "region": self.region,
            "shards": shards,
        }

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> ShardMap:
        return ShardMap(**{**raw, "shards": tuple(ShardRange(**shard) for shard in raw["shards"])})

    def _of_region(self, value: object) -> str:
        text = canonical(value)
        for shard in self.shards:
            if shard.live and shard.value == text:
                return shard.name
        known = [s.value for s in self.shards if s.value is not None]
        raise Invalid(f"no region for {self.key}={value!r}", hint=nearest(text, known))


def new_shard_map(
    shards: int = 1,
    *,
    by: str | None = None,
    key: str | None = None,
    regions: Mapping[str, str] | None = None,
    durability: str = "local",
    region: str | None = None,
) -> ShardMap:
    """The map of a new database. `regions`: value of `key` -> label of the hosts for its rows.

    >>> [(shard.name, shard.lo) for shard in new_shard_map(2, key="customer").shards]
    [('shard-0', 0), ('shard-1', 2147483648)]
    """
    by = by or ("region" if regions else "hash" if shards > 1 or key else "tenant")
    _check("shard_by", by, WAYS)
    _check("durability", durability, MODES)
    if by == "region":
        if not regions or key is None:
            hint = (
                'create_database("acme", shard_by="region", key="country", regions={"DE": "eu", "US": "us"})'
            )
            raise Invalid("sharding by region needs `key` and `regions`", hint=hint)
        parts = [
            ShardRange(f"shard-{n}", region=label, value=canonical(value))
            for n, (value, label) in enumerate(regions.items())
        ]
        return ShardMap(by, key, tuple(parts), durability, region)
    if regions:
        raise Invalid("`regions` are for shard_by='region'", hint="leave one of them out")
    if not 1 <= shards <= MOST_SHARDS:
        raise Invalid(f"shards={shards}", hint=f"1 to {MOST_SHARDS}")
    if by == "tenant" and (shards > 1 or key):
        raise Invalid("a database by tenant has one shard and no key", hint='shard_by="hash"')
    if by == "hour" and key is not None:
        raise Invalid("sharding by hour takes no key", hint="its key is the hour of _time")
    bounds = [SPACE * n // shards for n in range(shards + 1)]
    parts = [ShardRange(f"shard-{n}", bounds[n], bounds[n + 1]) for n in range(shards)]
    return ShardMap(by, (key or STREAM) if by == "hash" else None, tuple(parts), durability, region)


def key_hash(value: object) -> int:
    """32 bits of a key, the same on every machine and for every spelling of one value."""
    return xxhash.xxh3_64_intdigest(canonical(value).encode()) >> 32


def canonical(value: object) -> str:
    """One text for each value, however it was given: 5, 5.0 and Decimal("5.00") are one key.

    >>> canonical(5.0), canonical("tea"), canonical(None)
    ('n5', 'ttea', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return f"b{int(value)}"
        case int():
            return f"n{value}"
        case float() | Decimal():
            return (
                f"n{int(value)}" if value == int_or_none(value) else f"n{Decimal(str(value)).normalize():f}"
            )
        case datetime():
            return f"i{to_micros(value)}"
        case date():
            return f"d{value.isoformat()}"
        case bytes():
            return f"x{value.hex()}"
        case _:
            return f"t{value}"


def int_or_none(value: float | Decimal) -> int | None:
    """The integer that the value is, if it is a finite one."""
    try:
        return int(value)
    except (OverflowError, ValueError):
        return None


def hours(micros: Sequence[int]) -> list[int]:
    """The hour, counted from 1970, of each instant."""
    return [at // HOUR_US for at in micros]


def _check(name: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise Invalid(f"{name}={given!r}", hint=nearest(given, known))
