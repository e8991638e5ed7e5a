"""The words of the grammar: numbers, months, weekdays, units, and where they point."""

from __future__ import annotations

from ..grammar import Rule, Terminal, digits, rule, words
from .calendar import Calendar


def _numbered(said: str, first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * at for at, word in enumerate(said.split())}


ONES = _numbered("one two three four five six seven eight nine", 1)
TEENS = _numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10)
TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, step=10)
NTH_ONES = _numbered("first second third fourth fifth sixth seventh eighth ninth", 1)
NTH_TEENS = _numbered("tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth", 10)
NTH_TEENS |= {"eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30}

MONTHS = _numbered("january february march april may june july august september october november december", 1)
MONTHS |= {name[:3]: n for name, n in MONTHS.items()} | {"sept": 9}
DOUBTFUL_MONTHS = frozenset({"may", "march", "mar", "apr", "jun", "jul", "sep", "dec", "jan"})
"""Also something else than a month."""

WEEKDAYS = _numbered("monday tuesday wednesday thursday friday saturday sunday", 0)
WEEKDAY_SHORT = {name[:3]: n for name, n in WEEKDAYS.items()} | {"tues": 1, "thur": 3, "thurs": 3}

_UNITS = {
    "second": "second seconds sec secs",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs h",
    "day": "day days",
    "week": "week weeks wk wks",
    "fortnight": "fortnight fortnights",
    "month": "month months mth mths",
    "quarter": "quarter quarters qtr qtrs",
    "year": "year years yr yrs",
    "decade": "decade decades",
    "century": "century centuries",
}
UNITS = {word: unit for unit, said in _UNITS.items() for word in said.split()}

TERMINALS: tuple[Terminal, ...] = (
    words("one", ONES),
    words("teen", TEENS),
    words("ten", TENS),
    words("nth_one", NTH_ONES),
    words("nth_teen", NTH_TEENS),
    words("month_name", MONTHS),
    words("clear_month", {k: v for k, v in MONTHS.items() if k not in DOUBTFUL_MONTHS}),
    words("weekday_name", WEEKDAYS),
    words("weekday", WEEKDAYS | WEEKDAY_SHORT),
    words("unit", UNITS),
    words("units", {word: unit for word, unit in UNITS.items() if word.endswith("s")}),
    words("long_unit", {w: u for w, u in UNITS.items() if u not in ("second", "minute", "hour", "day")}),
    words("short_unit", {w: u for w, u in UNITS.items() if u in ("minute", "hour") and w != "h"}),
    words(
        "decade_name",
        {w[:-1] + "ies": n for w, n in TENS.items()} | {"noughties": 0, "tens": 10, "teens": 10},
    ),
    words("this", dict.fromkeys(("this", "current", "present"), 0)),
    words("last", dict.fromkeys(("last", "past", "previous", "prior", "preceding"), -1)),
    words("next", dict.fromkeys(("next", "coming", "upcoming", "following"), 1)),
    words(
        "rolling",
        dict.fromkeys(("last", "past", "previous", "prior", "preceding", "trailing", "rolling"), -1),
    ),
    digits("number", 1, 9999),
    digits("date_number", 1, 31),
    digits("month_number", 1, 12),
    digits("quarter_number", 1, 4),
    digits("half_number", 1, 2),
    digits("week_number", 1, 53),
    digits("year_digits", 1000, 2999, length=4),
    digits("two_digits", 0, 99, length=2),
    digits("decade_digits", 0, 99, length=2),
)


def full_year(two_digits: int) -> int:
    """Two digits of a year, by the usual turn: 70 to 99 lie in the last century."""
    return two_digits + (1900 if two_digits >= 70 else 2000)


def _cardinal(_: Calendar, ten: int = 0, one: int = 0, teen: int = 0) -> int:
    return ten + one + teen


def _year_in_words(_: Calendar, century: int, rest: int) -> int:
    return century * 100 + rest


RULES: tuple[Rule, ...] = (
    *rule("below_hundred", _cardinal, "<one>", "<teen>", "<ten>", "<ten> -? <one>"),
    *rule(
        "hundreds",
        lambda _, one=1, below_hundred=0: one * 100 + below_hundred,
        "a|one? hundred (and? <below_hundred>)?",
        "<one> hundred (and? <below_hundred>)?",
    ),
    *rule("cardinal", lambda _, n: n, "<n:below_hundred>", "<n:hundreds>", "<n:number>"),
    *rule("count", lambda _, cardinal: cardinal, "<cardinal>"),
    *rule("count", lambda _: 1, "a|an"),
    *rule("count", lambda _: 2, "a? couple of?"),
    *rule("count", lambda _: 3, "a? few", "several"),
    *rule("nth", _cardinal, "<one:nth_one>", "<teen:nth_teen>", "<ten> -? <one:nth_one>"),
    *rule("nth", lambda _, date_number: date_number, "<date_number> st|nd|rd|th"),
    *rule("nth", lambda _: -1, "last|final"),
    *rule("month", lambda _, month: month, "<month:month_name> .?"),
    *rule("year_words", _year_in_words, "<century:teen> <rest:below_hundred>"),
    *rule("year_words", lambda _, teen, one: teen * 100 + one, "<teen> zero|oh|o <one>"),
    *rule("year_words", lambda _, teen: 2000 + teen, "twenty <teen>"),
    *rule("year_words", lambda _, ten, one=0: 2000 + ten + one, "twenty <ten> (-? <one>)?"),
    *rule(
        "year_words",
        lambda _, one, hundreds=0, rest=0: one * 1000 + hundreds + rest,
        "<one> thousand (and? <rest:below_hundred>)?",
        "<one> thousand <hundreds>",
    ),
    *rule("year", lambda _, n: n, "<n:year_digits>", "<n:year_words>"),
    *rule("year", lambda _, n: full_year(n), "' <n:two_digits>"),
    *rule("any_year", lambda _, n: n, "<n:year>"),
    *rule("any_year", lambda _, n: full_year(n), "<n:two_digits>"),
)
