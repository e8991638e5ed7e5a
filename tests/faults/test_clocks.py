"""Clocks fall back; `_recorded_at` does not, and what was known at an instant stays what was known then."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from .opening import Clock, opened

COUNT = "select count(*), coalesce(sum(n), 0) from t"


def test_recorded_instants_rise_strictly_over_restarts_with_clocks_that_fall_back(tmp_path: Path) -> None:
    for lifetime, hours in enumerate((10, 5, 7, 0, 11)):
        with opened(tmp_path / "lake", Clock(hours)) as lake:
            for n in range(3):
                lake.database.append("t", [{"n": 10 * lifetime + n}])
            if lifetime % 2:
                lake.database.flush("t")
    with opened(tmp_path / "lake", Clock(20)) as lake:
        rows = lake.database.sql("select _recorded_at from t order by _seq").rows()
    instants = [row[0] for row in rows]
    assert len(instants) == 15
    assert all(earlier < later for earlier, later in pairwise(instants))


def test_an_instant_that_was_answered_keeps_its_answer_when_the_clock_falls_back(tmp_path: Path) -> None:
    answered: dict[datetime, list[tuple[object, ...]]] = {}
    for hours in (10, 4, 9, 10):
        with opened(tmp_path / "lake", Clock(hours)) as lake:
            lake.database.append("t", [{"n": hours}])
            for instant, answer in answered.items():
                if instant < lake.clock.now:
                    assert lake.database.sql(COUNT, as_of=instant).rows() == answer
            instant = lake.clock.now.astimezone(UTC)
            answered[instant] = lake.database.sql(COUNT, as_of=instant).rows()
            lake.database.append("t", [{"n": 100 + hours}])
            assert lake.database.sql(COUNT, as_of=instant).rows() == answered[instant]
            lake.database.archive("t")
    with opened(tmp_path / "lake", Clock(11)) as lake:
        for instant, answer in answered.items():
            assert lake.database.sql(COUNT, as_of=instant).rows() == answer
