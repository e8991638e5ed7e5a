"""A server on a free loopback port, in a thread of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from thermocline.core.protocols import Lakehouse
from thermocline.server.run import address, prepare


@contextmanager
def serving(lake: Lakehouse, *, api_key: str | None = None) -> Iterator[str]:
    """Its address; at the end it has stopped, with all that it started."""
    server, listening = prepare(lake, "127.0.0.1", 0, api_key)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), name="server")
    thread.start()
    try:
        yield address(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
