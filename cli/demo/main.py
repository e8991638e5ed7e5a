"""The demo, step by step. What it shows it has checked: a wrong answer is an error, not a line of text."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from ... import connect
from ...core.clock import iso, to_micros
from ...core.errors import Conflict, Corrupt, Invalid
from ...core.policy import TierPolicy
from ...core.protocols import Database, Lakehouse
from ...core.results import Result
from .clock import StoryClock
from .own_data import own_data
from .reviews import MEANT, QUESTION, REVIEWS, search_by_meaning
from .shop import FEWEST_EVENTS, shop
from .show import Page
from .story import Arrival, Story

MARKER = ".made-by-the-demo"
COLD_SHARE, WARM_SHARE = 0.6, 0.9
"""Shares of the events up to which a tier goes, where their ages would not fill all three."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The last sequence that goes to cold, and to warm."""

    cold: int
    warm: int


def run_demo(path: Path, events: int, data: Path | None, page: Page) -> dict[str, Any]:
    """Tells the story on `page`, and returns what it showed. Raises `Corrupt` at the first wrong answer."""
    clear_lake(path)
    with page.progress() as progress:
        story = own_data(data, progress) if data else _shop(events)
    clock = StoryClock(story.start)
    with connect(str(path), clock=clock, background=False) as lake:
        (path / MARKER).touch()
        return _tell(lake, story, clock, page, path)


def clear_lake(path: Path) -> None:
    """Starts over in a folder that a demo made. Raises `Conflict` for any other that is not empty."""
    if (path / MARKER).exists():
        shutil.rmtree(path)
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Conflict(f"{path} is there already, and no demo made it", hint="choose another with --lake DIR")


def plan_cuts(database: Database, story: Story) -> Cuts:
    """Where `TierPolicy` would cut by age at the end of the story; by shares where a tier would be empty."""
    policy, table = TierPolicy(), story.table
    by_age = [
        _only_row(
            database.sql(
                f"select count(*), max(_seq) from {table} where _recorded_at <= ?",
                [story.end - timedelta(seconds=age)],
            )
        )
        for age in (policy.warm_age_s, policy.hot_age_s)
    ]
    (total, _) = _only_row(database.sql(f"select count(*), max(_seq) from {table}"))
    (cold_rows, cold), (warm_rows, warm) = by_age
    if 0 < cold_rows < warm_rows < total:
        return Cuts(cold, warm)
    return Cuts(
        *(_sequence_at(database, table, int(total * share) - 1) for share in (COLD_SHARE, WARM_SHARE))
    )


def same_rows(left: Sequence[Sequence[Any]], right: Sequence[Sequence[Any]]) -> bool:
    """Equal, floating sums within 1e-9, as the order of addition is no promise."""
    return len(left) == len(right) and all(
        len(a) == len(b) and all(map(_same, a, b)) for a, b in zip(left, right, strict=True)
    )


def _tell(lake: Lakehouse, story: Story, clock: StoryClock, page: Page, path: Path) -> dict[str, Any]:
    page.title(story.title)
    database = lake.database(story.database)
    cuts = _load(lake, story, clock, page)
    before_late = (story.end + timedelta(minutes=1)).replace(second=0, microsecond=0)
    clock.advance(before_late)
    as_of = iso(to_micros(before_late))
    told_then = database.sql(story.question).rows()
    late = _load_late(lake, story, clock, page)

    hot = page.ask("One question, while every event is hot (SQLite)", database, story.question)
    _expect(_count(hot, story) == story.own_events, "the answer misses events", hot.rows())
    _sink(lake, story, cuts, page)
    tiers = {name: lake.database(name).tiers() for name in story.databases}
    page.tiers(tiers)
    for name, result in tiers.items():
        filled = {row["tier"] for row in result.dicts() if row["rows"]}
        _expect(filled == {"hot", "warm", "cold"}, f"not every tier of {name} holds rows", sorted(filled))

    spread = page.ask("The same question, over three tiers", database, story.question)
    _expect(same_rows(hot.rows(), spread.rows()), "three tiers give another answer", spread.rows())
    spread.certificate.verify()
    page.same_and_certified(spread)

    past = page.ask("AS OF a moment before the late events came", database, story.question, as_of=as_of)
    _expect(same_rows(told_then, past.rows()), "AS OF gives another answer than was given then", past.rows())
    fewer = _count(spread, story) - _count(past, story)
    _expect(fewer == late[story.database], "AS OF does not leave out the late events alone", fewer)
    page.fewer(fewer)

    asked = _in_english(database, story, spread, page)
    page.explain(database, story.recent)
    meant = _search(database, page) if story.speaks else []
    reports = {name: lake.database(name).verify() for name in story.databases}
    verified = sum(report.rows for report in reports.values())
    told = story.events + (REVIEWS if meant else 0)
    _expect(verified == told, f"verify counts {verified} of {told} events", reports)
    page.end(story, path, as_of)
    return {
        "lake": str(path),
        "events": story.events,
        "late": sum(late.values()),
        "question": story.question,
        "columns": spread.columns,
        "rows": spread.rows(),
        "as_of": as_of,
        "rows_as_of": past.rows(),
        "certificate": spread.certificate.to_dict(),
        "tiers": {name: result.dicts() for name, result in tiers.items()},
        "asked": asked,
        "meant": meant,
        "verified": {name: asdict(report) for name, report in reports.items()},
    }


def _in_english(database: Database, story: Story, told: Result, page: Page) -> dict[str, Any]:
    """The question once more, in English: by another way to the same rows."""
    if story.english is None:
        return {}
    answer = database.ask(story.english)
    _expect(answer.kind == "answer" and answer.data is not None, "a plain question is not answered", answer)
    page.english(story.english, answer)
    found = answer.data.rows() if answer.data else []
    _expect(same_rows(sorted(found), sorted(told.rows())), "English gives another answer than SQL", found)
    return {"question": story.english, "sql": answer.sql, "reading": answer.reading}


def _search(database: Database, page: Page) -> list[dict[str, Any]]:
    """What customers wrote, by its meaning."""
    found = search_by_meaning(database)
    if found is None:
        page.no_model()
        return []
    page.meant(QUESTION, found)
    shown = found.dicts()
    _expect({row["review"] for row in shown} > set(MEANT), "the search misses what was meant", shown)
    found.certificate.verify()
    return shown


def _shop(events: int) -> Story:
    if events < FEWEST_EVENTS:
        raise Invalid(f"{events} events are too few", hint=f"the demo needs at least {FEWEST_EVENTS}")
    return shop(events)


def _load(lake: Lakehouse, story: Story, clock: StoryClock, page: Page) -> dict[str, Cuts]:
    """Appends what arrives on time, each batch when it arrives; then plans where the tiers will cut."""
    total = story.events - sum(arrival.rows.num_rows for arrival in story.late)
    loaded, started = 0, time.perf_counter()
    with page.progress() as progress:
        for arrival in story.arrivals:
            loaded += _append(lake, story, clock, arrival)
            if progress:
                progress("loading", loaded, total)
    page.loaded(loaded, time.perf_counter() - started)
    return {name: plan_cuts(lake.database(name), story) for name in story.databases}


def _load_late(lake: Lakehouse, story: Story, clock: StoryClock, page: Page) -> dict[str, int]:
    late = {arrival.database: _append(lake, story, clock, arrival) for arrival in story.late}
    page.late(sum(late.values()))
    return late


def _append(lake: Lakehouse, story: Story, clock: StoryClock, arrival: Arrival) -> int:
    clock.advance(arrival.at)
    database = lake.database(arrival.database)
    return database.append(story.table, arrival.rows, event_time=story.event_time).rows


def _sink(lake: Lakehouse, story: Story, cuts: dict[str, Cuts], page: Page) -> None:
    started = time.perf_counter()
    with page.progress() as progress:
        for name in story.databases:
            database = lake.database(name)
            database.flush(story.table, up_to=cuts[name].warm, progress=progress)
            database.archive(story.table, up_to=cuts[name].cold, progress=progress)
    page.sunk(time.perf_counter() - started)


def _only_row(result: Result) -> tuple[Any, ...]:
    return result.rows()[0]


def _sequence_at(database: Database, table: str, place: int) -> int:
    rows = database.sql(f"select _seq from {table} order by _seq limit 1 offset {max(place, 0)}").rows()
    return int(rows[0][0])


def _count(result: Result, story: Story) -> int:
    return int(sum(row[result.columns.index(story.counted)] for row in result.rows()))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12) or (left != left and right != right)
    return bool(left == right)


def _expect(holds: bool, problem: str, found: object) -> None:
    if not holds:
        raise Corrupt(f"the demo found a wrong answer: {problem}: {found}", hint="run `thermocline verify`")
