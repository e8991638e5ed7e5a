"""A service of somebody else's that is asked over HTTP: where it is, its key, and what its refusals mean.

The key is in no repr and in no error. What makes a request of it is the caller's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .errors import Denied, Error, Invalid, Unavailable

SHOWN = 200
"""Letters of what a service says that an error repeats."""
_PASSING = {408, 409, 425, 429}


@dataclass(frozen=True, slots=True)
class Service:
    """`url`: with its version, without a slash at the end. `key_name`: where users set the key.

    Raises `Invalid` for what an HTTP client would refuse later, in words that could show the key.
    """

    url: str
    key: str | None = field(default=None, repr=False)
    key_name: str = "OPENAI_API_KEY"

    def __post_init__(self) -> None:
        if not _is_plain(self.url):
            raise Invalid(
                "not the address of a service",
                hint=f"write it as http://127.0.0.1:8080/v1; a key belongs into {self.key_name}",
            )
        if self.key is not None and not (
            self.key.isascii() and self.key.isprintable() and " " not in self.key
        ):
            raise Invalid(
                f"the key for {self.url} has characters that no key has",
                hint=f"look for spaces, line ends and quotes in {self.key_name}",
            )

    def hidden(self, text: str) -> str:
        """The text without the key, for errors that repeat what somebody else says."""
        return text.replace(self.key, "[key]") if self.key else text


def refusal(service: Service, status: int, body: str) -> Error:
    """What an answer other than 200 means. `Unavailable` is what may work later, unchanged."""
    if status in (401, 403):
        return Denied(f"{service.url} refuses the key", hint=f"set {service.key_name}")
    if status == 402 or "insufficient_quota" in body:
        return Denied(
            f"{service.url} answers that the account's quota is used up", hint="see its billing page"
        )
    said = service.hidden(_message(body))[:SHOWN]
    if status in _PASSING or status >= 500:
        return Unavailable(f"{service.url} answered {status}: {said}", hint="try again later")
    return Invalid(f"{service.url} answered {status}: {said}", hint="see its log, and the model's name")


def _message(body: str) -> str:
    """What most services have as `error.message`, or the body as it is."""
    try:
        error = json.loads(body)["error"]
        return str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        return body.strip()


def _is_plain(url: str) -> bool:
    """Whether it has a scheme and a host, and nothing in which a key could stand."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
            and not (parts.username or parts.password or parts.query or parts.fragment)
            and not any(letter.isspace() or not letter.isprintable() for letter in url)
        )
    except ValueError:
        return False
