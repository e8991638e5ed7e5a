"""As whom a call is made: bound when the server was started, or told by the token of the request.

Authorization: Bearer <a principal's token>   that principal
none                                          the owner, on loopback while nobody has a token; else refused
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser, BearerAuthBackend
from mcp.server.auth.provider import AccessToken, TokenVerifier
from starlette.authentication import AuthCredentials
from starlette.requests import HTTPConnection

from ...core.access import Caller, caller
from ...core.errors import Denied
from ...core.protocols import Lakehouse

DOOR = "mcp"
_CLIENT = "thermocline"


class WhoCalls(Protocol):
    def __call__(self) -> Caller:
        """Of the request that is being answered. Raises `Denied`."""
        ...


def bound(principal: str | None, settings: dict[str, str]) -> WhoCalls:
    """The same one, always: a server that one agent started."""
    who = caller(principal, settings, DOOR)
    return lambda: who


def by_token() -> Caller:
    """Whose token the request showed."""
    token = get_access_token()
    if token is None:
        raise Denied("the token is missing", hint="send `Authorization: Bearer <token>`")
    return caller(token.subject, None, DOOR)


class Tokens(TokenVerifier):
    """The tokens of a lake's principals."""

    def __init__(self, lake: Lakehouse) -> None:
        self._lake = lake

    async def verify_token(self, token: str) -> AccessToken | None:
        principal = self._lake.principal_of(token)
        if principal is None:
            return None
        return AccessToken(token=token, client_id=_CLIENT, scopes=[], subject=principal)


class Door(BearerAuthBackend):
    """Lets in who shows a token, and, where `owner_may` says so at this moment, the owner without one."""

    def __init__(self, tokens: Tokens, owner_may: Callable[[], bool]) -> None:
        super().__init__(tokens)
        self._owner_may = owner_may

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, AuthenticatedUser] | None:
        if "authorization" not in conn.headers and self._owner_may():
            owner = AccessToken(token="", client_id=_CLIENT, scopes=[])
            return AuthCredentials([]), AuthenticatedUser(owner)
        found: tuple[AuthCredentials, AuthenticatedUser] | None = await super().authenticate(conn)
        return found
