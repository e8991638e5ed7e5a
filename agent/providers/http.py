"""A question over HTTP whose answer is a stream of events: one deadline, several tries, and a way to stop.

    ask --> try --> 429, 5xx, connection lost --> wait (Retry-After, or twice as long each time) --> try again
                --> 4xx                       --> the error
                --> events                    --> text, until the answer is over

Each try has a connection of its own, which the deadline or `cancel` may cut (`line`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import httpx

from ...core.errors import Invalid, Unavailable
from ...core.protocols import Cancel
from ...core.services import Service, refusal
from .base import BrokenOff, OnText
from .events import Event, events
from .line import Line, Pause, cut_off, wait

MOST_TRIES = 5
FIRST_PAUSE_S = 0.5
CONNECT_S = 10.0
_BODY_SHOWN = 4_096
_WITHOUT_PROXY = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}
"""A proxy that the environment names is for the world, not for a server on this machine."""


class Answer(Protocol):
    """What is known of one answer beside its text."""

    @property
    def over(self) -> bool:
        """Whether the service has said that nothing follows."""
        ...

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, should the stream end here."""
        ...

    def read(self, event: Event) -> str:
        """The text that it brings. Raises `Unavailable` for an error that may pass, and any of `GARBLED` if
        it is not of this protocol."""
        ...


GARBLED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Failure:
    """Of one try. `retry_after_s`: as the service wishes."""

    error: Unavailable
    retry_after_s: float | None = None


class Asking:
    """Of one path of one service. `headers`: what proves who asks. Safe to use from several threads."""

    def __init__(
        self,
        service: Service,
        path: str,
        headers: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Pause = wait,
    ) -> None:
        self._service = service
        self._url = service.url + path
        self._clock = clock
        self._pause = pause
        self._http = httpx.Client(
            auth=_Headers(headers), limits=httpx.Limits(max_keepalive_connections=0), mounts=_WITHOUT_PROXY
        )

    def ask(
        self,
        body: Mapping[str, Any],
        begin: Callable[[], A],
        *,
        timeout: float,
        on_text: OnText | None,
        cancel: Cancel | None,
    ) -> tuple[str, A]:
        """The text, and the answer that `begin` began for the try that succeeded."""
        deadline = self._clock() + timeout
        tried = 0
        while True:
            text, answer = _Text(on_text), begin()
            failure = self._try(body, text, answer, timeout, deadline - self._clock(), cancel)
            if failure is None:
                # A key may have come in pieces, too.
                return self._service.hidden("".join(text.pieces)), answer
            if text.given:
                raise BrokenOff(failure.error.message, hint=failure.error.hint)
            tried += 1
            pause = next_pause(tried, failure.retry_after_s, deadline - self._clock())
            if pause is None:
                raise failure.error
            self._pause(pause, cancel)

    def _try(
        self,
        body: Mapping[str, Any],
        text: _Text,
        answer: Answer,
        timeout: float,
        left: float,
        cancel: Cancel | None,
    ) -> Failure | None:
        """`None` if the answer is whole."""
        if cancel is not None and cancel.cancelled:
            raise _cancelled()
        line, left = Line(), max(left, 0.001)
        try:
            with cut_off(line, left, cancel):
                failure = self._read(body, text, answer, left, line)
        except httpx.HTTPError as error:
            failure = Failure(
                Unavailable(f"{self._url} does not answer: {self._told(error)}", hint="is it there?")
            )
        if failure is not None and cancel is not None and cancel.cancelled:
            raise _cancelled()
        if failure is not None and line.late:
            raise Unavailable(
                f"{self._url} did not answer within {round(timeout, 2):g} s",
                hint="give it more time, or ask a faster model",
            )
        return failure

    def _read(
        self, body: Mapping[str, Any], text: _Text, answer: Answer, left: float, line: Line
    ) -> Failure | None:
        with self._http.stream(
            "POST",
            self._url,
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=httpx.Timeout(None, connect=min(left, CONNECT_S)),
            extensions={"trace": line.watch},
        ) as reply:
            if reply.status_code != 200:
                return self._refused(reply)
            if not reply.headers.get("content-type", "").startswith("text/event-stream"):
                raise self._not_this_protocol()
            for event in self._events(reply):
                try:
                    piece = answer.read(event)
                except Unavailable as error:
                    return Failure(error)
                except GARBLED:
                    raise self._not_this_protocol() from None
                text.add(piece)
                if answer.over:
                    return None
        if answer.whole:
            return None
        return Failure(Unavailable(f"{self._url} broke off in the middle of an answer", hint="try again"))

    def _refused(self, reply: httpx.Response) -> Failure:
        error = refusal(self._service, reply.status_code, self._body(reply))
        if not isinstance(error, Unavailable):
            raise error
        return Failure(error, retry_after(reply.headers))

    def _events(self, reply: httpx.Response) -> Iterator[Event]:
        """Without the key, should a service repeat it: an event may end up in the report of an error."""
        for event in events(reply.iter_bytes()):
            yield Event(event.name, self._service.hidden(event.data))

    def _body(self, reply: httpx.Response) -> str:
        """Its beginning."""
        said = b""
        for chunk in reply.iter_bytes():
            said += chunk
            if len(said) > _BODY_SHOWN:
                break
        return said[:_BODY_SHOWN].decode(errors="replace")

    def _not_this_protocol(self) -> Invalid:
        return Invalid(
            f"{self._url} answers something else than a stream of this protocol",
            hint="check the address of the service, /v1 included where it has one",
        )

    def _told(self, error: httpx.HTTPError) -> str:
        return self._service.hidden(f"{type(error).__name__} {error}".strip())


def next_pause(tried: int, wished_s: float | None, left_s: float) -> float | None:
    """How long to wait after the `tried`-th try failed; `None` to give up.

    >>> next_pause(1, None, 60), next_pause(3, None, 60), next_pause(1, 7, 60)
    (0.5, 2.0, 7)
    >>> next_pause(1, 90, 60), next_pause(5, None, 60)
    (None, None)
    """
    pause = FIRST_PAUSE_S * 2 ** (tried - 1) if wished_s is None else wished_s
    return pause if tried < MOST_TRIES and pause < left_s else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds. A date is measured against the service's own clock.

    >>> retry_after({"retry-after": "3"})
    3.0
    >>> date = "Sun, 22 Nov 2026 10:00:0{} GMT"
    >>> retry_after({"retry-after": date.format(9), "date": date.format(5)})
    4.0
    """
    wished = headers.get("retry-after")
    if wished is None:
        return None
    with suppress(ValueError):
        return max(float(wished), 0.0)
    with suppress(ValueError, KeyError, TypeError):
        apart = parsedate_to_datetime(wished) - parsedate_to_datetime(headers["date"])
        return max(apart.total_seconds(), 0.0)
    return None


class _Text:
    """`given`: some of it has been handed on, so that it can't be asked for once more."""

    def __init__(self, on_text: OnText | None) -> None:
        self.given = False
        self.pieces: list[str] = []
        self._on_text = on_text

    def add(self, piece: str) -> None:
        if not piece:
            return
        self.pieces.append(piece)
        if self._on_text is not None:
            self.given = True
            self._on_text(piece)


class _Headers(httpx.Auth):
    """Added as a request leaves, so that they stand in no object that is shown."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._headers)
        yield request


def _cancelled() -> Unavailable:
    return Unavailable("cancelled", hint="the question was cancelled by its caller")
