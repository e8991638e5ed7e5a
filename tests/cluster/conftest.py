"""One Ray head for all tests that need one; `make test` leaves them out, `make test-ray` runs them."""

from __future__ import annotations

import fcntl
import struct
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'thermocline[ray]'")


@pytest.fixture(scope="session")
def ray_head() -> Iterator[None]:
    """Started as `connect(runtime="ray")` does, and kept for the whole run."""
    from ray import cloudpickle

    from thermocline.actors.cluster.opening import reach

    # Hosts can't import the tests: the clock goes to them whole.
    cloudpickle.register_pickle_by_value(sys.modules[SharedClock.__module__])

    end = reach()
    yield
    assert end is not None, "no other Ray was running"
    end()


class SharedClock:
    """The clock of `tests/conftest.py` for several processes: its time is in a file, in microseconds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        start = datetime(2026, 11, 1, tzinfo=UTC)
        file.write_bytes(struct.pack("q", round(start.timestamp() * 1_000_000)))

    def __call__(self) -> datetime:
        return self._move(timedelta(milliseconds=1))

    def advance(self, **by: float) -> None:
        self._move(timedelta(**by))

    @property
    def now(self) -> datetime:
        return self._move(timedelta())

    def _move(self, by: timedelta) -> datetime:
        with open(self._file, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            now = struct.unpack("q", file.read(8))[0] + by // timedelta(microseconds=1)
            file.seek(0)
            file.write(struct.pack("q", now))
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)
