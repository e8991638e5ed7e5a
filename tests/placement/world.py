"""A lake and its oracle side by side: both are given the same events and asked the same questions.

Everything in a world follows from its seed: events, batches, steps, queries and points in time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import thermocline
from thermocline.core.protocols import Lakehouse
from thermocline.core.results import Result

from ..below import shard_of
from .compare import difference
from .events import Batch, TableModel, accept, new_batch, new_table
from .oracle import Oracle
from .queries import Query, Shown, make_query
from .settings import StillClock, draw

SHARD = "shard-0"
TABLES = ("orders", "items", "log_book")
STEPS = ("flush", "flush", "flush", "compact", "archive", "archive", "expire")


@dataclass(frozen=True)
class Point:
    """A point in time. `as_of`: how a query names it, `None` for now. `seq`: what it means. `instant`: when
    TTL is judged there. `tables`: those that can be asked there together."""

    as_of: Any
    seq: int
    instant: datetime
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question and its answer, to be compared once the oracle has caught up."""

    query: Query
    point: Point
    result: Result


class World:
    """`fixed`: settings that are not left to chance.

    `layouts`: the placements at which it was asked; `cases`: how many answers were compared.
    """

    def __init__(self, seed: int, folder: Path, **fixed: Any) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.settings = replace(draw(self.rng), **fixed)
        self.clock = StillClock()
        self.oracle = Oracle()
        self.log: list[str] = []
        self.layouts: set[object] = set()
        self.cases = 0
        self.seq = 0
        self._folder = folder
        self._heads: dict[str, int] = {}
        self._recorded: list[tuple[int, datetime]] = []
        self._points: list[Point] = []
        self._published: dict[str, dict[int, int]] = {}
        self._batches = 0
        self.tables = [
            new_table(name, self.rng, with_ttl=self.settings.ttl)
            for name in TABLES[: self.rng.randint(2, len(TABLES))]
        ]
        self.lake = self._open()
        for table in self.tables:
            if self.rng.random() < 0.5:
                self._create(table)
            self.append(self.batch(table))

    def close(self) -> None:
        self.lake.close()
        self.oracle.close()

    @property
    def db(self) -> Any:
        return self.lake.database("main")

    def _open(self) -> Lakehouse:
        return thermocline.connect(
            self._folder, clock=self.clock, policy=self.settings.policy, background=False
        )

    # -- writing ----------------------------------------------------------------------------------

    def _create(self, table: TableModel) -> None:
        """By definition, sometimes with clustering keys; other tables come from their first batch."""
        sortable = [c.name for c in table.columns if not c.is_nested and c.sql != "JSON"]
        clustering = self.rng.sample(sortable, self.rng.randint(0, 2))
        self.log.append(f"create {table.name} clustered by {clustering}")
        shard_of(self.db).create_table(
            table.name, [(c.name, c.arrow) for c in table.columns], clustering=clustering
        )

    def batch(self, table: TableModel, *, stream: str | None = None) -> Batch:
        self._batches += 1
        return new_batch(table, self.rng, self._batches, stream=stream is not None)

    def append(self, batch: Batch, *, stream: str | None = None) -> None:
        """One batch, at the version that its stream must have."""
        self.clock.advance(self.rng.choice([0.001, 1, 30]))
        expected = self._heads.get(stream, 0) if stream else None
        self.log.append(f"append {len(batch.rows)} to {batch.table.name} as {batch.form}, stream {stream}")
        done = self.db.append(batch.table.name, batch.payload(), stream=stream, expected_version=expected)
        new = sum(batch.new)
        assert (done.rows, done.duplicates) == (new, len(batch.new) - new), done
        self._took(batch, stream)

    def append_some(self) -> None:
        """To one table, to one stream, or to all tables at once."""
        if self.rng.random() < 0.2:
            batches = [self.batch(table) for table in self.tables]
            self.clock.advance(1)
            self.log.append(f"append {[len(b.rows) for b in batches]} to all")
            self.db.append_many({b.table.name: b.payload() for b in batches})
            for batch in batches:
                self._took(batch, None)
        else:
            stream = self.rng.choice([None, None, "cart-1", "whole"])
            self.append(self.batch(self.rng.choice(self.tables), stream=stream), stream=stream)

    def _took(self, batch: Batch, stream: str | None) -> None:
        added = accept(batch, seq=self.seq, recorded=self.clock(), heads=self._heads, stream=stream)
        self.oracle.add(batch.table, added, batch.columns)
        self.seq += len(added)
        self._recorded.append((self.seq, self.clock()))

    # -- moving -----------------------------------------------------------------------------------

    def step(self) -> None:
        """A random step over one table or all of them."""
        table = self.rng.choice([*(t.name for t in self.tables), None])
        up_to = self.rng.choice([None, *(self.rng.randint(0, self.seq) for _ in range(3))])
        name = self.rng.choice(STEPS)
        self.clock.advance(1)
        self.log.append(f"{name} {table or 'all'} up to {up_to}")
        if name in ("flush", "archive"):
            getattr(self.db, name)(table, up_to=up_to)
        else:
            getattr(self.db, name)(table)
        if not self.settings.history:
            self._points.clear()

    def reopen(self) -> None:
        self.log.append("reopen")
        self.lake.close()
        self.lake = self._open()

    # -- points in time ---------------------------------------------------------------------------

    def now(self) -> Point:
        return Point(None, self.seq, self.clock(), tuple(t.name for t in self.tables))

    def points(self) -> list[Point]:
        return [self.now(), *self._points]

    def remember(self) -> None:
        """Adds points in time that later questions will come back to."""
        if not self.settings.history:
            return
        every = tuple(t.name for t in self.tables)
        some = self.rng.randint(1, self.seq)
        self._points.append(Point(some, some, self._recorded_at(some), every))
        self._points.append(Point(self.db.bookmark(), self.seq, self._recorded_at(self.seq), every))
        offset = timedelta(microseconds=self.rng.choice([-1, 0, 1]))
        at = min(self._recorded_at(self.rng.randint(1, self.seq)) + offset, self.clock())
        seq = max((last for last, recorded in self._recorded if recorded <= at), default=0)
        self._points.append(Point(self.rng.choice([at, at.isoformat()]), seq, at, every))
        for name, versions in self._published.items():
            version = self.rng.choice(list(versions))
            seq = versions[version]
            self._points.append(Point(f"version:{version}", seq, self._recorded_at(seq), (name,)))

    def is_commit(self, seq: int) -> bool:
        """Whether some append ended with this sequence."""
        return seq in (last for last, _ in self._recorded)

    def _recorded_at(self, seq: int) -> datetime:
        return next(at for last, at in self._recorded if last >= seq)

    # -- asking -----------------------------------------------------------------------------------

    def question(self, point: Point, *, stars: bool = True) -> Query:
        """`stars`: also such as show whatever columns there are."""
        shown = [Shown(t, t.columns_at(point.seq)) for t in self.tables if t.name in point.tables]
        return make_query(self.rng, shown, stars=stars)

    def ask(self, query: Query, point: Point) -> Asked:
        try:
            return Asked(query, point, self.db.sql(query.text, query.params, as_of=point.as_of))
        except Exception as error:
            raise AssertionError(self.story(query, point, f"{type(error).__name__}: {error}")) from error

    def check(self, questions: int) -> None:
        """Notes the placement and compares so many questions, most of them about now."""
        self._note_layout()
        for _ in range(questions):
            point = self.now() if self.rng.random() < 0.6 else self.rng.choice(self.points())
            self.compare(self.ask(self.question(point), point))

    def compare(self, asked: Asked) -> None:
        """The rows are the oracle's and the certificate proves that they come from all it covers."""
        query, point, certificate = asked.query, asked.point, asked.result.certificate
        self.oracle.at(self.tables, point.seq, point.instant)
        expected = self.oracle.ask(query.oracle or query.text, query.params)
        problem = difference(asked.result.rows(), expected, ordered=query.ordered)
        if problem is not None:
            raise AssertionError(self.story(query, point, problem))
        certificate.verify()
        covered = {name: part[SHARD].fresh_to for name, part in certificate.tables.items()}
        if covered != dict.fromkeys(query.tables, point.seq):
            raise AssertionError(self.story(query, point, f"the certificate covers {covered}"))
        self.cases += 1

    def _note_layout(self) -> None:
        """Which sequences lie in which tier, and which manifests were published since the last look."""
        layout = []
        for table in self.tables:
            part = self.db.sql(f"SELECT count(*) FROM {table.name}").certificate.tables[table.name][SHARD]
            layout.append(tuple((tier.tier, tier.ranges, len(tier.files)) for tier in part.tiers))
            published = self._published.setdefault(table.name, {}) if part.manifest else {}
            for version in range(max(published, default=0) + 1, part.manifest + 1):
                published[version] = self.seq
        self.layouts.add((self.seq, *layout))

    def story(self, query: Query, point: Point, problem: str) -> str:
        """What went wrong, how it came to it, and how to see it again."""
        return "\n".join(
            [
                problem,
                f"query: {query.text}",
                f"parameters: {query.params!r}; as of {point.as_of!r} (sequence {point.seq} of {self.seq})",
                *self.log,
                f"again: python -m tests.placement --seed {self.seed} --worlds 1",
            ]
        )
