"""The demo's clock: it stands where the story is, so that ages are real though the demo takes seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

TICK = timedelta(milliseconds=1)


class StoryClock:
    """Returns a rising instant, one `TICK` later at each call; `advance` moves it on."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        self._now += TICK
        return self._now

    def advance(self, to: datetime) -> None:
        """Never backwards."""
        self._now = max(self._now, to)
