"""Reads the head of a statement that is no SELECT, token by token; what follows it may be a SELECT again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from sqlglot.tokenizer_core import Token, TokenType

from ..core.errors import Invalid
from .syntax import ALLOWED

S = TypeVar("S")

QUERY_WORDS = {
    "SELECT", "WITH", "FROM", "VALUES", "(", "PIVOT", "UNPIVOT", "DESCRIBE", "DESC", "SUMMARIZE", "TABLE",
    "SHOW",
}  # fmt: skip


class _Word(NamedTuple):
    text: str
    token: Token


class Head:
    """Reads tokens from the left; `query()` takes all that is left. What does not fit is `Invalid`."""

    def __init__(self, sql: str, found: list[Token]) -> None:
        self._sql = sql
        self._words = [_Word(t.text.upper() if _bare(t) else "", t) for t in found]
        self._at = 0
        self._end = found[-1].end + 1

    def at(self, word: str) -> bool:
        return self._at < len(self._words) and self._words[self._at].text == word

    def takes(self, *words: str) -> bool:
        found = [word.text for word in self._words[self._at : self._at + len(words)]]
        if found == list(words):
            self._at += len(words)
            return True
        return False

    def follows(self, *words: str | None) -> bool:
        """Whether these words come next; `None` is any word."""
        found = [word.text for word in self._words[self._at : self._at + len(words)]]
        return len(found) == len(words) and all(w in (None, f) for w, f in zip(words, found, strict=True))

    def continues(self) -> bool:
        """Whether the next word follows without a space."""
        if not 0 < self._at < len(self._words):
            return False
        return self._words[self._at].token.start == self._words[self._at - 1].token.end + 1

    def last(self, statement: S) -> S:
        """`statement`, if nothing follows it."""
        if self._at < len(self._words):
            raise self._unexpected()
        return statement

    def name(self) -> str:
        """A table's or a column's name; a database before it is the router's to judge."""
        word = self._next()
        if not _is_name(word.token):
            raise self._unexpected(-1)
        name = word.token.text
        while self.takes("."):
            name = f"{name}.{self._next().token.text}"
        return name

    def names(self) -> list[str]:
        self.expect("(")
        names = [self.name()]
        while self.takes(","):
            names.append(self.name())
        self.expect(")")
        return names

    def up_to(self, *ends: str) -> str:
        """What stands before one of these words, as written."""
        start, depth = self._at, 0
        while self._at < len(self._words) and (depth or self._words[self._at].text not in ends):
            depth += self.at("(") - self.at(")")
            self._at += 1
        return self._slice(start, self._at) if self._at > start else ""

    def options(self, known: Sequence[str]) -> dict[str, str]:
        self.expect("(")
        options: dict[str, str] = {}
        while True:
            key = self._next().token.text.lower()
            if key not in known:
                raise Invalid(f"unknown option `{key}`", hint=f"known: {', '.join(known)}")
            self.expect("=")
            options[key] = self._next().token.text
            if not self.takes(","):
                self.expect(")")
                return options

    def opens_query(self) -> bool:
        following = self._words[self._at + 1].text if self._at + 1 < len(self._words) else ""
        return following in QUERY_WORDS

    def query(self) -> str:
        if self._at >= len(self._words) or self._words[self._at].text not in QUERY_WORDS:
            raise self._unexpected()
        start = self._words[self._at].token.start
        self._at = len(self._words)
        return self._sql[start : self._end]

    def text(self) -> str:
        """The next word, or what a string holds."""
        return self._next().token.text

    def _next(self) -> _Word:
        if self._at >= len(self._words):
            raise Invalid("the statement ends too early", hint=ALLOWED)
        self._at += 1
        return self._words[self._at - 1]

    def expect(self, word: str, hint: str = "") -> None:
        if not self.takes(word):
            raise self._unexpected(hint=hint or f"expected {word} there")

    def _slice(self, start: int, behind: int) -> str:
        return self._sql[self._words[start].token.start : self._words[behind - 1].token.end + 1]

    def _unexpected(self, offset: int = 0, hint: str = ALLOWED) -> Invalid:
        at = self._at + offset
        if at >= len(self._words):
            return Invalid("the statement ends too early", hint=hint)
        if at == 0:
            return Invalid(f"{self._words[0].token.text.upper()} is not allowed", hint=hint)
        return Invalid(f"unexpected `{self._words[at].token.text}` in the statement", hint=hint)


def _bare(token: Token) -> bool:
    return token.token_type not in (TokenType.IDENTIFIER, TokenType.STRING, TokenType.RAW_STRING)


def _is_name(token: Token) -> bool:
    return token.token_type == TokenType.IDENTIFIER or token.text.replace("_", "a").isalnum()
