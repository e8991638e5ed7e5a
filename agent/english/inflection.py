"""Word forms: the base of a plural or verb form, a coarser stem, and degrees of adjectives."""

from __future__ import annotations

from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def pairs(text: str) -> dict[str, str]:
    """`one:other` pairs of a text."""
    return dict(entry.split(":") for entry in text.split())


_UNCHANGED = """
    series species hurt hit put set cut data this its his less address always gas bus status plus news
    campus focus bonus virus canvas atlas lens as us during thing string king ring wing building rating
    meeting morning evening spring sibling wedding training painting engineering nothing anything
    something everything bed red need seed speed feed hundred united movement
"""
_IRREGULAR = {word: word for word in _UNCHANGED.split()} | pairs(
    """
    people:person children:child men:man women:woman feet:foot mice:mouse teeth:tooth geese:goose
    lives:life wives:wife criteria:criterion phenomena:phenomenon indices:index indexes:index
    media:medium matrices:matrix analyses:analysis bases:base crises:crisis theses:thesis was:be were:be
    is:be are:be been:be being:be am:be has:have had:have having:have does:do did:do done:do doing:do
    went:go gone:go goes:go made:make taught:teach took:take taken:take wrote:write written:write
    writes:write bought:buy sold:sell won:win lost:lose got:get gotten:get gave:give given:give
    held:hold led:lead met:meet paid:pay ran:run said:say saw:see seen:see sent:send spent:spend
    spoke:speak spoken:speak stood:stand told:tell thought:think born:bear built:build began:begin
    begun:begin broke:break came:come chose:choose chosen:choose drove:drive driven:drive fell:fall
    flew:fly flown:fly found:find grew:grow knew:know known:know left:leave rode:ride rose:rise
    sang:sing sung:sing shown:show sat:sit wore:wear worn:wear kept:keep brought:bring caught:catch
    fought:fight buses:bus statuses:status campuses:campus bonuses:bonus buildings:building
    ratings:rating meetings:meeting paintings:painting advised:advise released:release used:use
    named:name priced:price aged:age movies:movie cookies:cookie ties:tie pies:pie zombies:zombie
    calories:calorie heroes:hero potatoes:potato tomatoes:tomato echoes:echo courses:course axes:axis
    leaves:leave sales:sale houses:house causes:cause nurses:nurse horses:horse purchases:purchase
    databases:database cases:case expenses:expense licenses:license phases:phase prizes:prize sizes:size
    warehouses:warehouse premises:premise exercises:exercise releases:release caches:cache leases:lease
    diseases:disease services:service
    """
)

_VOWELS = frozenset("aeiou")


@lru_cache(maxsize=65536)
def lemma(word: str) -> str:
    """The base form of a lower-case word: `cities` -> `city`, `sorted` -> `sort`, `has` -> `have`."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    return _strip_plural(word) or _strip_verb(word) or word


def _strip_plural(word: str) -> str | None:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return None


def _strip_verb(word: str) -> str | None:
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word[: -len(ending)]
            if not any(letter in "aeiouy" for letter in root):
                return None
            return _restore(root)
    return None


def _restore(root: str) -> str:
    """The verb behind a root without its ending: `stopp` -> `stop`, `mak` -> `make`, `studi` -> `study`."""
    if root.endswith("i"):
        return root[:-1] + "y"
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsze":
        return root[:-1]
    if root.endswith(_LOST_AN_E) and not root.endswith(_HAD_NONE):
        return root + "e"
    return root


_LOST_AN_E = (
    "at", "iz", "ov", "iv", "uc", "ag", "as", "os", "us", "rg", "nc", "rc", "rs", "ur", "ir", "v",
    "dg", "ak", "ik", "yp", "in", "qu", "ad", "uid", "id", "ud", "bl", "pl", "tl", "cl", "gl", "ar",
)  # fmt: skip
"""Ends of roots that lost an `e` before their ending: `creat(ed)`."""

_HAD_NONE = (
    "ain", "oin", "ead", "oad", "ear", "eak", "air", "our", "eat", "oat", "pir", "eas", "ein",
)  # fmt: skip
"""Of these, those that had none: `clean(ed)`."""

_SUFFIXES = (
    "ization", "ations", "ation", "ition", "ments", "ment", "ness", "ship", "ities", "ity", "ance",
    "ence", "ions", "ion", "ings", "ing", "ers", "ors", "ees", "er", "or", "ee", "ists", "ist", "ial",
    "al", "ive", "able", "ary", "ies", "ied", "ed", "es", "ic", "ous", "ful", "ly", "ry", "s", "e", "y",
)  # fmt: skip


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A coarser root that joins a verb with its nouns: `director`, `directed`, `direction` -> `direct`."""
    base = lemma(word)
    for _ in range(2):
        for suffix in _SUFFIXES:
            if base.endswith(suffix) and len(base) - len(suffix) >= 4:
                base = base[: -len(suffix)]
                break
        else:
            break
    if len(base) > 4 and base[-1] == base[-2]:
        base = base[:-1]
    return base


@lru_cache(maxsize=65536)
def degree(word: str) -> tuple[str, str] | None:
    """(base adjective, `er` or `est`) of an inflected adjective, else nothing: `oldest` -> (`old`, `est`)."""
    irregular = {"best": "good", "worst": "bad", "better": "good", "worse": "bad", "farthest": "far",
                 "furthest": "far", "further": "far", "farther": "far", "latest": "late", "later": "late",
                 "eldest": "old", "elder": "old"}  # fmt: skip
    if word in irregular:
        return irregular[word], "est" if word.endswith("st") else "er"
    for ending in ("est", "er"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            root = word[: -len(ending)]
            if root.endswith("i"):
                return root[:-1] + "y", ending
            if len(root) > 2 and root[-1] == root[-2] and root[-1] not in "ls":
                return root[:-1], ending
            return root, ending
    return None


def similar(one: str, other: str) -> bool:
    """Whether two longer words differ by one letter inserted, deleted, changed, or two swapped."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1 or one == other or one[0] != other[0]:
        return False
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped
