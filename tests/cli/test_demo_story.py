"""The demo's events: the same at every run, and chosen without knowing the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.cli.demo.clock import StoryClock
from thermocline.cli.demo.own_data import choose_question, find_event_time, table_name
from thermocline.cli.demo.shop import DAYS, END, START, shop


def test_the_shop_is_the_same_at_every_run() -> None:
    first, second = shop(2_000), shop(2_000)
    assert [a.rows for a in first.arrivals] == [a.rows for a in second.arrivals]
    assert [a.rows for a in first.late] == [a.rows for a in second.late]


def test_the_shop_has_as_many_events_as_asked_and_one_in_a_hundred_is_late() -> None:
    story = shop(10_000)
    on_time = sum(a.rows.num_rows for a in story.arrivals)
    late = sum(a.rows.num_rows for a in story.late)
    assert (on_time + late, late) == (10_000, 100)


def test_orders_arrive_in_order_after_they_happened_except_the_late_ones() -> None:
    story = shop(5_000)
    arrivals = list(story.arrivals)
    assert [a.at for a in arrivals] == sorted(a.at for a in arrivals)
    for arrival in arrivals:
        times = arrival.rows["_time"].to_pylist()
        assert arrival.at - timedelta(days=1) <= min(times) <= max(times) <= arrival.at
    assert min(story.late[0].rows["_time"].to_pylist()) < START + timedelta(days=DAYS / 4)
    assert all(a.at > END for a in story.late)


def test_the_clock_rises_and_never_goes_back() -> None:
    clock = StoryClock(START)
    first, second = clock(), clock()
    assert first < second
    clock.advance(END)
    clock.advance(START)
    assert clock() > END


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("flights-20k.json", "flights_20k"),
        ("transactions.ndjson.gz", "transactions"),
        ("2026 sales.CSV", "events_2026_sales"),
        ("日本.csv", "events"),
    ],
)
def test_a_table_is_named_for_its_file(file: str, table: str) -> None:
    assert table_name(Path(file)) == table


def test_the_event_time_is_the_first_column_that_is_one_in_every_row() -> None:
    rows = pa.table(
        {
            "note": ["2026-01-01", "none"],
            "number": [20260101, 20260102],
            "when": ["2026/01/02 10:00", "2026/01/01 09:00"],
            "later": ["2026-02-01", "2026-02-02"],
        }
    )
    name, micros = find_event_time(rows)
    assert name == "when"
    assert micros[0] - micros[1] == 25 * 3_600_000_000


def test_without_an_event_time_the_order_of_the_file_counts() -> None:
    name, micros = find_event_time(pa.table({"n": [3, 1, 2]}))
    assert name is None
    assert list(micros) == sorted(micros)


def test_the_question_counts_and_sums_by_the_plainest_column() -> None:
    rows = pa.table(
        {
            "id": list(range(8)),
            "Wildlife Size": ["L", "M"] * 4,
            "town": list("abcdabcd"),
            "cost": [1.5] * 8,
        }
    )
    assert choose_question(rows, "strikes") == (
        'select "Wildlife Size", count(*) as events, sum("cost") as total '
        'from strikes group by "Wildlife Size" order by events desc, "Wildlife Size"'
    )


def test_a_question_can_be_asked_of_one_column_of_ids() -> None:
    assert choose_question(pa.table({"id": [1, 2, 3]}), "t") == "select count(*) as events from t"
