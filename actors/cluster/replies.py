"""How values and errors cross between processes: a reply is (did it go well, value or error)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...core.answers import Answer
from ...core.certificate import FooterRows
from ...core.errors import Error
from ...core.results import Result

Reply = tuple[bool, Any]


def reply(act: Callable[[], Any]) -> Reply:
    try:
        return True, act()
    except Error as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - a bug must reach whoever asked, not end the host
        return False, error


def proven_by(value: Any, footer_rows: FooterRows | None) -> Any:
    """An answer whose certificate reads footers so: what reads them does not cross. Others as they are."""
    if isinstance(value, Answer):
        return replace(value, data=proven_by(value.data, footer_rows))
    if isinstance(value, Result):
        certificate = replace(value.certificate, footer_rows=footer_rows)
        return Result(value.arrow(), certificate, engine=value.engine)
    return value
