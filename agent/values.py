"""Which columns hold a phrase: normalised value -> the places where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_VALUES = 200_000
MAX_LENGTH = 80
MAX_PLACES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One value as it is stored, and where."""

    table: str
    column: str
    value: str


def normalise(text: str) -> str:
    """Lower case, words only, one space between."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


@dataclass(frozen=True)
class ValueIndex:
    """Exact lookups of normalised values; `longest` is the most words that any of them has."""

    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    longest: int = 1
    parts: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Iterable[tuple[str, str, tuple[str, ...]]]) -> ValueIndex:
        """An index over (table, column, distinct values)."""
        found: dict[str, list[Place]] = {}
        count = 0
        longest = 1
        for table, column, values in columns:
            for value in values:
                if len(value) > MAX_LENGTH or count >= MAX_VALUES:
                    continue
                key = normalise(value)
                if not key:
                    continue
                places = found.setdefault(key, [])
                if len(places) < MAX_PLACES:
                    places.append(Place(table, column, value))
                    count += 1
                    longest = max(longest, key.count(" ") + 1)
        whole = {key: tuple(places) for key, places in found.items()}
        return cls(whole, min(longest, 10), _parts(whole))

    def find_part(self, word: str) -> tuple[Place, ...]:
        """The places of short values that hold the word among others."""
        return self.parts.get(word, ())

    def find(self, phrase: str) -> tuple[Place, ...]:
        """The places of an already normalised phrase."""
        return self.places.get(phrase, ())


def _parts(whole: Mapping[str, tuple[Place, ...]]) -> dict[str, tuple[Place, ...]]:
    """Words of values of two to four words, where only few values hold them."""
    found: dict[str, list[Place]] = {}
    for key, places in whole.items():
        words = key.split(" ")
        if 2 <= len(words) <= 4:
            for word in words:
                if len(word) > 2:
                    found.setdefault(word, []).extend(places)
    return {word: tuple(places) for word, places in found.items() if len(places) <= 3}
