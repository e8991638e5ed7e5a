"""What an object raises arrives with its type, and every refusal says what to do and whether to try again."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import (
    Conflict,
    Denied,
    Error,
    Invalid,
    NotFound,
    Overloaded,
    Unavailable,
)
from thermocline.core.objects import RemoteError

from ..worlds import Conformance, World


class Stubborn(Exception):
    """Cannot be made from its arguments."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


class Polite(Exception):
    def __init__(self, what: str, count: int) -> None:
        super().__init__(what, count)
        self.what, self.count = what, count


class Raiser(thermocline.DurableObject):
    def throw(self, error: Exception) -> None:
        self.storage.put("left", True)
        raise error

    def polite(self) -> None:
        raise Polite("cups", 3)

    def stubborn(self) -> None:
        raise Stubborn(1, 2)

    def local(self) -> None:
        class Local(Exception):
            pass

        raise Local("here")

    def chained(self) -> None:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise ValueError("outer") from error

    def holds_a_lock(self) -> None:
        raise ValueError(threading.Lock())

    def relay(self, other: str, error: Exception) -> str:
        try:
            self.ctx.object(Raiser, other).throw(error)
        except LookupError as caught:
            return f"caught {caught.args}"
        return "nothing"

    def leave(self) -> None:
        raise SystemExit(3)

    def left(self) -> Any:
        return self.storage.get("left")


class Errors(Conformance):
    def test_an_error_keeps_its_type_and_its_arguments(self, world: World) -> None:
        with pytest.raises(ValueError) as caught:
            world.object(Raiser).throw(ValueError("no", 5))
        assert caught.value.args == ("no", 5)

    def test_an_error_class_of_the_user_arrives_as_itself(self, world: World) -> None:
        with pytest.raises(Polite) as caught:
            world.object(Raiser).polite()
        assert (caught.value.what, caught.value.count) == ("cups", 3)

    @pytest.mark.parametrize("kind", [Invalid, Denied, NotFound, Conflict])
    def test_an_error_of_ours_keeps_its_hint(self, kind: type[Error], world: World) -> None:
        with pytest.raises(kind, match="no tea") as caught:
            world.object(Raiser).throw(kind("no tea", hint="buy some"))
        assert (type(caught.value), caught.value.hint) == (kind, "buy some")

    def test_an_error_that_cannot_be_sent_says_what_it_was(self, world: World) -> None:
        with pytest.raises((RemoteError, Stubborn), match="1 and 2"):
            world.object(Raiser).stubborn()

    def test_an_error_of_a_class_within_a_method_says_what_it_was(self, world: World) -> None:
        with pytest.raises(RemoteError, match="Local: here"):
            world.object(Raiser).local()

    def test_an_error_that_holds_what_cannot_be_sent_says_what_it_was(self, world: World) -> None:
        with pytest.raises(RemoteError, match="ValueError"):
            world.object(Raiser).holds_a_lock()

    def test_an_error_raised_from_another_arrives(self, world: World) -> None:
        with pytest.raises(ValueError, match="outer"):
            world.object(Raiser).chained()

    def test_an_error_crosses_several_objects_and_can_be_caught_on_the_way(self, world: World) -> None:
        other = world.object(Raiser)
        assert world.object(Raiser).relay(other.id.name, KeyError("k")) == "caught ('k',)"
        with pytest.raises(ValueError, match="through"):
            world.object(Raiser).relay(other.id.name, ValueError("through"))

    def test_a_turn_that_raises_keeps_nothing(self, world: World) -> None:
        raiser = world.object(Raiser)
        with pytest.raises(ValueError, match="no"):
            raiser.throw(ValueError("no"))
        assert raiser.left() is None

    def test_an_object_serves_on_after_it_raised(self, world: World) -> None:
        raiser = world.object(Raiser)
        for _ in range(3):
            with pytest.raises(ValueError, match="no"):
                raiser.throw(ValueError("no"))
        assert raiser.left() is None

    def test_unavailable_may_be_tried_again_and_is_not_overloaded(self, world: World) -> None:
        with pytest.raises(Unavailable) as caught:
            world.object(Raiser).throw(Unavailable("not now", hint="later"))
        assert (caught.value.retryable, caught.value.overloaded) == (True, False)

    def test_overloaded_may_be_tried_again_less_often(self, world: World) -> None:
        with pytest.raises(Overloaded) as caught:
            world.object(Raiser).throw(Overloaded("too many", hint="later"))
        assert (caught.value.retryable, caught.value.overloaded) == (True, True)

    def test_what_is_wrong_with_the_request_is_not_retryable(self, world: World) -> None:
        with pytest.raises(Invalid) as caught:
            world.object(Raiser).throw(Invalid("no", hint="do otherwise"))
        assert not caught.value.retryable
