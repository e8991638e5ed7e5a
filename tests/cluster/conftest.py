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

    end = reach(None)
    yield
    assert end is not None, "no other Ray was running"
    end()


class SharedClock:
    """The clock of `tests/conftest.py` for several processes: its time is in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._write(datetime(2026, 11, 1, tzinfo=UTC).timestamp())

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self._move(0.001), UTC)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._move(0), UTC)

    def advance(self, **by: float) -> None:
        self._move(timedelta(**by).total_seconds())

    def _move(self, seconds: float) -> float:
        with open(self._file, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            now = float(struct.unpack("d", file.read(8))[0]) + seconds
            file.seek(0)
            file.write(struct.pack("d", now))
            return now

    def _write(self, seconds: float) -> None:
        self._file.write_bytes(struct.pack("d", seconds))
