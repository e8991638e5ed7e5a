"""The six kinds of error, and nothing else, that this package raises on purpose.

    Error
    |- Invalid       the request itself is wrong: malformed input, a statement that is not allowed
    |  `- Denied     the policy forbids it
    |     `- TooManyRows  more than one answer may have
    |- NotFound      an unknown database, table, column, stream, version; history that has expired
    |- Conflict      another truth came first: wrong expected version, one id with two bodies
    |- Fenced        this writer is no longer the owner
    |- Unavailable   not now: time-out, memory limit, full disk, lake owned by another process
    |  `- Overloaded  too much waits already
    `- Corrupt       a file is missing or damaged; no answer is given in its stead

Each carries a `hint`: what the reader can do next, in one sentence.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Error(Exception):
    """Base of every deliberate error. `retryable`: the same call may succeed later, unchanged. `overloaded`:
    it was refused for too much waiting, so retry later and less often."""

    retryable = False
    overloaded = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and errors cross processes.
        return _rebuild, (type(self), self.message, self.hint)

    @property
    def kind(self) -> str:
        return type(self).__name__


class Invalid(Error):
    """The request is wrong as it stands."""


class Denied(Invalid):
    """The policy forbids it."""


class TooManyRows(Denied):
    """The answer has more rows than its reader may have of one; those up to there were given."""


class NotFound(Error):
    """No such thing, or no longer."""


class Conflict(Error):
    """The state is not what the caller expected."""


class Fenced(Error):
    """A writer with a higher epoch has taken over."""


class Unavailable(Error):
    """It cannot be done now."""

    retryable = True


class Resharded(Unavailable):
    """The shard was split or its tables have changed: the database finds out anew who takes the rows."""


class Overloaded(Unavailable):
    """Too many calls wait already."""

    overloaded = True


class Corrupt(Error):
    """Stored bytes are missing or not what was written; the message names the file."""


KINDS: dict[str, type[Error]] = {
    kind.__name__: kind
    for kind in (Invalid, Denied, TooManyRows, NotFound, Conflict, Fenced, Unavailable, Overloaded, Corrupt)
}


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming up to three known names close to `name`, or all of them when they are few."""
    known = sorted(set(known))
    by_folded = {k.lower(): k for k in known}
    close = [by_folded[k] for k in difflib.get_close_matches(name.lower(), by_folded, n=3, cutoff=0.5)]
    if close:
        return "did you mean " + " or ".join(f"`{c}`" for c in close) + "?"
    if not known:
        return "there is none yet"
    shown = ", ".join(f"`{k}`" for k in known[:8])
    return f"known: {shown}" + (", ..." if len(known) > 8 else "")


def _rebuild(kind: type[Error], message: str, hint: str) -> Error:
    return kind(message, hint=hint)
