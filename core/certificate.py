"""Proof of what an answer read: for every table and shard, which sequences came from which tier.

The ranges are those of the runs that were read or pruned, not the watermarks they are meant to prove.
`verify` joins them without gap or overlap and compares the row counts with the files' own footers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import Corrupt
from .manifest import DataFile

FooterRows = Callable[[DataFile], int]
"""Reads the number of rows that a file's own footer states; raises `Corrupt` if it can't be read."""


@dataclass(frozen=True, slots=True)
class TierPart:
    """What one tier contributes of one table in one shard.

    `ranges`: inclusive [first, last] pairs of sequences for which the tier is responsible. `rows`: of all
    its files, pruned ones included, `None` where a row policy hides how many. `bytes`: of the files read,
    `None` where a policy hides values, as their size could tell of them.
    """

    tier: str
    ranges: tuple[tuple[int, int], ...]
    rows: int | None
    files_read: int = 0
    files_pruned: int = 0
    bytes: int | None = 0
    snapshot: int | None = None
    files: tuple[DataFile, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"ranges": [list(r) for r in self.ranges]}
        if self.rows is None:
            return shown
        shown["rows"] = self.rows
        if self.tier != "hot":
            shown |= {"files_read": self.files_read, "files_pruned": self.files_pruned}
            shown |= {} if self.bytes is None else {"bytes": self.bytes}
        if self.snapshot is not None:
            shown["snapshot"] = self.snapshot
        return shown


@dataclass(frozen=True, slots=True)
class ShardPart:
    """One table in one shard: its manifest version, the cut, and the tiers below it. `missing`: computed
    column that was read -> events at most whose value is still missing."""

    manifest: int
    fresh_to: int
    tiers: tuple[TierPart, ...]
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Certificate:
    """`age_seconds`: how long before the query the latest included event was recorded.

    `pruned`: table -> shard -> the condition by which none of its rows can matter; all other shards of the
    database are in `tables`.
    """

    tables: Mapping[str, Mapping[str, ShardPart]] = field(default_factory=dict)
    as_of: str | None = None
    age_seconds: float | None = None
    expired: Sequence[Mapping[str, Any]] = ()
    forgotten: Sequence[Mapping[str, Any]] = ()
    pruned: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    footer_rows: FooterRows | None = field(default=None, repr=False, compare=False)

    @property
    def fresh_to(self) -> dict[str, int]:
        fresh: dict[str, int] = {}
        for shards in self.tables.values():
            for shard, part in shards.items():
                fresh[shard] = max(part.fresh_to, fresh.get(shard, 0))
        return fresh

    def verify(self) -> None:
        """Raises `Corrupt` unless the ranges cover 1..fresh_to once and the footers agree with `rows`."""
        for table, shards in self.tables.items():
            for shard, part in shards.items():
                where = f"{table} in {shard}"
                _check_cover(part, where)
                for tier in part.tiers:
                    _check_rows(tier, where, self.footer_rows)

    def veiled(self, tables: Collection[str], values: Collection[str]) -> Certificate:
        """The same proof for somebody who may not see all rows of `tables`, folded: of them it tells the
        ranges, which cover everything, and no number that the hidden rows have a part in. Of those in
        `values` not all values may be seen."""
        if not any(_name(shown) in tables or _name(shown) in values for shown in self.tables):
            return self

        def shown(table: str, shards: Mapping[str, ShardPart]) -> Mapping[str, ShardPart]:
            if _name(table) not in tables:
                return {name: _unweighed(part) for name, part in shards.items()}
            return {
                name: ShardPart(
                    part.manifest,
                    part.fresh_to,
                    tuple(TierPart(t.tier, t.ranges, None, snapshot=t.snapshot) for t in part.tiers),
                )
                for name, part in shards.items()
            }

        mine = {table: _name(table) in tables or _name(table) in values for table in self.tables}
        known = {t: shown(t, shards) if mine[t] else shards for t, shards in self.tables.items()}
        age = None if any(_name(table) in tables for table in self.tables) else self.age_seconds
        expired = [gone for gone in self.expired if _name(str(gone.get("table", ""))) not in tables]
        return replace(self, tables=known, age_seconds=age, expired=expired)

    def to_dict(self) -> dict[str, Any]:
        return {
            "manifest": {
                table: {shard: part.manifest for shard, part in shards.items()}
                for table, shards in self.tables.items()
            },
            "as_of": self.as_of,
            "fresh_to": self.fresh_to,
            "age_seconds": self.age_seconds,
            "tables": {
                table: {
                    "shards": {
                        shard: {tier.tier: tier.to_dict() for tier in part.tiers}
                        for shard, part in shards.items()
                    }
                }
                | ({"pruned": dict(self.pruned[table])} if table in self.pruned else {})
                | ({"missing": missing} if (missing := _missing(shards)) else {})
                for table, shards in self.tables.items()
            },
            "expired": list(self.expired),
            "forgotten": list(self.forgotten),
            "complete": self._is_complete(),
        }

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Certificate:
        """A certificate that came over a wire; its `verify` proves the ranges, the sender the footers."""
        return Certificate(
            tables={
                table: {
                    shard: ShardPart(
                        manifest=raw["manifest"][table][shard],
                        fresh_to=max((r[1] for t in tiers.values() for r in t["ranges"]), default=0),
                        tiers=tuple(
                            TierPart(
                                tier=name,
                                ranges=tuple((r[0], r[1]) for r in part["ranges"]),
                                rows=part.get("rows"),
                                files_read=part.get("files_read", 0),
                                files_pruned=part.get("files_pruned", 0),
                                bytes=part.get("bytes", None if "files_read" in part else 0),
                                snapshot=part.get("snapshot"),
                            )
                            for name, part in tiers.items()
                        ),
                        missing=shards.get("missing", {}).get(shard, {}),
                    )
                    for shard, tiers in shards["shards"].items()
                }
                for table, shards in raw["tables"].items()
            },
            as_of=raw["as_of"],
            age_seconds=raw["age_seconds"],
            expired=raw["expired"],
            forgotten=raw["forgotten"],
            pruned={table: shards["pruned"] for table, shards in raw["tables"].items() if "pruned" in shards},
        )

    def _is_complete(self) -> bool:
        try:
            for shards in self.tables.values():
                for part in shards.values():
                    _check_cover(part, "")
        except Corrupt:
            return False
        return True


def _name(shown: str) -> str:
    """The table, folded, whose entry may be called `orders (orders_as_of_1)`."""
    return shown.partition(" (")[0].lower()


def _unweighed(part: ShardPart) -> ShardPart:
    return replace(part, tiers=tuple(replace(tier, bytes=None) for tier in part.tiers))


def _missing(shards: Mapping[str, ShardPart]) -> dict[str, dict[str, int]]:
    """shard -> computed column -> events whose value is missing; where there are any."""
    return {shard: dict(part.missing) for shard, part in shards.items() if any(part.missing.values())}


def merge_certificates(
    parts: Sequence[Certificate],
    names: Mapping[str, str],
    as_of: str | None,
    pruned: Mapping[str, Mapping[str, str]],
) -> Certificate:
    """One certificate of what several shards answered for each. `names`: what a table is called in it."""
    tables: dict[str, dict[str, ShardPart]] = {}
    readers: dict[str, FooterRows] = {}
    for part in parts:
        for table, shards in part.tables.items():
            tables.setdefault(names.get(table, table), {}).update(shards)
            if part.footer_rows is not None:
                files = (f for shard in shards.values() for tier in shard.tiers for f in tier.files)
                readers.update((file.key, part.footer_rows) for file in files)
    ages = [part.age_seconds for part in parts if part.age_seconds is not None]
    return Certificate(
        tables=tables,
        as_of=as_of,
        age_seconds=min(ages, default=None),
        expired=[
            {**gone, "table": names.get(gone["table"], gone["table"])} for p in parts for gone in p.expired
        ],
        forgotten=[gone for part in parts for gone in part.forgotten],
        pruned={table: reasons for table, reasons in pruned.items() if reasons},
        footer_rows=(lambda file: readers[file.key](file)) if readers else None,
    )


def _check_cover(part: ShardPart, where: str) -> None:
    reached = 0
    for first, last in sorted(r for tier in part.tiers for r in tier.ranges):
        if first != reached + 1 or last < first:
            problem = "a gap" if first > reached + 1 else "an overlap"
            raise Corrupt(
                f"{problem} in the answer's ranges of {where}: {reached} is followed by {first}",
                hint="run `thermocline verify`",
            )
        reached = last
    if reached != part.fresh_to:
        raise Corrupt(
            f"the ranges of {where} end at {reached}, not at {part.fresh_to}", hint="run `thermocline verify`"
        )


def _check_rows(tier: TierPart, where: str, footer_rows: FooterRows | None) -> None:
    if footer_rows is None or tier.tier == "hot" or tier.rows is None:
        return
    counted = 0
    for file in tier.files:
        rows = footer_rows(file)
        if rows != file.rows:
            raise Corrupt(
                f"{file.key} holds {rows} rows, its manifest says {file.rows}",
                hint="run `thermocline verify`",
            )
        counted += rows
    if counted != tier.rows:
        raise Corrupt(
            f"the {tier.tier} files of {where} hold {counted} rows, its run says {tier.rows}",
            hint="run `thermocline verify`",
        )
