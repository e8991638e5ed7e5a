"""A lake and its oracle side by side: both are given the same events and asked the same questions.

Everything in a world follows from its seed: events, batches, steps, queries and points in time. Its rows lie
in one shard or in several; what differs is in `spread`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest

import thermocline
from thermocline.core.certificate import Certificate, ShardPart
from thermocline.core.errors import Invalid
from thermocline.core.owners import Step
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Lakehouse
from thermocline.core.results import Result
from thermocline.router.nearest import narrow
from thermocline.tiers.vectors import sidecar

from .compare import difference
from .events import Batch, TableModel, accept, new_batch, new_table
from .oracle import Oracle
from .queries import Query, Shown, make_query
from .settings import StillClock, draw
from .spread import At, Cut, draw_spread

TABLES = ("orders", "items", "log_book")
STEPS: tuple[Step, ...] = ("flush", "flush", "flush", "compact", "archive", "archive", "expire")
MOST_SHARDS = 7
MICROSECOND = timedelta(microseconds=1)

Open = Callable[[Path, Any, TierPolicy], Lakehouse]
"""How a lake is opened, and opened again: folder, clock, policy."""


def in_process(folder: Path, clock: Any, policy: TierPolicy) -> Lakehouse:
    return thermocline.connect(folder, clock=clock, policy=policy, background=False)


@dataclass(frozen=True)
class Point:
    """A point in time. `as_of`: how a query names it, `None` for now. `cut`: what it means.

    `tables`: those that can be asked there together.
    """

    as_of: Any
    cut: Cut
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question and its answer, to be compared once the oracle has caught up."""

    query: Query
    point: Point
    result: Result


class World:
    """`shards`: how many there are at first. `clock`: it stands still. `fixed`: settings not left to chance.

    `layouts`: the placements at which it was asked; `cases`: how many answers were compared.
    """

    def __init__(
        self,
        seed: int,
        folder: Path,
        *,
        shards: int = 1,
        opened: Open = in_process,
        clock: Any = None,
        **fixed: Any,
    ) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.settings = replace(draw(self.rng), **fixed)
        self.spread = draw_spread(self.rng, shards)
        self.clock = clock or StillClock()
        self.oracle = Oracle()
        self.log: list[str] = [f"{self.spread}"]
        self.layouts: set[str] = set()
        self.cases = 0
        self.seqs: dict[str, int] = {}
        self._folder = folder
        self._opened = opened
        self._heads: dict[str, int] = {}
        self._recorded: dict[str, list[tuple[int, datetime]]] = {}
        self._points: list[Point] = []
        self._published: dict[str, dict[int, int]] = {}
        self._batches = 0
        self.tables = [
            new_table(name, self.rng, self.spread, with_ttl=self.settings.ttl)
            for name in TABLES[: self.rng.randint(2, len(TABLES))]
        ]
        self._patches = ExitStack()
        if self.settings.indexed:
            self._patches.enter_context(patch.object(narrow, "FEW_BYTES", -1))
            self._patches.enter_context(patch.object(sidecar, "FEWEST", 8))
        self.lake = self._open()
        self.spread.create(self.lake, "main")
        for table in self.tables:
            if self.rng.random() < 0.5:
                self._create(table)
            self.append(self.batch(table))

    def close(self) -> None:
        self.lake.close()
        self.oracle.close()
        self._patches.close()

    @property
    def db(self) -> Any:
        return self.lake.database("main")

    @property
    def shards(self) -> tuple[str, ...]:
        """All there are, those that take no more rows included."""
        names: tuple[str, ...] = self.db.shard_map().names
        return names

    @property
    def seq(self) -> int:
        """The last sequence of the only shard."""
        (seq,) = self.seqs.values()
        return seq

    def _open(self) -> Lakehouse:
        return self._opened(self._folder, self.clock, self.settings.policy)

    # -- writing ----------------------------------------------------------------------------------

    def _create(self, table: TableModel) -> None:
        """By definition, sometimes with clustering keys; other tables come from their first batch."""
        sortable = [c.name for c in table.columns if not c.is_nested and c.sql != "JSON"]
        clustering = self.rng.sample(sortable, self.rng.randint(0, 2))
        self.log.append(f"create {table.name} clustered by {clustering}")
        self.db.shards.create_table(
            table.name, [(c.name, c.arrow) for c in table.columns], clustering=clustering
        )

    def batch(self, table: TableModel, *, stream: str | None = None) -> Batch:
        self._batches += 1
        return new_batch(table, self.rng, self._batches, stream=stream is not None)

    def append(self, batch: Batch, *, stream: str | None = None) -> None:
        """One batch, at the version that its stream must have."""
        self.clock.advance(seconds=self.rng.choice([0.001, 1, 30]))
        expected = self._heads.get(stream, 0) if stream else None
        self.log.append(f"append {len(batch.rows)} to {batch.table.name} as {batch.form}, stream {stream}")
        done = self.db.append(batch.table.name, batch.payload(), stream=stream, expected_version=expected)
        new = sum(batch.new)
        assert (done.rows, done.duplicates) == (new, len(batch.new) - new), done
        self._took(batch, stream)

    def append_some(self) -> None:
        """To one table, to one stream, or to all tables at once."""
        if self.rng.random() < 0.2:
            self._append_all()
        else:
            streams = [None, None, "cart-1", "whole"] if self.spread.with_streams else [None]
            stream = self.rng.choice(streams)
            self.append(self.batch(self.rng.choice(self.tables), stream=stream), stream=stream)

    def _append_all(self) -> None:
        """Atomic, so that it is refused where the rows belong to several shards."""
        batches = [self.batch(table) for table in self.tables]
        self.clock.advance(seconds=1)
        self.log.append(f"append {[len(b.rows) for b in batches]} to all")
        payloads = {b.table.name: b.payload() for b in batches}
        if len({shard for batch in batches for shard in self._shards_of(batch, None)}) > 1:
            with pytest.raises(Invalid, match="atomic"):
                self.db.append_many(payloads)
            return
        self.db.append_many(payloads)
        for batch in batches:
            self._took(batch, None)

    def _shards_of(self, batch: Batch, stream: str | None) -> list[str]:
        shard_map = self.db.shard_map()
        return [self.spread.shard_of(row, stream, shard_map) for row in batch.rows]

    def _took(self, batch: Batch, stream: str | None) -> None:
        recorded = dict.fromkeys(self.shards, self.clock())
        shards = self._shards_of(batch, stream)
        added = accept(
            batch, seqs=self.seqs, shards=shards, recorded=recorded, heads=self._heads, stream=stream
        )
        self.oracle.add(batch.table, added, batch.columns)
        for shard in {row["_shard"] for row in added}:
            self._recorded.setdefault(shard, []).append((self.seqs[shard], recorded[shard]))

    # -- moving -----------------------------------------------------------------------------------

    def step(self) -> None:
        """A random step over one table or all of them; of several shards, sometimes in one alone."""
        table = self.rng.choice([*(t.name for t in self.tables), None])
        name = self.rng.choice(STEPS)
        self.clock.advance(seconds=1)
        if self.spread.several and self.rng.random() < 0.5:
            self._step_of_one(name, self.rng.choice(self.tables).name, self.rng.choice(self.shards))
        else:
            up_to = None if self.spread.several else self._up_to(*self.seqs.values())
            self.log.append(f"{name} {table or 'all'} up to {up_to}")
            if name in ("flush", "archive"):
                getattr(self.db, name)(table, up_to=up_to)
            else:
                getattr(self.db, name)(table)
        if not self.settings.history:
            self._points.clear()

    def _step_of_one(self, name: Step, table: str, shard: str) -> None:
        up_to = self._up_to(self.seqs.get(shard, 0))
        self.log.append(f"{name} {table} of {shard} up to {up_to}")
        self.db.shards.tenancy.partition(shard).step(name, table, up_to)

    def move(self, name: Step, *, but: int) -> None:
        """All of each shard but its last events."""
        for shard, seq in self.seqs.items():
            for table in self.tables:
                self.db.shards.tenancy.partition(shard).step(name, table.name, max(0, seq - but))

    def _up_to(self, last: int) -> int | None:
        return self.rng.choice([None, *(self.rng.randint(0, last) for _ in range(3))])

    def split(self) -> None:
        """Parts a shard that takes rows, if there are not many yet."""
        if len(self.shards) < MOST_SHARDS:
            shard = self.rng.choice(self.db.shard_map().live)
            self.log.append(f"split {shard}")
            self.db.split(shard)

    def reopen(self) -> None:
        self.log.append("reopen")
        self.lake.close()
        self.lake = self._open()

    # -- points in time ---------------------------------------------------------------------------

    def now(self) -> Point:
        cut = {shard: At(seq, self.clock()) for shard, seq in self.seqs.items()}
        return Point(None, cut, tuple(t.name for t in self.tables))

    def points(self) -> list[Point]:
        return [self.now(), *self._points]

    def remember(self) -> None:
        """Adds points in time that later questions will come back to."""
        if not self.settings.history:
            return
        every = tuple(t.name for t in self.tables)
        self._points.append(Point(self.db.bookmark(), self._cut(self.seqs), every))
        recorded = [at for commits in self._recorded.values() for _, at in commits]
        at = min(self.rng.choice(recorded) + self.rng.choice([-1, 0, 1]) * MICROSECOND, self.clock())
        cut: Cut = {shard: At(self._seq_at(shard, at), at) for shard in self.seqs}
        self._points.append(Point(self.rng.choice([at, at.isoformat()]), cut, every))
        if self.spread.several:
            self._refused(self.rng.choice([1, "version:1"]))
            return
        (shard,) = self.seqs
        some = self.rng.randint(1, self.seqs[shard])
        self._points.append(Point(some, self._cut({shard: some}), every))
        for name, versions in self._published.items():
            version = self.rng.choice(list(versions))
            cut = self._cut({shard: versions[version]})
            self._points.append(Point(f"version:{version}", cut, (name,)))

    def is_commit(self, shard: str, seq: int) -> bool:
        """Whether some append ended with this sequence, or none had begun."""
        return seq in (0, *(last for last, _ in self._recorded.get(shard, ())))

    def cut_of(self, certificate: Certificate) -> Cut:
        """What an answer about now has read, by its own account; the same in all of its tables."""
        found: dict[str, int] = {}
        for parts in certificate.tables.values():
            for shard, part in parts.items():
                assert found.setdefault(shard, part.fresh_to) == part.fresh_to, "two cuts of one shard"
        return {shard: At(seq, self.clock()) for shard, seq in {**self.seqs, **found}.items()}

    def _cut(self, seqs: dict[str, int]) -> Cut:
        """TTL is judged when the last event of each shard was recorded."""
        return {shard: At(seq, self._recorded_at(shard, seq)) for shard, seq in seqs.items()}

    def _recorded_at(self, shard: str, seq: int) -> datetime:
        return next(at for last, at in self._recorded[shard] if last >= seq)

    def _seq_at(self, shard: str, instant: datetime) -> int:
        return max((last for last, at in self._recorded[shard] if at <= instant), default=0)

    # -- asking -----------------------------------------------------------------------------------

    def question(self, point: Point, *, stars: bool = True) -> Query:
        """`stars`: also such as show whatever columns there are."""
        shown = [Shown(t, t.columns_at(point.cut)) for t in self.tables if t.name in point.tables]
        return make_query(self.rng, shown, stars=stars)

    def ask(self, query: Query, point: Point) -> Asked:
        try:
            return Asked(query, point, self.db.sql(query.text, query.params, as_of=point.as_of))
        except Exception as error:
            raise AssertionError(self.story(query, point, f"{type(error).__name__}: {error}")) from error

    def check(self, questions: int) -> None:
        """Notes the placement and compares so many questions, most of them about now.

        Of several shards, each is asked for its part of an aggregate now and then.
        """
        self.db.shards.pushes_down = self.spread.several and self.rng.random() < 0.5
        self._note_layout()
        for _ in range(questions):
            point = self.now() if self.rng.random() < 0.6 else self.rng.choice(self.points())
            self.compare(self.ask(self.question(point), point))

    def compare(self, asked: Asked) -> None:
        """The rows are the oracle's and the certificate proves that they come from all it covers."""
        query, point, certificate = asked.query, asked.point, asked.result.certificate
        self.oracle.at(self.tables, point.cut)
        expected = self.oracle.ask(query.oracle or query.text, query.params)
        problem = difference(asked.result.rows(), expected, ordered=query.ordered)
        if problem is None:
            certificate.verify()
            problem = self._uncovered(certificate, point, set(query.tables))
        if problem is not None:
            raise AssertionError(self.story(query, point, problem))
        self.cases += 1

    def _uncovered(self, certificate: Certificate, point: Point, tables: set[str]) -> str | None:
        """What keeps the certificate from proving that all shards of these tables were read or ruled out."""
        if set(certificate.tables) != tables:
            return f"the certificate covers {set(certificate.tables)}"
        for table in self.tables:
            if table.name not in tables:
                continue
            parts, pruned = certificate.tables[table.name], certificate.pruned.get(table.name, {})
            if sorted([*parts, *pruned]) != sorted(self.shards):
                return f"of {table.name}, the certificate covers {list(parts)} and rules out {list(pruned)}"
            for shard, part in parts.items():
                seq = point.cut[shard].seq if shard in point.cut else 0
                if part.fresh_to != seq:
                    return f"{table.name} in {shard} is covered up to {part.fresh_to} instead of {seq}"
                if not self._counts(part, table.rows_in(shard, seq), is_now=point.as_of is None):
                    return f"{table.name} in {shard}: {part} instead of {table.rows_in(shard, seq)} rows"
        return None

    def _counts(self, part: ShardPart, rows: int, *, is_now: bool) -> bool:
        """Whether the tiers have so many rows. Files hold later ones too, and lose those that expired."""
        told = sum(tier.rows or 0 for tier in part.tiers)
        return told == rows if is_now and not self.settings.ttl else told >= rows or self.settings.ttl

    def verify(self) -> None:
        """All that is stored is sound and complete."""
        rows = sum(len(table.rows) for table in self.tables)
        assert self.db.verify().rows == rows or self.settings.ttl

    def _refused(self, as_of: object) -> None:
        """What names a point in one shard names none in several."""
        with pytest.raises(Invalid, match="in one shard"):
            self.db.sql(f"SELECT count(*) FROM {self.tables[0].name}", as_of=as_of)

    def _note_layout(self) -> None:
        """Which sequences lie in which tier, and which manifests were published since the last look."""
        layout: list[object] = []
        for table in self.tables:
            parts = self.db.sql(f"SELECT count(*) FROM {table.name}").certificate.tables[table.name]
            layout += [
                [(tier.tier, tier.ranges, len(tier.files)) for tier in p.tiers] for p in parts.values()
            ]
            if not self.spread.several:
                self._note_versions(table.name, *parts.values())
        self.layouts.add(repr((self.seqs, layout)))

    def _note_versions(self, table: str, part: ShardPart) -> None:
        published = self._published.setdefault(table, {}) if part.manifest else {}
        for version in range(max(published, default=0) + 1, part.manifest + 1):
            published[version] = self.seq

    def story(self, query: Query, point: Point, problem: str) -> str:
        """What went wrong, how it came to it, and how to see it again."""
        shards = f"--shards {self.spread.shards}"
        return "\n".join(
            [
                problem,
                f"query: {query.text}",
                f"parameters: {query.params!r}; as of {point.as_of!r}, that is {point.cut} of {self.seqs}",
                *self.log,
                f"again: python -m tests.placement --worlds 1 --seed {self.seed} {shards}",
            ]
        )
