"""What makes one generated world differ from the next, beside its events: its clock and its policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from thermocline.core.policy import DAY_S, TierPolicy


class StillClock:
    """Stands still until it is moved, so that the recorded instants are known beforehand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Settings:
    """`ttl`: some rows run out while the world lasts. `history`: the past stays to be asked about. `indexed`:
    vectors are found by their indexes, though they are few."""

    ttl: bool
    history: bool
    segment_rows: int
    row_group_rows: int
    snapshots_kept: int
    indexed: bool

    @property
    def policy(self) -> TierPolicy:
        return TierPolicy(
            segment_rows=self.segment_rows,
            row_group_rows=self.row_group_rows,
            snapshots_kept=self.snapshots_kept,
            history_s=7 * DAY_S if self.history else 0,
        )


def draw(rng: Random) -> Settings:
    return Settings(
        ttl=rng.random() < 0.5,
        history=rng.random() < 0.8,
        segment_rows=rng.choice([60, 400, 2_000_000]),
        row_group_rows=rng.choice([16, 64, 122_880]),
        snapshots_kept=rng.randint(1, 5),
        indexed=rng.random() < 0.5,
    )
