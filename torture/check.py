"""Compares what clients were told with what the lake holds: a pure function, tested on broken answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .history import Attempt


@dataclass(frozen=True)
class Found:
    """What the lake holds in the end.

    `ids`: of the table's events, as often as they are there. `streams`: stream -> ids by position.
    `positions`: stream -> positions in that order. `effects`: object -> ids of its effects, in the order in
    which they took place.
    """

    ids: Sequence[str]
    streams: Mapping[str, Sequence[str]]
    positions: Mapping[str, Sequence[int]]
    effects: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """What an owner has shown to others. `seq`: of its last row. `unit`: a shard, or one durable object."""

    unit: str
    seq: int
    epoch: int


def problems(history: Sequence[Attempt], found: Found) -> list[str]:
    """One line for each broken promise; none if all were kept."""
    told: list[str] = []
    counted = Counter(found.ids)
    for attempt in history:
        if attempt.kind not in ("effect", "read"):
            told += _once(attempt, counted[attempt.id], "event")
    known = {attempt.id for attempt in history}
    told += [f"event {id} is there, and nobody sent it" for id in counted if id not in known]
    told += _streams(history, found)
    told += _effects(history, found)
    told += _reads(history)
    return told


def stale_writes(written: Iterable[Written]) -> list[str]:
    """Along the sequence of what one owner after the other wrote, their epochs never go down."""
    told = []
    by_unit: dict[str, dict[int, set[int]]] = {}
    for one in written:
        by_unit.setdefault(one.unit, {}).setdefault(one.seq, set()).add(one.epoch)
    for unit, epochs in by_unit.items():
        highest = 0
        for seq, writers in sorted(epochs.items()):
            if len(writers) > 1 or min(writers) < highest:
                told.append(f"{unit}: {seq} was written by epoch {_short(sorted(writers))} after {highest}")
            highest = max(highest, *writers)
    return told


def _once(attempt: Attempt, times: int, what: str) -> list[str]:
    if times > 1:
        return [f"{what} {attempt.id} is there {times} times"]
    if attempt.told == "yes" and not times:
        return [f"{what} {attempt.id} was acknowledged and is lost"]
    if attempt.told == "no" and times:
        return [f"{what} {attempt.id} was refused and is there"]
    return []


def _streams(history: Sequence[Attempt], found: Found) -> list[str]:
    """Positions without gaps, and each client's events in the order in which they were acknowledged."""
    told = []
    for stream, positions in found.positions.items():
        if list(positions) != list(range(1, len(positions) + 1)):
            told.append(f"stream {stream} has the positions {_short(positions)}")
    for attempt in history:
        if attempt.kind == "stream" and attempt.told == "yes":
            told += _at(attempt, found.streams.get(attempt.key, ()), f"stream {attempt.key}")
    return told


def _at(attempt: Attempt, ids: Sequence[str], where: str) -> list[str]:
    if attempt.version is None:
        return []
    at = ids[attempt.version - 1] if attempt.version <= len(ids) else None
    if at == attempt.id:
        return []
    return [f"{where} has {at} at {attempt.version}, not {attempt.id} as was told"]


def _reads(history: Sequence[Attempt]) -> list[str]:
    """A client reads its own events: at least those that it was told of, at most those that it sent."""
    told = []
    sure: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    for attempt in history:
        client = attempt.id.rpartition("/")[0]
        if attempt.kind == "append":
            sent[client] += 1
            sure[client] += attempt.told == "yes"
        elif attempt.kind == "read" and attempt.version is not None:
            least, most = sure[client], sent[client]
            if not least <= attempt.version <= most:
                told.append(f"read {attempt.id} saw {attempt.version} events, {least} to {most} were there")
    return told


def _effects(history: Sequence[Attempt], found: Found) -> list[str]:
    told = []
    counted = {key: Counter(ids) for key, ids in found.effects.items()}
    by_object: dict[str, list[str]] = {}
    for attempt in history:
        if attempt.kind == "effect":
            told += _once(
                attempt, counted.get(attempt.key, Counter())[attempt.id], f"effect on {attempt.key}"
            )
            if attempt.told == "yes":
                by_object.setdefault(attempt.key, []).append(attempt.id)
                told += _at(attempt, found.effects.get(attempt.key, ()), f"object {attempt.key}")
    for key, ids in by_object.items():
        acknowledged = set(ids)
        order = [id for id in found.effects.get(key, ()) if id in acknowledged]
        if Counter(order) == Counter(ids) and order != ids:
            told.append(f"effects on {key} took place in another order than they were acknowledged")
    return told


def _short(values: Sequence[int]) -> str:
    shown = ", ".join(map(str, values[:12]))
    return shown + (", ..." if len(values) > 12 else "")
