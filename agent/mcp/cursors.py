"""Where the next page of a result begins: in the same statement, over the same cut.

A cursor is no secret and gives no right: what it names is read as its caller, like any other `as_of`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from sqlglot.tokenizer_core import TokenType

from ...core.certificate import Certificate
from ...core.errors import Invalid
from ...router.syntax import tokens

_HINT = "pass on what run_sql gave, with the same sql"
_MIXING = frozenset(
    {"GROUP BY", "DISTINCT", "JOIN", "UNION", "INTERSECT", "EXCEPT", "OVER", "WITH", "PIVOT", "SAMPLE"}
)
"""Words with which rows come in any order, unless the statement says in which."""


@dataclass(frozen=True, slots=True)
class Place:
    """`as_of`: the cut; `None` where no table is read. `offset`: rows before the page. `files`: a digest of
    the manifests, where the files' own order is that of the rows."""

    as_of: str | None = None
    offset: int = 0
    files: str | None = None


def write(sql: str, place: Place) -> str:
    told = json.dumps([digest(sql), place.as_of, place.offset, place.files])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def read(sql: str, cursor: str) -> Place:
    """Raises `Invalid` for what is no cursor of this statement."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        of, as_of, offset, files = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid("not a cursor", hint=_HINT) from error
    if type(offset) is not int or not 0 <= offset < 1 << 53 or not isinstance(as_of, str | None):
        raise Invalid("not a cursor", hint=_HINT)
    if of != digest(sql):
        raise Invalid("the cursor belongs to another statement", hint=_HINT)
    return Place(as_of, offset, files)


def digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def page_of(sql: str, rows: int, offset: int) -> str:
    """The statement's rows from `offset` on. Where they come in any order, they get one: pages must not
    overlap."""
    found = tokens(sql)
    while found and found[-1].token_type == TokenType.SEMICOLON:
        sql = sql[: found.pop().start]
    order = " ORDER BY ALL" if order_of(sql) == "any" else ""
    return f"SELECT * FROM (\n{sql}\n) AS page{order} LIMIT {rows} OFFSET {offset}"


def order_of(sql: str) -> Literal["said", "files", "any"]:
    """What orders the rows: the statement, the files of the one table that it reads through, or nothing."""
    depth, words, selects, listed = 0, set(), 0, False
    for token in tokens(sql):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if token.token_type == TokenType.ORDER_BY and depth == 0:
            return "said"
        listed |= token.token_type == TokenType.COMMA and depth == 0 and "FROM" in words
        selects += token.token_type == TokenType.SELECT
        words.add(token.text.upper())
    return "files" if selects <= 1 and not listed and words.isdisjoint(_MIXING) else "any"


def files_of(certificate: Certificate) -> str:
    """Another one once the files that hold the rows are others."""
    return digest(json.dumps(certificate.to_dict()["manifest"], sort_keys=True))
