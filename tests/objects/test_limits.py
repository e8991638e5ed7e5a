"""What cannot be sent, or is too much, is refused and says so; errors come back as what they are."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid, NotFound
from thermocline.core.objects import RemoteError


class Stubborn(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


class Picky(thermocline.DurableObject):
    def echo(self, value: Any) -> Any:
        self.storage.put("last", len(value))
        return value * 2

    def last(self) -> Any:
        return self.storage.get("last")

    def fail(self, kind: str) -> None:
        if kind == "value":
            raise ValueError("no", 5)
        if kind == "ours":
            raise NotFound("no tea", hint="buy some")
        if kind == "stubborn":
            raise Stubborn(1, 2)

        class Local(Exception):
            pass

        raise Local("here")

    def mutate(self, value: list[int]) -> list[int]:
        value.append(4)
        return value


@pytest.fixture
def picky(lake: Any) -> Any:
    return lake.object(Picky, "p")


def test_a_message_is_at_most_32_mib(picky: Any) -> None:
    with pytest.raises(Invalid, match="the call of echo is 34"):
        picky.echo(bytes(33 << 20))
    assert picky.last() is None


def test_a_reply_is_too_and_then_its_turn_is_taken_back(picky: Any) -> None:
    with pytest.raises(Invalid, match="the reply of echo is 41"):
        picky.echo(bytes(20 << 20))
    assert picky.last() is None


def test_what_cannot_be_pickled_cannot_be_sent(picky: Any) -> None:
    with pytest.raises(Invalid, match="can't be sent"):
        picky.echo(lambda: 1)


def test_an_error_has_its_own_type_at_the_caller(picky: Any) -> None:
    with pytest.raises(ValueError) as plain:
        picky.fail("value")
    assert plain.value.args == ("no", 5)
    with pytest.raises(NotFound) as ours:
        picky.fail("ours")
    assert ours.value.hint == "buy some"


@pytest.mark.parametrize("kind", ["stubborn", "local"])
def test_an_error_that_cannot_be_sent_says_what_it_was(kind: str, picky: Any) -> None:
    with pytest.raises(RemoteError, match=r"Stubborn: 1 and 2|Local: here"):
        picky.fail(kind)


def test_caller_and_object_share_no_value(picky: Any) -> None:
    mine = [1, 2, 3]
    assert picky.mutate(mine) == [1, 2, 3, 4]
    assert mine == [1, 2, 3]
