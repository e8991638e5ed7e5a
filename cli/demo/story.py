"""What a demo tells of: events in the order in which they arrive, and the question asked of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch of events, and when the lake hears of them."""

    database: str
    rows: pa.Table
    at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """`arrivals`: on time, in order; `late`: events that happened among them, but are told afterwards.

    `question` has one determined result over `table` in `database`, and `counted` is its column that counts
    events; `recent` counts the newer half. `english`: a question in English, whose answer is some columns
    of that result. `speaks`: customers write reviews, too. `own_events`: of `database`, late ones
    included; `events`: of all.
    """

    title: str
    table: str
    database: str
    databases: tuple[str, ...]
    start: datetime
    end: datetime
    arrivals: Iterable[Arrival]
    late: tuple[Arrival, ...]
    events: int
    own_events: int
    question: str
    counted: str
    recent: str
    event_time: str | None = None
    english: str | None = None
    speaks: bool = False
