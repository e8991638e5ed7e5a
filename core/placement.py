"""Which seat owns what: a pure function of one document, the same for every host and every client.

    unit ("objects/017", "db/acme/shard-0") --> seats in its region, ranked by hash --> the first that may

A seat is a place for one host process, on one node; a process that dies is replaced, the seat stays. Units
whose log is in the object store go to the next seat while a node is down; units on that node's disk wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import xxhash

from .errors import Invalid, NotFound, Unavailable, nearest


class Misplaced(Unavailable):
    """This process does not serve the unit now: whoever asked looks up its owner again."""


@dataclass(frozen=True, slots=True)
class Seat:
    """`node`: the machine, by a name that outlives its restarts. `up`: whether the node can be reached.
    `joined`: the version of the assignment that it was added to."""

    name: str
    node: str
    region: str | None = None
    up: bool = True
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """What is owned as one. `replicated`: its log is in the object store, so any node can take it over."""

    name: str
    region: str | None = None
    replicated: bool = False


@dataclass(frozen=True)
class Assignment:
    """`overrides`: unit -> seat, where somebody moved it. `version` rises.

    `before`: what was in force until now, for as long as a host may still go by it. A replicated unit that
    has changed hands since is nobody's meanwhile: its former owner would answer with what was.
    """

    seats: tuple[Seat, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    before: Assignment | None = None

    def seat(self, name: str) -> Seat:
        for seat in self.seats:
            if seat.name == name:
                return seat
        raise NotFound(f"no seat `{name}`", hint=nearest(name, [s.name for s in self.seats]))

    def owner(self, unit: Unit) -> Seat:
        """Raises `Unavailable` if nobody may own the unit now, `Misplaced` while it changes hands."""
        seat = self._owner(unit)
        if self.before is not None and unit.replicated and self.before._owned_by_another(unit, seat):
            raise Misplaced(f"{unit.name} is changing hands", hint="try again")
        return seat

    def _owned_by_another(self, unit: Unit, seat: Seat) -> bool:
        try:
            return self._owner(unit).name != seat.name
        except Unavailable:
            return False

    def _owner(self, unit: Unit) -> Seat:
        ranked = self._ranked(unit)
        if not ranked and unit.region is None:
            raise Unavailable("no node hosts anything yet", hint="add a node that has CPUs to give")
        if not ranked:
            raise Unavailable(
                f"{unit.name} has to stay in region {unit.region}, and no node is there",
                hint=f"add a node with the label region={unit.region}",
            )
        if unit.replicated:
            ranked = [seat for seat in ranked if seat.up]
        if not ranked or not ranked[0].up:
            node = ranked[0].node if ranked else "every node"
            raise Unavailable(
                f"{unit.name} lies on {node}, which is down",
                hint="start it again; a database with durability='replicated' moves by itself",
            )
        return ranked[0]

    def _ranked(self, unit: Unit) -> list[Seat]:
        """Region is a hard rule; among those who may, an override comes first, then the highest hash."""
        allowed = [s for s in self.seats if unit.region is None or s.region == unit.region]
        if not unit.replicated:
            # Its file is on the disk where it was made, whoever joins later.
            first = min((seat.joined for seat in allowed), default=0)
            allowed = [seat for seat in allowed if seat.joined == first]
        moved = self.overrides.get(unit.name)
        return sorted(allowed, key=lambda s: (s.name == moved, _score(unit.name, s.name)), reverse=True)

    def moved(self, unit: Unit, seat_name: str) -> Assignment:
        """The next version, with the unit on another seat. Raises `Invalid` if it may not go there."""
        seat, before = self.seat(seat_name), self.owner(unit)
        if unit.region is not None and seat.region != unit.region:
            raise Invalid(f"{unit.name} has to stay in region {unit.region}", hint="choose a seat there")
        if not seat.up:
            raise Unavailable(f"{seat.node} is down", hint="choose another seat")
        if not unit.replicated and seat.node != before.node:
            raise Invalid(
                f"{unit.name} lies on the disk of {before.node}",
                hint=f"choose a seat on {before.node}; what is replicated moves anywhere",
            )
        return self.next(overrides={**self.overrides, unit.name: seat_name})

    def next(self, **changes: Any) -> Assignment:
        """With what was in force before, unless nobody went by it."""
        before = self.before or (replace(self, before=None) if self.seats else None)
        return replace(self, **{"version": self.version + 1, "before": before, **changes})

    def settled(self) -> Assignment:
        """The next version, once no host goes by `before`."""
        return self.next(before=None)

    def with_nodes(self, up: Iterable[str]) -> Assignment:
        """As it is if these nodes are up; the same value if nothing changed."""
        known = set(up)
        seats = tuple(replace(seat, up=seat.node in known) for seat in self.seats)
        return self if seats == self.seats else self.next(seats=seats)

    def with_seats(self, added: Sequence[Seat]) -> Assignment:
        return self.next(seats=(*self.seats, *added)) if added else self

    def to_dict(self) -> dict[str, Any]:
        seats = [{slot: getattr(s, slot) for slot in Seat.__slots__} for s in self.seats]
        before = self.before.to_dict() if self.before else None
        return {
            "version": self.version,
            "seats": seats,
            "overrides": dict(self.overrides),
            "before": before,
        }

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Assignment:
        before = raw.get("before")
        return Assignment(
            tuple(Seat(**s) for s in raw["seats"]),
            dict(raw["overrides"]),
            int(raw["version"]),
            Assignment.from_dict(before) if before else None,
        )


def _score(unit: str, seat: str) -> int:
    return xxhash.xxh3_64_intdigest(f"{unit}\0{seat}".encode())


@dataclass(frozen=True, slots=True)
class Beat:
    """What a host last said of itself. `count` rises with each; `pid` and `started` name its process.
    `version`: of the assignment by which it goes."""

    seat: str
    incarnation: int
    count: int
    pid: int
    started: float
    version: int = 0


class Watch:
    """Judges leases by one observer's own clock: no two clocks are compared. Times are in seconds."""

    def __init__(self, lease_s: float) -> None:
        self.lease_s = lease_s
        self._seen: dict[str, tuple[tuple[int, int], float]] = {}

    def observe(self, beats: Iterable[Beat], now: float) -> None:
        """What an earlier process in a seat still says is no sign of the present one."""
        for beat in beats:
            said = (beat.incarnation, beat.count)
            known = self._seen.get(beat.seat)
            if known is None or known[0] < said:
                self._seen[beat.seat] = (said, now)

    def seated(self, seat: str, incarnation: int, now: float) -> None:
        """A new process has just taken the seat: it has a whole lease to say something."""
        self._seen[seat] = ((incarnation, -1), now)

    def excuse(self, now: float) -> None:
        """Nothing could be seen until now, so that nobody's silence says anything."""
        self._seen = {seat: (said, now) for seat, (said, _) in self._seen.items()}

    def expired(self, seat: str, now: float) -> bool:
        known = self._seen.get(seat)
        return known is not None and now - known[1] > self.lease_s
