"""What most tests start from: a clock that they set, a lake on it, and the data beside the project."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.protocols import Lakehouse

# A shell that starts a job in its background has it ignore Ctrl-C, and so all of its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"


class FakeClock:
    """Starts on 2026-11-01 at midnight UTC and moves 1 ms at each call, or as a test says."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def advance(self, **by: float) -> None:
        """`clock.advance(days=3)`; backwards is possible, as it is with real clocks."""
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def lake(tmp_path: Path, clock: FakeClock) -> Iterator[Lakehouse]:
    """An empty lake in which nothing moves by itself."""
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """`shared_data("real/flights-20k.json")`: its path; the test is skipped where it is absent."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"{name} is not in shared/data beside the checkout")
        return path

    return find


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit gives up on a failing store after a few attempts."""
    from thermocline.tiers.hot import replica

    make = replica.Shipping.__init__

    def impatient(self: Any, **given: Any) -> None:
        make(self, **{"patience_s": 0.05, **given})

    monkeypatch.setattr(replica.Shipping, "__init__", impatient)
