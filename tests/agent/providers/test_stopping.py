"""A question ends at its deadline, or when it is cancelled, whatever the service does."""

from __future__ import annotations

import threading
import time

import pytest

from thermocline.agent.providers.line import wait
from thermocline.core.errors import Unavailable
from thermocline.core.protocols import Cancel

from .serving import ASKED, Planned, Protocol, Server, cancelling

SOON_S = 5.0
"""Far below what a service hangs for, and enough for a busy machine."""


def _plans(protocol: Protocol) -> dict[str, Planned]:
    half = protocol.stream(["SELECT"], None)
    return {
        "never begins": Planned(silent=True),
        "sends its head alone": Planned(hangs=True),
        "stops in the middle": Planned([half], hangs=True),
        "refuses and stops": Planned([b"slow"], 500, hangs=True),
    }


@pytest.mark.parametrize(
    "what", ["never begins", "sends its head alone", "stops in the middle", "refuses and stops"]
)
def test_a_service_that_hangs_is_left(server: Server, protocol: Protocol, what: str) -> None:
    server.answers = [_plans(protocol)[what]]
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"did not answer within 0\.3 s"):
        protocol.make(server.url).complete(ASKED, timeout=0.3, max_tokens=9)
    assert 0.25 < time.monotonic() - began < SOON_S


def test_a_service_that_drips_is_left(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned(_Drops())]
    began = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer within"):
        protocol.make(server.url).complete(ASKED, timeout=0.3, max_tokens=9)
    assert time.monotonic() - began < SOON_S


class _Drops(list[bytes]):
    """Comments without end, none of which is late."""

    def __iter__(self):  # type: ignore[no-untyped-def]
        for _ in range(500):
            time.sleep(0.02)
            yield b": wait\n"


@pytest.mark.parametrize("what", ["never begins", "stops in the middle"])
def test_a_question_can_be_cancelled_while_it_waits(server: Server, protocol: Protocol, what: str) -> None:
    server.answers = [_plans(protocol)[what]]
    cancel = Cancel()
    began = time.monotonic()
    with cancelling(cancel, server.hanging), pytest.raises(Unavailable, match="cancelled"):
        protocol.make(server.url).complete(ASKED, timeout=60, max_tokens=9, cancel=cancel)
    assert time.monotonic() - began < SOON_S


def test_a_question_can_be_cancelled_between_two_tries(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([], 503, {"Retry-After": "50"})]
    cancel, pausing = Cancel(), threading.Event()

    def pause(seconds: float, cancel: Cancel | None) -> None:
        pausing.set()
        wait(seconds, cancel)

    began = time.monotonic()
    with cancelling(cancel, pausing), pytest.raises(Unavailable, match="cancelled"):
        protocol.make(server.url, pause=pause).complete(ASKED, timeout=60, max_tokens=9, cancel=cancel)
    assert time.monotonic() - began < SOON_S


def test_what_was_cancelled_before_is_not_asked(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["1"])])]
    cancel = Cancel()
    cancel()
    with pytest.raises(Unavailable, match="cancelled"):
        protocol.make(server.url).complete(ASKED, timeout=60, max_tokens=9, cancel=cancel)
    assert server.asked == []


def test_nothing_is_left_behind(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["1"])])]
    cancel = Cancel()
    provider = protocol.make(server.url)
    provider.complete(ASKED, timeout=60, max_tokens=9, cancel=cancel)
    assert cancel._actions == []
    timers = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    for timer in timers:
        timer.join(SOON_S)
    assert not any(timer.is_alive() for timer in timers)
