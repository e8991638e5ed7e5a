"""Any earlier state of an object can be gone back to, undone, and forked."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.core.errors import Conflict, Invalid, NotFound

from ..conftest import FakeClock
from .carts import Cart


@pytest.fixture(params=["memory", "file"])
def cart(request: pytest.FixtureRequest, lake: Any) -> Any:
    """A cart in memory, and one that is large enough for a file of its own."""
    cart = lake.object(Cart, "cart-7")
    if request.param == "file":
        cart.sql("CREATE TABLE ballast (x)")
        cart.sql("INSERT INTO ballast VALUES (zeroblob(5000000))")
    return cart


def test_every_bookmark_gives_back_its_state(cart: Any) -> None:
    marks = {}
    for number in range(300):
        marks[cart.bookmark()] = [str(n) for n in range(number)]
        cart.add(str(number))
    assert list(marks) == sorted(marks)
    for mark in list(marks)[::37]:
        cart.restore(mark)
        assert cart.items() == marks[mark]


def test_a_restore_is_undone_by_the_bookmark_it_gives(cart: Any) -> None:
    cart.add("tea")
    before = cart.bookmark()
    cart.add("milk")
    undo = cart.restore(before)
    assert cart.items() == ["tea"]
    cart.add("honey")
    cart.restore(undo)
    assert cart.items() == ["tea", "milk"]


def test_a_restored_object_starts_anew_and_is_restored_after_a_restart(cart: Any, lake: Any) -> None:
    before = cart.bookmark()
    cart.add("tea")
    cart.restore(before)
    assert cart.calls_since_start() == 0
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert cart.items() == []


def test_the_state_before_the_first_write_is_a_bookmark_too(lake: Any) -> None:
    cart = lake.object(Cart, "cart-7")
    cart.add("tea")
    cart.restore("000000000000-00000000")
    assert cart.items() == []


def test_an_instant_names_the_last_turn_at_or_before_it(cart: Any, clock: FakeClock) -> None:
    cart.add("tea")
    clock.advance(hours=1)
    then = clock()
    clock.advance(hours=1)
    cart.add("milk")
    cart.restore(cart.bookmark_at(then))
    assert cart.items() == ["tea"]


def test_the_future_has_no_bookmark(lake: Any) -> None:
    with pytest.raises(Invalid, match="to come"):
        lake.object(Cart, "cart-7").bookmark_at("2030-01-01")


@pytest.mark.parametrize("text", ["", "yesterday", 7, "7"])
def test_what_is_no_bookmark_is_refused(text: Any, lake: Any) -> None:
    with pytest.raises(Invalid, match="not a bookmark"):
        lake.object(Cart, "cart-7").restore(text)


def test_a_bookmark_of_another_life_is_not_found(lake: Any) -> None:
    cart = lake.object(Cart, "cart-7")
    cart.add("tea")
    with pytest.raises(NotFound, match="no bookmark"):
        cart.restore("000000000009-00000001")
    with pytest.raises(NotFound, match="no bookmark"):
        cart.restore("000000000001-00000009")


def test_a_fork_goes_its_own_way(cart: Any, lake: Any) -> None:
    cart.add("tea")
    mark = cart.bookmark()
    cart.add("milk")
    cart.fork(mark, "cart-8")
    other = lake.object(Cart, "cart-8")
    assert other.items() == ["tea"]
    other.add("honey")
    assert (cart.items(), other.items()) == (["tea", "milk"], ["tea", "honey"])


def test_nothing_is_forked_over_what_exists(lake: Any) -> None:
    cart = lake.object(Cart, "cart-7")
    cart.add("tea")
    lake.object(Cart, "cart-8").add("milk")
    with pytest.raises(Conflict, match="exists"):
        cart.fork(cart.bookmark(), "cart-8")
    assert lake.object(Cart, "cart-8").items() == ["milk"]


def test_history_goes_after_thirty_days_and_the_state_stays(cart: Any, lake: Any, clock: FakeClock) -> None:
    first = cart.bookmark()
    for number in range(600):
        cart.add(str(number))
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    clock.advance(days=40)
    cart.add("recent")
    recent = cart.bookmark()
    cart.add("last")
    lake.objects().tick()
    with pytest.raises(NotFound, match="expired"):
        cart.restore(first)
    assert len(cart.items()) == 602
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert len(cart.items()) == 602
    cart.restore(recent)
    assert len(cart.items()) == 601
