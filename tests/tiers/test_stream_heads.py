"""A stream goes on where it was, whichever of its tables have left the hot tier."""

from __future__ import annotations

from pathlib import Path

import thermocline

from ..conftest import FakeClock


def test_a_stream_over_two_tables_goes_on_after_one_was_flushed(tmp_path: Path, clock: FakeClock) -> None:
    for flushed in ("carts", "notes"):
        with thermocline.connect(tmp_path / flushed, clock=clock, background=False) as lake:
            database = lake.database("main")
            for version, table in enumerate(("carts", "notes", "carts")):
                database.append(table, [{"n": version}], stream="s", expected_version=version)
            database.flush(flushed)
        with thermocline.connect(tmp_path / flushed, clock=clock, background=False) as lake:
            database = lake.database("main")
            assert database.stream("s").version == 3
            database.append("notes", [{"n": 3}], stream="s", expected_version=3)
            assert [event["_position"] for event in database.stream("s").read()] == [1, 2, 3, 4]
