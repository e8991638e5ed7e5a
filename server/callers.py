"""Who calls, as the headers of a request tell it.

Authorization: Bearer <the server's key>    the owner, or whom the owner names in Thermocline-Principal
Authorization: Bearer <a principal's token>  that principal
neither                                      the owner, where the server has no key and nobody a token
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from contextvars import ContextVar
from urllib.parse import unquote

from starlette.datastructures import Headers

from ..core.access import PRINCIPAL_HEADER, SETTINGS_HEADER, Caller, caller
from ..core.errors import Denied, Invalid
from ..core.protocols import Lakehouse
from ..core.wire import load

DOOR = "http"

OWNER = Caller(door=DOOR)

CALLER: ContextVar[Caller] = ContextVar("caller", default=OWNER)
"""Whose request it is that a route carries out."""


def read_caller(headers: Headers, api_key: str | None, lake: Lakehouse) -> Caller:
    """Raises `Denied` for a wrong key or token, or for none where one is needed."""
    shown = _bearer(headers)
    if shown is not None and api_key is not None and hmac.compare_digest(shown, api_key.encode()):
        return _named(headers)
    if shown is not None and (principal := lake.principal_of(shown.decode("latin-1"))) is not None:
        return caller(principal, None, DOOR)
    if api_key is None and not lake.has_tokens():
        return _named(headers)
    raise Denied(
        "the API key or token is missing or wrong",
        hint="send `Authorization: Bearer <key>`, or connect(api_key=...)",
    )


def _named(headers: Headers) -> Caller:
    """The owner may call as somebody else."""
    principal = headers.get(PRINCIPAL_HEADER)
    if principal is None:
        return OWNER
    given = headers.get(SETTINGS_HEADER)
    settings = load(unquote(given).encode()) if given else None
    if settings is not None and not isinstance(settings, Mapping):
        raise Invalid(f"{SETTINGS_HEADER} is no JSON object", hint='{"app.customer_id": "7"}')
    return caller(unquote(principal), settings, DOOR)


def _bearer(headers: Headers) -> bytes | None:
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    # Headers are bytes, read as Latin-1.
    return shown.strip().encode("latin-1") if scheme.lower() == "bearer" and shown.strip() else None
