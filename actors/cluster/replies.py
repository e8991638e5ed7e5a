"""How errors cross between processes with their own type: a reply is (did it go well, value or error)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import Error

Reply = tuple[bool, Any]


def reply(act: Callable[[], Any]) -> Reply:
    try:
        return True, act()
    except Error as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - a bug must reach whoever asked, not end the host
        return False, error
