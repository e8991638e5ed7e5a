"""The closed class: phrases that shape a question, whatever it is about."""

from __future__ import annotations

FUNCTION_WORDS = frozenset(
    ["a", "an", "the", "of", "to", "for", "in", "on", "at", "by", "from", "with", "and", "or", "is", "are", "was", "were", "be", "been", "being", "do", "does", "did", "have", "has", "had", "that", "which", "who", "whom", "whose", "what", "where", "when", "how", "why", "this", "these", "those", "there", "their", "them", "they", "its", "it", "his", "her", "he", "she", "i", "me", "my", "we", "us", "our", "you", "your", "all", "any", "some", "each", "every", "as", "also", "please", "can", "could", "would", "should", "will", "shall", "may", "might", "must", "if", "then", "than", "so", "such", "into", "onto", "over", "under", "about", "between", "among", "within", "during", "along", "together", "up", "out", "off", "via", "'s", "'", ",", ".", "?", "!", ";", ":", "(", ")", "-", "/", "give", "show", "list", "find", "tell", "return", "display", "get", "fetch", "provide", "report", "state", "name", "retrieve", "select", "compute", "calculate", "count", "identify", "describe", "present", "see", "know", "want", "need", "let", "let's", "respectively", "corresponding", "associated", "related", "following", "given", "different", "distinct", "unique", "various", "not", "no", "nor", "without", "never", "neither", "except", "but", "other", "both", "either", "only", "just", "even", "still", "yet", "more", "less", "most", "least", "fewer", "greater", "smaller", "larger", "higher", "lower", "above", "below", "exceeding", "many", "much", "value", "values", "information", "records", "record", "entries", "entry", "one", "ones", "own", "kind", "actually", "currently", "ever", "far", "same", "exist", "exists", "existing", "there're", "here", "whether", "while", "because", "since", "until", "before", "after", "per", "belong", "belongs", "involve", "involved", "contain", "contains", "containing", "called", "named", "using", "used", "use", "make", "makes", "made", "take", "takes", "took", "go", "goes", "place", "occur", "occurred", "happen", "happened", "come", "comes", "came", "locate", "located", "based", "total", "number", "average", "sum", "maximum", "minimum", "order", "sort", "sorted", "ordered", "ordering", "sorting", "ascending", "descending", "alphabetical", "alphabetically", "lexicographic", "lexicographical", "rank", "ranked", "ranking", "top", "bottom", "first", "last", "group", "grouped", "each's", "people", "someone", "anyone", "something", "anything", "detail", "details", "data", "results", "result", "well", "times", "time"]
)
"""Words that carry no link of their own; leaving one of them out is no loss by itself."""

DETERMINERS = frozenset(
    ["the", "a", "an", "all", "any", "some", "every", "these", "those", "their", "its", "his", "her", "our", "my", "your", "of", "such", "other"]
)
AUXILIARIES = frozenset(
    ["is", "are", "was", "were", "be", "been", "being", "do", "does", "did", "has", "have", "had", "will", "can", "could", "would", "may"]
)
COPULAS = frozenset(["is", "are", "was", "were", "be", "been", "being", "equals", "equal", "equaling", "as", "=", ":", "named", "called", "of"])
RELATIVES = frozenset(["who", "whom", "whose", "that", "which", "where", "when", "with", "having"])
PREPOSITIONS = frozenset(["in", "on", "at", "from", "by", "of", "for", "to", "with", "within", "during", "into"])
COMMANDS = frozenset(
    ["show", "list", "find", "give", "return", "display", "get", "tell", "provide", "report", "state", "name", "retrieve", "select", "compute", "calculate", "count", "identify", "describe", "present", "please", "fetch", "print", "enumerate", "determine"]
)
NEGATIONS = frozenset(
    ["not", "no", "n't", "never", "without", "neither", "nor", "none", "cannot", "don't", "doesn't", "didn't", "isn't", "aren't", "nobody"]
)

COMPARATORS: tuple[tuple[str, str], ...] = (
    ("greater than or equal to", ">="), ("more than or equal to", ">="), ("larger than or equal to", ">="),
    ("higher than or equal to", ">="), ("less than or equal to", "<="), ("smaller than or equal to", "<="),
    ("fewer than or equal to", "<="), ("lower than or equal to", "<="), ("no less than", ">="),
    ("not less than", ">="), ("no fewer than", ">="), ("not fewer than", ">="), ("no more than", "<="),
    ("not more than", "<="), ("not exceeding", "<="), ("not greater than", "<="), ("not larger than", "<="),
    ("at least", ">="), ("at most", "<="), ("a minimum of", ">="), ("a maximum of", "<="), ("minimum of", ">="),
    ("maximum of", "<="), ("equal to or greater than", ">="), ("equal to or more than", ">="),
    ("equal or more than", ">="), ("equal or greater than", ">="), ("equal to or less than", "<="),
    ("equal or less than", "<="), ("up to", "<="), ("or more than", ">="), ("not equal to", "!="), ("other than", "!="),
    ("different from", "!="), ("more than", ">"), ("greater than", ">"), ("larger than", ">"), ("bigger than", ">"),
    ("higher than", ">"), ("better than", ">"), ("longer than", ">"), ("older than", ">"), ("taller than", ">"),
    ("heavier than", ">"), ("over", ">"), ("above", ">"), ("exceeding", ">"), ("exceeds", ">"), ("exceed", ">"),
    ("exceeded", ">"), ("exceeds than", ">"), ("bigger", ">"), ("in excess of", ">"), ("beyond", ">"), ("after", ">"),
    ("later than", ">"), ("since", ">="), ("starting from", ">="), ("less than", "<"), ("fewer than", "<"),
    ("lower than", "<"), ("smaller than", "<"), ("shorter than", "<"), ("younger than", "<"), ("lighter than", "<"),
    ("worse than", "<"), ("cheaper than", "<"), ("more expensive than", ">"), ("below", "<"), ("under", "<"),
    ("before", "<"), ("prior to", "<"), ("earlier than", "<"), ("until", "<="), ("by the end of", "<="),
    ("exactly", "="), ("equal to", "="), ("equals to", "="), ("equals", "="), ("equal", "="), ("greater", ">"), ("=", "="),
    (">", ">"), ("<", "<"), (">=", ">="), ("<=", "<="), ("farther than", ">"), ("faster than", ">"), ("slower than", "<"),
    ("newer than", ">"), ("as many as", ">="), ("only", "="), ("not", "!="), ("just", "="),
)  # fmt: skip
"""Comparing phrases, each with its operator."""

TRAILING_COMPARATORS: tuple[tuple[str, str], ...] = (
    ("or more", ">="), ("or higher", ">="), ("or above", ">="), ("or greater", ">="), ("or older", ">="),
    ("or later", ">="), ("or over", ">="), ("or less", "<="), ("or fewer", "<="), ("or below", "<="),
    ("or lower", "<="), ("or younger", "<="), ("or under", "<="), ("or earlier", "<="), ("or longer", ">="),
    ("or shorter", "<="), ("and above", ">="), ("and older", ">="), ("and below", "<="), ("and over", ">="),
)  # fmt: skip

CONTAINS: tuple[tuple[str, str], ...] = (
    ("start with the letter", "prefix"), ("starts with the letter", "prefix"), ("starting with the letter", "prefix"),
    ("begin with the letter", "prefix"), ("begins with the letter", "prefix"), ("beginning with the letter", "prefix"),
    ("starts with", "prefix"), ("start with", "prefix"), ("starting with", "prefix"), ("begins with", "prefix"),
    ("begin with", "prefix"), ("beginning with", "prefix"), ("started with", "prefix"), ("ends with", "suffix"),
    ("end with", "suffix"), ("ending with", "suffix"), ("ending in", "suffix"), ("ends in", "suffix"),
    ("contains", "inside"), ("contain", "inside"), ("containing", "inside"), ("includes", "inside"),
    ("include", "inside"), ("including", "inside"), ("has the substring", "inside"), ("have the substring", "inside"),
    ("has the word", "inside"), ("have the word", "inside"), ("with the word", "inside"), ("has the letter", "inside"),
    ("have the letter", "inside"), ("with the letter", "inside"), ("with the substring", "inside"),
    ("contained", "inside"), ("like", "inside"), ("has word", "inside"), ("with substring", "inside"),
    ("have substring", "inside"), ("has substring", "inside"), ("with the letters", "inside"), ("with word", "inside"),
    ("that has the letter", "inside"), ("has a substring", "inside"), ("have a substring", "inside"),
)  # fmt: skip
CONTAINS_FILLERS = frozenset(
    ["the", "a", "an", "word", "words", "letter", "letters", "substring", "string", "string", "phrase", "character", "characters", "text", "keyword"]
)

AGGREGATES: dict[str, str] = {
    "average": "avg", "mean": "avg", "avg": "avg", "averages": "avg", "averaged": "avg", "maximum": "max",
    "max": "max", "maximal": "max", "minimum": "min", "min": "min", "minimal": "min", "total": "sum", "sum": "sum",
    "totals": "sum", "combined": "sum", "overall": "sum", "highest": "max", "largest": "max", "biggest": "max",
    "greatest": "max", "lowest": "min", "smallest": "min", "longest": "max", "shortest": "min", "latest": "max",
    "earliest": "min", "most": "max", "least": "min", "oldest": "max", "youngest": "min", "cheapest": "min",
}  # fmt: skip

ASCENDING: tuple[str, ...] = (
    "in ascending order", "in ascending alphabetical order", "in increasing order", "in alphabetical order",
    "in alphabetic order", "in lexicographic order", "in lexicographical order", "in lexical order",
    "in alphabetical ascending order", "from low to high", "from lowest to highest", "from smallest to largest",
    "from youngest to oldest", "from the youngest to the oldest", "from earliest to latest", "from least to greatest",
    "from least to most", "from shortest to longest", "from the lowest to the highest", "from a to z", "alphabetically",
    "lexicographically", "ascending", "increasing", "in chronological order", "chronologically", "ascendingly",
    "from early to late", "from oldest to most recent", "from the earliest to the latest", "lowest first",
    "from short to long", "from small to large", "in order", "in an alphabetical order", "smallest first",
    "in an ascending order", "in a ascending order", "from cheapest to most expensive", "oldest first",
    "from the smallest to the largest", "in the ascending order", "in the alphabetical order", "asc",
    "ascending order", "by ascending order", "increasing order", "alphabetical order", "alphabetic order",
    "lexicographic order", "lexicographical order", "chronological order", "in the lexicographic order", "in the lexicographical order", "in the increasing order", "in alphabetical",
)  # fmt: skip
DESCENDING: tuple[str, ...] = (
    "in descending order", "in decreasing order", "in reverse alphabetical order", "in descending alphabetical order",
    "in reversed alphabetical order", "in reverse order", "in alphabetical descending order", "from high to low",
    "from highest to lowest", "from largest to smallest", "from oldest to youngest", "from the oldest to the youngest",
    "from latest to earliest", "from greatest to least", "from most to least", "from longest to shortest",
    "from the highest to the lowest", "from z to a", "descending", "decreasing", "in reverse chronological order",
    "from most recent to oldest", "from the most recent to the oldest", "highest first", "largest first",
    "from late to early", "from long to short", "from large to small", "in an descending order", "most recent first",
    "in a descending order", "from most expensive to cheapest", "newest first", "from the largest to the smallest",
    "in reversed lexicographical order", "in reverse lexicographical order", "in the descending order", "desc",
    "descending order", "by descending order", "decreasing order", "reverse alphabetical order",
    "descending alphabetical order", "in the decreasing order", "from newest to oldest",
)  # fmt: skip
ORDER_CUES: tuple[str, ...] = (
    "sorted by", "ordered by", "order by", "sort by", "sorted in order of", "in order of", "ranked by", "rank by",
    "sort them by", "order them by", "sorted according to", "ordered according to", "according to", "arranged by",
    "listed by", "sort the results by", "order the results by", "sort the result by", "order the result by",
    "sort the list by", "order the list by", "in the order of", "sorted based on", "ordered based on", "sort on",
    "sorted on", "rank them by", "ordering by", "sorting by", "in an order of", "sort results by", "order results by",
    "listed in order of", "by order of", "ordered in terms of", "sorted in terms of", "sorted with",
)  # fmt: skip
ORDER_VERBS = frozenset(
    ["sort", "sorted", "order", "ordered", "rank", "ranked", "arrange", "arranged", "list", "listed", "ordering", "sorting", "presented"]
)

EACH_CUES: tuple[str, ...] = (
    "for each of the", "for each", "for every", "for all", "of each", "of every", "in each", "in every", "by each",
    "at each", "on each", "from each", "to each", "within each", "with each", "per each", "per", "grouped by", "group by",
    "group them by", "grouped with", "across", "across all", "each", "every", "broken down by", "split by", "for different",
    "of different", "in different", "belonging to each", "under each", "for the different", "corresponding to each",
)  # fmt: skip

COUNT_CUES: tuple[str, ...] = (
    "how many", "the total number of", "total number of", "the number of", "number of", "the count of", "count of",
    "count the number of", "count how many", "counts of", "the numbers of", "numbers of", "count", "amount of",
    "the amount of", "total count of", "the total count of", "how many times", "the number of times", "number of times",
    "the corresponding number of", "corresponding number of",
)  # fmt: skip

DISTINCT_WORDS = frozenset(["different", "distinct", "unique", "distinctive"])
POPULAR = frozenset(["popular", "common", "frequent", "frequently", "commonly", "popularly", "often", "used"])
MORE_WORDS = {"most": 1, "least": -1, "fewest": -1, "largest": 1, "highest": 1, "greatest": 1, "biggest": 1,
              "smallest": -1, "lowest": -1, "maximum": 1, "minimum": -1, "max": 1, "min": -1, "top": 1, "more": 1,
              "best": 1}  # fmt: skip
NULL_PHRASES: tuple[tuple[str, bool], ...] = (
    ("is null", True), ("are null", True), ("is missing", True), ("is unknown", True), ("is empty", True),
    ("is not null", False), ("is not missing", False), ("is not empty", False), ("is known", False),
    ("is not available", True), ("is not recorded", True), ("null", True), ("missing", True), ("not null", False),
)  # fmt: skip
