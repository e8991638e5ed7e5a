"""What an adjective measures: `oldest` speaks of an age or a date of birth, `cheapest` of a price.

Each entry: adjective -> (direction, words of columns it may speak of, best first). Direction is +1 when
more of
the column is more of the adjective, -1 when less is. A word with `-` before it turns the direction.
"""

from __future__ import annotations

from dataclasses import dataclass

_MEASURES: dict[str, tuple[int, str]] = {
    "old": (1, "age -birth -birthday -born -dob -founded -built -established -opened -start -year -date"),
    "young": (-1, "age -birth -birthday -born -dob -founded -built -year -date"),
    "new": (1, "date year released created opened built start"),
    "recent": (1, "date time year start"),
    "late": (1, "date time year start end"),
    "early": (-1, "date time year start"),
    "long": (1, "length duration distance time runtime period mileage"),
    "short": (-1, "length duration height distance time runtime"),
    "tall": (1, "height"),
    "high": (1, "height elevation altitude price score rate salary"),
    "low": (-1, "height elevation altitude price score rate salary"),
    "deep": (1, "depth"),
    "shallow": (-1, "depth"),
    "wide": (1, "width"),
    "narrow": (-1, "width"),
    "heavy": (1, "weight"),
    "light": (-1, "weight"),
    "fast": (1, "speed pace -time -duration -lap"),
    "quick": (1, "speed -time -duration"),
    "slow": (-1, "speed -time -duration"),
    "expensive": (1, "price cost fee charge rate value amount"),
    "costly": (1, "price cost fee charge amount"),
    "cheap": (-1, "price cost fee charge rate value amount"),
    "big": (1, "size area population capacity amount total volume revenue value"),
    "large": (1, "size area population capacity amount total volume enrollment revenue value"),
    "small": (-1, "size area population capacity amount total volume enrollment revenue value"),
    "great": (1, "size area amount total"),
    "rich": (1, "wealth money income salary fortune worth asset"),
    "wealthy": (1, "wealth money income salary worth"),
    "poor": (-1, "wealth money income salary"),
    "populous": (1, "population"),
    "populated": (1, "population"),
    "crowded": (1, "population attendance"),
    "strong": (1, "strength power"),
    "powerful": (1, "power horsepower"),
    "hot": (1, "temperature"),
    "warm": (1, "temperature"),
    "cold": (-1, "temperature"),
    "good": (1, "score rating grade rank result"),
    "bad": (-1, "score rating grade"),
    "profitable": (1, "profit"),
    "experienced": (1, "experience year"),
    "close": (-1, "distance"),
    "near": (-1, "distance"),
    "far": (1, "distance"),
    "senior": (1, "age year"),
    "junior": (-1, "age year"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A column word an adjective may speak of; `sign` is -1 when a smaller value means more of the
    adjective.
    """

    word: str
    sign: int
    rank: int


def measures(adjective: str) -> tuple[Measure, ...]:
    """The column words that a base adjective may speak of, best first; empty for an unknown one."""
    if adjective not in _MEASURES:
        return ()
    sign, words = _MEASURES[adjective]
    return tuple(
        Measure(word.lstrip("-"), -sign if word.startswith("-") else sign, rank)
        for rank, word in enumerate(words.split())
    )


GENERAL_DEGREE = {
    "high": 1, "large": 1, "great": 1, "big": 1, "maximum": 1, "max": 1, "top": 1, "good": 1, "long": 1,
    "late": 1, "low": -1, "small": -1, "minimum": -1, "min": -1, "bad": -1, "short": -1, "early": -1,
    "little": -1, "few": -1, "old": 1, "young": -1, "heavy": 1, "light": -1, "recent": 1, "new": 1,
    "fast": 1, "slow": -1, "strong": 1, "tall": 1, "deep": 1, "wide": 1, "cheap": -1, "expensive": 1,
    "close": -1, "near": -1, "far": 1, "rich": 1,
}  # fmt: skip
"""Direction of adjectives that may stand directly before the column they speak of: `the highest salary`."""

QUESTION_WORDS: dict[str, tuple[str, ...]] = {
    "who": ("name",),
    "whom": ("name",),
    "where": ("city", "location", "country", "place", "address", "venue"),
    "when": ("date", "year", "time", "day", "month"),
    "how old": ("age",),
    "how long": ("length", "duration", "time", "distance"),
    "how tall": ("height",),
    "how high": ("height", "elevation", "altitude"),
    "how big": ("size", "area", "capacity"),
    "how large": ("size", "area", "capacity", "population"),
    "how heavy": ("weight",),
    "how fast": ("speed",),
    "how far": ("distance",),
    "how deep": ("depth",),
    "how expensive": ("price", "cost"),
    "how much": ("price", "cost", "amount", "value", "total"),
}
"""What a question word asks for when nothing else is named."""
