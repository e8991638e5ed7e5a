"""Decides which events sink next: pure functions over manifests, statistics, policy and the present.

Sequence decides what moves (always a prefix), age advises when. Called by name, flush and archive move
everything or everything up to a sequence; the `due_` functions speak for the background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .clock import DAY_US, SECOND_US
from .manifest import DataFile, Manifest, Run
from .policy import HOUR_S, TierPolicy
from .schema import ENVELOPE_IDS

_TIME, _RECORDED = ENVELOPE_IDS["_time"], ENVELOPE_IDS["_recorded_at"]


@dataclass(frozen=True, slots=True)
class HotFacts:
    """What the hot tier knows of itself. `aged_seq`: the last sequence of the prefix in which every event
    is older than the hot age or hinted lower; `oldest_us`: age-giving instant of its first event."""

    rows: int
    last_seq: int
    aged_seq: int
    aged_rows: int
    oldest_us: int | None


@dataclass(frozen=True, slots=True)
class ArchivePlan:
    """`runs` go to cold as they are; of `split`, the rows up to `up_to` go and the others stay warm."""

    runs: tuple[Run, ...]
    split: Run | None
    up_to: int


def due_flush(hot: HotFacts, policy: TierPolicy, now_us: int, computed_to: int | None = None) -> int | None:
    """Up to which sequence the hot tier should flush now, `None` for not yet.

    A trickle of aged events waits until it makes a segment worth having, or for an hour more. Events wait for
    their vectors, which are there up to `computed_to`, until four times as many are hot as should be.
    """
    up_to = _due_flush(hot, policy, now_us)
    if up_to is None or computed_to is None or hot.rows > 4 * policy.hot_rows:
        return up_to
    return min(up_to, computed_to)


def _due_flush(hot: HotFacts, policy: TierPolicy, now_us: int) -> int | None:
    if hot.rows > policy.hot_rows:
        return hot.last_seq
    if not hot.aged_rows:
        return None
    waited = now_us - (hot.oldest_us or now_us) >= (policy.hot_age_s + policy.slack_s) * SECOND_US
    return hot.aged_seq if hot.aged_rows >= policy.flush_rows or waited else None


def look_again(hot: HotFacts, manifest: Manifest, policy: TierPolicy, now_us: int, moved: bool) -> int | None:
    """When something of a table can be due without a further append, `None` if it holds nothing.

    Ages advise, so a twentieth of them, an hour at most, is near enough; what is only kept: daily.
    """
    if moved:
        return now_us + int(policy.every_s * SECOND_US)
    if not hot.rows and not manifest.warm:
        return now_us + DAY_US if manifest.cold is not None else None
    age_s = policy.hot_age_s if hot.rows else policy.warm_age_s
    again = now_us + int(min(max(age_s / 20, policy.every_s), HOUR_S) * SECOND_US)
    if hot.aged_rows and hot.oldest_us is not None:
        settled = hot.oldest_us + int((policy.hot_age_s + policy.slack_s) * SECOND_US)
        again = min(again, max(settled, now_us + int(policy.every_s * SECOND_US)))
    return again


def due_compaction(manifest: Manifest, policy: TierPolicy) -> list[tuple[Run, ...]]:
    """Neighbouring small runs worth merging, once there are enough of them."""
    groups = plan_compaction(manifest.warm, policy)
    return [group for group in groups if len(group) >= policy.compact_files]


def plan_compaction(runs: Sequence[Run], policy: TierPolicy) -> list[tuple[Run, ...]]:
    """All groups of at least two neighbours that together make about one large segment."""
    groups: list[tuple[Run, ...]] = []
    group: list[Run] = []
    rows = 0
    for run in runs:
        if group and rows + run.rows > policy.segment_rows:
            groups.append(tuple(group))
            group, rows = [], 0
        group.append(run)
        rows += run.rows
    if group:
        groups.append(tuple(group))
    return [g for g in groups if len(g) > 1]


def due_archive(manifest: Manifest, policy: TierPolicy, now_us: int) -> int | None:
    """Up to which sequence warm runs should go to cold now: whole runs, all old enough."""
    horizon = now_us - int(policy.warm_age_s * SECOND_US)
    aged: list[Run] = []
    for run in manifest.warm:
        if not all(_is_cold(file, horizon) for file in run.files):
            break
        aged.append(run)
    if not any(run.rows for run in aged):
        return None
    return aged[-1].hi


def plan_archive(manifest: Manifest, up_to: int) -> ArchivePlan | None:
    """What an archive up to a sequence takes; `None` if there is nothing warm at or below it."""
    whole = tuple(run for run in manifest.warm if run.hi <= up_to)
    split = next((run for run in manifest.warm if run.lo < up_to < run.hi), None)
    if not whole and split is None:
        return None
    return ArchivePlan(whole, split, up_to if split else whole[-1].hi)


def archive_batches(runs: Sequence[Run], most_rows: int) -> list[tuple[Run, ...]]:
    """Consecutive runs, each batch one Iceberg commit of bounded memory."""
    batches: list[list[Run]] = []
    for run in runs:
        if batches and sum(r.rows for r in batches[-1]) + run.rows <= most_rows:
            batches[-1].append(run)
        else:
            batches.append([run])
    return [tuple(batch) for batch in batches]


def next_manifest(manifest: Manifest, *, epoch: int, seq: int, now_us: int) -> Manifest:
    """The following version, still with the same contents."""
    return replace(
        manifest, version=manifest.version + 1, epoch=epoch, published_seq=seq, published_us=now_us
    )


def outlived_manifests(
    versions: Sequence[tuple[int, int]], current: int, pinned: Sequence[int], horizon_us: int
) -> list[int]:
    """Versions to delete of (version, published_us): superseded before the horizon and held by no reader.

    A version was current until its successor was published, so that instant counts.
    """
    gone = []
    for (version, _), (_, superseded_us) in pairwise(versions):
        if version < current and version not in pinned and superseded_us < horizon_us:
            gone.append(version)
    return gone


def _is_cold(file: DataFile, horizon_us: int) -> bool:
    """Every event's age counts from the earlier of its two instants, so either bound suffices."""
    if file.cold_hints == file.rows:
        return True
    return any(
        bounds is not None and int(bounds[1]) <= horizon_us
        for bounds in (file.stats.get(_TIME), file.stats.get(_RECORDED))
    )
