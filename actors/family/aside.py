"""Work that an object starts and does not wait for: a turn stays short however long the work takes.

The threads belong to the lake in this process: an object may leave memory while its work goes on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from ...core.errors import Error

_STOP_S = 30.0

_threads: WeakKeyDictionary[Any, dict[str, threading.Thread]] = WeakKeyDictionary()
_lock = threading.Lock()
_log = logging.getLogger("thermocline.objects")


def start_aside(lake: Any, name: str, work: Callable[[], None]) -> bool:
    """False, and nothing is started, if work of that name is under way."""

    def run() -> None:
        try:
            work()
        except Error as error:
            _log.warning("%s: %s (%s)", name, error.message, error.hint)
        finally:
            with _lock:
                threads.pop(name, None)

    with _lock:
        threads = _threads.setdefault(lake, {})
        if name in threads:
            return False
        thread = threads[name] = threading.Thread(target=run, name=f"thermocline-{name}"[:60], daemon=True)
    thread.start()
    return True


def is_aside(lake: Any, name: str) -> bool:
    return name in _threads.get(lake, {})


def wait_for_aside(lake: Any) -> None:
    """Waits for all work of a lake that is being closed."""
    for thread in list(_threads.get(lake, {}).values()):
        thread.join(_STOP_S)
