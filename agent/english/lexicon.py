"""The closed class: phrases that shape a question, whatever it is about."""

from __future__ import annotations

from .inflection import words


def _phrases(text: str) -> tuple[str, ...]:
    """Phrases between commas."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


def _sorted_words(*entries: tuple[str, str]) -> dict[str, str]:
    """Words by what they mean."""
    return {word: meaning for meaning, text in entries for word in text.split()}


def _meanings(*entries: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """(phrase, meaning) for meanings with their phrases."""
    return tuple((phrase, meaning) for meaning, text in entries for phrase in _phrases(text))


FUNCTION_WORDS = words(
    """
    ! ' 's ( ) , - . / : ; ? a about above actually after all along alphabetical alphabetically also
    among an and any anyone anything are as ascending associated at average based be because been
    before being belong belongs below between both bottom but by calculate called came can come comes
    compare compared compute contain containing contains corresponding could count currently data
    descending describe
    detail details did different display distinct do does during each each's either entries entry even
    ever every everything exceeding except exist existing exists far fetch fewer find first following for from
    get give given go goes greater group grouped had happen happened has have he her here higher his
    how i identify if in information into involve involved is it its just kind know larger last least
    less let let's lexicographic lexicographical list locate located lower made make makes many
    maximum may me might minimum more most much must my name named need neither never no nor not
    number occur occurred of off on one ones only onto or order ordered ordering other our out over
    own people per place please present provide rank ranked ranking record records related report
    respectively result results retrieve return same see select shall she should show since smaller so
    some someone something sort sorted sorting state still such sum take takes tell than that the
    their them then there there're these they this those time times to together took top total under
    unique until up us use used using value values various via want was we well were what when where
    whether which while who whom whose why will with within without would yet you your
    """
)
"""Words that carry no link of their own; leaving one of them out is no loss by itself."""

DETERMINERS = words(
    """
    a all an any every her his its my of other our some such the their these those your
    """
)
AUXILIARIES = words(
    """
    are be been being can could did do does had has have is may was were will would
    """
)
COPULAS = words(
    """
    : = are as be been being called equal equaling equals is named of was were
    """
)
RELATIVES = words(
    """
    having that when where which who whom whose with
    """
)
PREPOSITIONS = words(
    """
    at by during for from in into of on to with within
    """
)
COMMANDS = words(
    """
    calculate compare compute count describe determine display enumerate fetch find get give identify list
    name please present print provide report retrieve return select show state tell
    """
)
NEGATIONS = words(
    """
    aren't cannot didn't doesn't don't isn't n't neither never no nobody none nor not without
    """
)

EXCEPTIONS = frozenset(("except", "excluding"))
"""What follows is left out."""

COMPARATORS = _meanings(
    (
        ">=",
        """
    greater than or equal to, more than or equal to, larger than or equal to, higher than or equal to,
    no less than, not less than, no fewer than, not fewer than, at least, a minimum of, minimum of,
    equal to or greater than, equal to or more than, equal or more than, equal or greater than, or
    more than, since, starting from, >=, as many as
    """,
    ),
    (
        "<=",
        """
    less than or equal to, smaller than or equal to, fewer than or equal to, lower than or equal to,
    no more than, not more than, not exceeding, not greater than, not larger than, at most, a maximum
    of, maximum of, equal to or less than, equal or less than, up to, until, by the end of, <=
    """,
    ),
    (
        "!=",
        """
    not equal to, other than, different from, not
    """,
    ),
    (
        ">",
        """
    more than, greater than, larger than, bigger than, higher than, better than, longer than, older
    than, taller than, heavier than, over, above, exceeding, exceeds, exceed, exceeded, exceeds than,
    bigger, in excess of, beyond, after, later than, more expensive than, greater, >, farther than,
    faster than, newer than
    """,
    ),
    (
        "<",
        """
    less than, fewer than, lower than, smaller than, shorter than, younger than, lighter than, worse
    than, cheaper than, below, under, before, prior to, earlier than, <, slower than
    """,
    ),
    (
        "=",
        """
    exactly, equal to, equals to, equals, equal, =, only, just
    """,
    ),
)
"""Comparing phrases, each with its operator."""

TRAILING_COMPARATORS = _meanings(
    (
        ">=",
        """
    or more, or higher, or above, or greater, or older, or later, or over, or longer, and above, and
    older, and over
    """,
    ),
    (
        "<=",
        """
    or less, or fewer, or below, or lower, or younger, or under, or earlier, or shorter, and below
    """,
    ),
)

CONTAINS = _meanings(
    (
        "prefix",
        """
    start with the letter, starts with the letter, starting with the letter, begin with the letter,
    begins with the letter, beginning with the letter, starts with, start with, starting with, begins
    with, begin with, beginning with, started with
    """,
    ),
    (
        "suffix",
        """
    ends with, end with, ending with, ending in, ends in
    """,
    ),
    (
        "inside",
        """
    contains, contain, containing, includes, include, including, has the substring, have the
    substring, has the word, have the word, with the word, has the letter, have the letter, with the
    letter, with the substring, contained, like, has word, with substring, have substring, has
    substring, with the letters, with word, that has the letter, has a substring, have a substring
    """,
    ),
)
CONTAINS_FILLERS = words(
    """
    a an character characters keyword letter letters phrase string substring text the word words
    """
)

AGGREGATES = _sorted_words(
    ("avg", "average mean avg averages averaged"),
    ("median", "median medians"),
    ("max", "maximum max maximal highest largest biggest greatest longest latest oldest"),
    ("min", "minimum min minimal lowest smallest shortest earliest youngest cheapest"),
    ("sum", "total sum totals combined overall"),
)

ASCENDING = _phrases(
    """
    in ascending, in increasing, in ascending order, in ascending alphabetical order, in increasing
    order, in alphabetical order, in alphabetic order, in lexicographic order, in lexicographical
    order, in lexical order, in alphabetical ascending order, from low to high, from lowest to
    highest, from smallest to largest, from youngest to oldest, from the youngest to the oldest, from
    earliest to latest, from least to greatest, from least to most, from shortest to longest, from the
    lowest to the highest, from a to z, alphabetically, lexicographically, ascending, increasing, in
    chronological order, chronologically, ascendingly, from early to late, from oldest to most recent,
    from the earliest to the latest, lowest first, from short to long, from small to large, in order,
    in an alphabetical order, smallest first, in an ascending order, in a ascending order, from
    cheapest to most expensive, oldest first, from the smallest to the largest, in the ascending
    order, in the alphabetical order, asc, ascending order, by ascending order, increasing order,
    alphabetical order, alphabetic order, lexicographic order, lexicographical order, chronological
    order, in the lexicographic order, in the lexicographical order, in the increasing order, in
    alphabetical
    """
)

DESCENDING = _phrases(
    """
    in descending, in decreasing, in descending order, in decreasing order, in reverse alphabetical
    order, in descending alphabetical order, in reversed alphabetical order, in reverse order, in
    alphabetical descending order, from high to low, from highest to lowest, from largest to smallest,
    from oldest to youngest, from the oldest to the youngest, from latest to earliest, from greatest
    to least, from most to least, from longest to shortest, from the highest to the lowest, from z to
    a, descending, decreasing, in reverse chronological order, from most recent to oldest, from the
    most recent to the oldest, highest first, largest first, from late to early, from long to short,
    from large to small, in an descending order, most recent first, in a descending order, from most
    expensive to cheapest, newest first, from the largest to the smallest, in reversed lexicographical
    order, in reverse lexicographical order, in the descending order, desc, descending order, by
    descending order, decreasing order, reverse alphabetical order, descending alphabetical order, in
    the decreasing order, from newest to oldest
    """
)

ORDER_CUES = _phrases(
    """
    sorted by, ordered by, order by, sort by, sorted in order of, in order of, ranked by, rank by,
    sort them by, order them by, sorted according to, ordered according to, according to, arranged by,
    listed by, sort the results by, order the results by, sort the result by, order the result by,
    sort the list by, order the list by, in the order of, sorted based on, ordered based on, sort on,
    sorted on, rank them by, ordering by, sorting by, in an order of, sort results by, order results
    by, listed in order of, by order of, ordered in terms of, sorted in terms of, sorted with
    """
)

ORDER_VERBS = words(
    """
    arrange arranged list listed order ordered ordering presented rank ranked sort sorted sorting
    """
)

EACH_CUES = _phrases(
    """
    for each of the, for each, for every, for all, of each, of every, in each, in every, by each, at
    each, on each, from each, to each, within each, with each, per each, per, grouped by, group by,
    group them by, grouped with, across, across all, each, every, broken down by, split by, for
    different, of different, in different, belonging to each, under each, for the different,
    corresponding to each
    """
)

COUNT_CUES = _phrases(
    """
    how many, the total number of, total number of, the number of, number of, the count of, count of,
    count the number of, count how many, counts of, the numbers of, numbers of, count, amount of, the
    amount of, total count of, the total count of, how many times, the number of times, number of
    times, the corresponding number of, corresponding number of
    """
)

DISTINCT_WORDS = words(
    """
    different distinct distinctive unique
    """
)
POPULAR = words(
    """
    common commonly frequent frequently often popular popularly used
    """
)
MORE_WORDS = {
    word: 1 if way == "up" else -1
    for word, way in _sorted_words(
        ("up", "most largest highest greatest biggest maximum max top more best"),
        ("down", "least fewest smallest lowest minimum min"),
    ).items()
}
NULL_PHRASES = _meanings(
    (
        "yes",
        "is null, are null, is missing, is unknown, is empty, is not available, null, missing",
    ),
    ("no", "is not null, is not missing, is not empty, is known, not null"),
)
