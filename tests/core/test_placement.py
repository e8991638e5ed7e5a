"""Who owns what, as a pure function of one document, also while it changes."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Unavailable
from thermocline.core.placement import Assignment, Beat, Misplaced, Seat, Unit, Watch

SEATS = (Seat("a", "n1"), Seat("b", "n2"))
UNITS = [Unit(f"objects/{number:03d}", replicated=True) for number in range(64)]


def owners(assignment: Assignment) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for unit in UNITS:
        try:
            found[unit.name] = assignment.owner(unit).name
        except Misplaced:
            found[unit.name] = None
    return found


def test_the_first_seats_own_at_once() -> None:
    assert set(owners(Assignment().with_seats(SEATS)).values()) == {"a", "b"}


def test_what_changes_hands_is_nobodys_until_no_host_goes_by_what_was() -> None:
    first = Assignment().with_seats(SEATS)
    down = first.with_nodes(["n1"])
    before, meanwhile, after = owners(first), owners(down), owners(down.settled())
    for unit in UNITS:
        was_a = before[unit.name] == "a"
        assert meanwhile[unit.name] == ("a" if was_a else None)
        assert after[unit.name] == "a"


def test_a_change_that_is_taken_back_is_none() -> None:
    first = Assignment().with_seats(SEATS)
    again = first.with_nodes(["n1"]).with_nodes(["n1", "n2"])
    assert owners(again) == owners(first)


def test_two_changes_at_once_are_compared_with_what_was_in_force_before_both() -> None:
    first = Assignment().with_seats(SEATS)
    twice = first.with_nodes(["n1"]).with_seats([Seat("c", "n3")])
    assert twice.before is not None
    assert twice.before.version == first.version
    assert {"a", None} == set(owners(twice).values())
    assert "c" in set(owners(twice.settled()).values())


def test_a_local_unit_waits_for_its_node() -> None:
    first = Assignment().with_seats(SEATS)
    unit = next(u for u in (Unit(f"db/{n}/shard-0") for n in range(64)) if first.owner(u).name == "b")
    with pytest.raises(Unavailable, match="which is down"):
        first.with_nodes(["n1"]).owner(unit)


def test_a_local_unit_stays_with_the_nodes_that_were_there_first() -> None:
    first = Assignment().with_seats(SEATS)
    joined = first.with_seats([Seat("c", "n3", joined=first.version)]).settled()
    local = [Unit(f"db/{number}/shard-0") for number in range(64)]
    assert [joined.owner(unit) for unit in local] == [first.owner(unit) for unit in local]
    assert "c" in set(owners(joined).values())


def test_without_any_seat_nothing_is_owned() -> None:
    with pytest.raises(Unavailable, match="no node hosts anything yet"):
        Assignment().owner(UNITS[0])
    with pytest.raises(Unavailable, match="region eu"):
        Assignment().with_seats(SEATS).owner(Unit("db/a/shard-0", region="eu"))


def test_the_document_says_it_all() -> None:
    down = Assignment().with_seats(SEATS).with_nodes(["n1"])
    assert Assignment.from_dict(down.to_dict()) == down
    assert Assignment.from_dict(down.settled().to_dict()) == down.settled()


def test_a_seat_that_is_silent_for_a_lease_has_lost_it() -> None:
    watch = Watch(lease_s=4)
    watch.observe([Beat("a", 1, 1, 7, 0.0)], now=10)
    watch.observe([Beat("a", 1, 1, 7, 0.0)], now=13)
    assert not watch.expired("a", now=14)
    assert watch.expired("a", now=14.1)


def test_what_an_earlier_process_says_keeps_nobody_in_its_seat() -> None:
    watch = Watch(lease_s=4)
    watch.seated("a", 2, now=10)
    for now in (11, 12, 13, 14, 15):
        watch.observe([Beat("a", 1, now, 7, 0.0)], now=now)
    assert watch.expired("a", now=15)
    watch.observe([Beat("a", 2, 1, 8, 0.0)], now=16)
    assert not watch.expired("a", now=17)


def test_a_watch_that_could_not_look_blames_nobody() -> None:
    watch = Watch(lease_s=4)
    watch.observe([Beat("a", 1, 1, 7, 0.0)], now=10)
    watch.excuse(now=20)
    watch.observe([Beat("a", 1, 1, 7, 0.0)], now=21)
    assert not watch.expired("a", now=23)
    assert watch.expired("a", now=24.1)
