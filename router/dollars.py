"""What a dollar means in DuckDB's SQL: `$name` and `$1` are parameters, `$$...$$` and `$tag$...$tag$` text.

The tokens of sqlglot take all between two dollars for the tag of a string unless there is a space in it, so
that `$1,$2` would be no SQL. Here a tag is what is written as one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.tokenizer_core import Token, TokenType

_TAG = re.compile(r"\$(?:[^\W\d]\w*)?\$")


def duckdb_tokens(text: str) -> list[Token]:
    """Raises sqlglot's `TokenError`.

    >>> [token.text for token in duckdb_tokens("select $1,$2||$tag$it's$tag$")]
    ['select', '$', '1', ',', '$', '2', '||', "it's"]
    """
    found = _tokenizer(frozenset(_TAG.findall(text))).tokenize(text)
    return list(found)


@lru_cache(maxsize=64)
def _tokenizer_class(tags: frozenset[str]) -> type[DuckDB.Tokenizer]:
    class Tokenizer(DuckDB.Tokenizer):
        HEREDOC_STRINGS = []  # noqa: RUF012
        RAW_STRINGS = [(tag, tag) for tag in tags]  # noqa: RUF012
        SINGLE_TOKENS = DuckDB.Tokenizer.SINGLE_TOKENS | {"$": TokenType.PARAMETER}

    return Tokenizer


def _tokenizer(tags: frozenset[str]) -> DuckDB.Tokenizer:
    return _tokenizer_class(tags)(dialect=DuckDB())
