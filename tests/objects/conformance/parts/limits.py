"""What is too much is refused, in words that say how much may be; values are copied, never shared."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid

from ..worlds import Conformance, World


class Echo(thermocline.DurableObject):
    def echo(self, value: Any, times: int = 1) -> Any:
        self.storage.put("called", True)
        return value * times

    def called(self) -> Any:
        return self.storage.get("called")

    def keep(self, value: list[int]) -> list[int]:
        self.kept = value
        return self.kept

    def kept_value(self) -> list[int]:
        return self.kept

    def lock(self) -> Any:
        self.storage.put("called", True)
        return threading.Lock()


class Limits(Conformance):
    def test_a_message_of_more_than_32_mib_is_refused(self, world: World) -> None:
        echo = world.object(Echo)
        with pytest.raises(Invalid, match="the call of echo is 34") as caught:
            echo.echo(bytes(33 << 20))
        assert "in parts" in caught.value.hint
        assert echo.called() is None

    def test_a_reply_of_more_than_32_mib_is_refused_and_its_turn_taken_back(self, world: World) -> None:
        echo = world.object(Echo)
        with pytest.raises(Invalid, match="the reply of echo is 34"):
            echo.echo(bytes(1 << 20), times=33)
        assert echo.called() is None

    def test_a_message_of_some_mib_is_delivered(self, world: World) -> None:
        assert len(world.object(Echo).echo(bytes(5 << 20))) == 5 << 20

    def test_what_cannot_be_packed_cannot_be_sent(self, world: World) -> None:
        with pytest.raises(Invalid, match="can't be sent"):
            world.object(Echo).echo(threading.Lock())

    def test_a_reply_that_cannot_be_packed_takes_its_turn_back(self, world: World) -> None:
        echo = world.object(Echo)
        with pytest.raises(Invalid, match="can't be sent"):
            echo.lock()
        assert echo.called() is None

    def test_a_caller_and_an_object_share_no_reply(self, world: World) -> None:
        echo = world.object(Echo)
        echo.keep([1]).append(2)
        assert echo.kept_value() == [1]

    def test_many_objects_are_served(self, world: World) -> None:
        stubs = [world.object(Echo) for _ in range(40)]
        assert [stub.echo(number) for number, stub in enumerate(stubs)] == list(range(40))
