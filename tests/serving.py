"""A server on a free loopback port, in a thread of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from thermocline.core.protocols import Lakehouse
from thermocline.server.run import address, prepare
from thermocline.server.settings import Settings


@contextmanager
def serving(
    lake: Lakehouse,
    *,
    host: str = "127.0.0.1",
    api_key: str | None = None,
    settings: Settings | None = None,
    objects: Sequence[type] = (),
) -> Iterator[str]:
    """Its address; at the end it has stopped, with all that it started."""
    server, listening = prepare(lake, host, 0, api_key, settings, objects)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), name="server")
    thread.start()
    try:
        yield address(listening)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
