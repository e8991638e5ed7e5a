"""Compares what clients were told with what the lake holds: a pure function, tested on broken answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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


def problems(history: Sequence[Attempt], found: Found) -> list[str]:
    """One line for each broken promise; none if all were kept."""
    told: list[str] = []
    counted = Counter(found.ids)
    for attempt in history:
        if attempt.kind != "effect":
            told += _once(attempt, counted[attempt.id], "event")
    known = {attempt.id for attempt in history}
    told += [f"event {id} is there, and nobody sent it" for id in counted if id not in known]
    told += _streams(history, found)
    told += _effects(history, found)
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
        if attempt.kind != "stream" or attempt.told != "yes" or attempt.version is None:
            continue
        ids = found.streams.get(attempt.key, ())
        at = ids[attempt.version - 1] if attempt.version <= len(ids) else None
        if at != attempt.id:
            told.append(f"stream {attempt.key} has {at} at {attempt.version}, not {attempt.id} as was told")
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
    for key, ids in by_object.items():
        acknowledged = set(ids)
        order = [id for id in found.effects.get(key, ()) if id in acknowledged]
        if Counter(order) == Counter(ids) and order != ids:
            told.append(f"effects on {key} took place in another order than they were acknowledged")
    return told


def _short(values: Sequence[int]) -> str:
    shown = ", ".join(map(str, values[:12]))
    return shown + (", ..." if len(values) > 12 else "")
