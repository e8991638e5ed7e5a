"""The connection of one request, which a deadline and a cancellation can cut.

A socket that waits for its peer can't be interrupted in any other way than by shutting it down. The client
tells of the socket before anything is sent, so this works from the handshake to the last byte.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

from ...core.protocols import Cancel

Pause: TypeAlias = Callable[[float, Cancel | None], None]
"""Waits so many seconds, or until it is cancelled."""


class Line:
    """The connection of one try. `late`: cut off by the deadline."""

    def __init__(self) -> None:
        self.late = False
        self._lock = threading.Lock()
        self._cut = False
        self._socket: socket.socket | None = None

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Told by the client what it does. A copy of the socket stays the same one when TLS takes it over."""
        if event == "connection.connect_tcp.complete":
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket").dup()
                cut = self._cut
            if cut:
                self.cut()

    def cut(self) -> None:
        """From any thread. Whoever reads sees the end of the stream."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def expire(self) -> None:
        self.late = True
        self.cut()

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


@contextmanager
def cut_off(line: Line, seconds: float, cancel: Cancel | None) -> Iterator[None]:
    timer = threading.Timer(seconds, line.expire)
    timer.daemon = True
    timer.start()
    try:
        with watched(cancel, line.cut):
            yield
    finally:
        timer.cancel()
        line.close()


def wait(seconds: float, cancel: Cancel | None) -> None:
    if cancel is None:
        time.sleep(seconds)
        return
    cancelled = threading.Event()
    with watched(cancel, cancelled.set):
        cancelled.wait(seconds)


@contextmanager
def watched(cancel: Cancel | None, action: Callable[[], None]) -> Iterator[None]:
    if cancel is None:
        yield
        return
    cancel.watch(action)
    try:
        yield
    finally:
        cancel.unwatch(action)
