"""Identifiers to words: `StuID` -> (student, id), `lname` -> (last, name), `order_date` -> (order, date)."""

from __future__ import annotations

import re
from functools import lru_cache

from .english.inflection import lemma, pairs, words
from .english.synonyms import known_words

ABBREVIATIONS = {
    short: long.replace("_", " ")
    for short, long in pairs(
        """
    num:number no:number nbr:number nr:number qty:quantity amt:amount desc:description dept:department
    addr:address fname:first_name lname:last_name mname:middle_name dob:birth_date tel:telephone
    yr:year yrs:years min:minimum max:maximum avg:average cnt:count pct:percent perc:percent
    lat:latitude lon:longitude long:longitude lng:longitude temp:temperature emp:employee mgr:manager
    stu:student stud:student prof:professor acct:account acc:account cust:customer prod:product
    org:organization loc:location pop:population lang:language pos:position src:source
    dest:destination dst:destination sem:semester doc:document ref:reference bldg:building
    trans:transaction mem:member est:established vol:volume fac:faculty lvl:level msg:message
    img:image sal:salary wt:weight ht:height elev:elevation apt:apartment attr:attribute cat:category
    char:character gov:government gnp:gnp std:standard inst:institution ins:insurance dep:departure
    arr:arrival mfr:manufacturer manuf:manufacturer dir:director reg:registration pref:preference
    rev:revenue seq:sequence sec:section tot:total val:value fk: pk: tbl: cod:code prereq:prerequisite
    univ:university rec:record info:information lic:license abbr:abbreviation app:application oid:id
    uid:user_id gid:group_id tz:timezone ts:timestamp ppl:people hosp:hospital grp:group
    sched:schedule dist:distance spd:speed cap:capacity adv:advisor hq:headquarters pts:points ids:id
    nom:nomination birthdate:birth_date birthplace:birth_place birthday:birth_day ctry:country
    st:state rm:room crs:course
        """
    ).items()
}
"""Short forms that schemas use; an empty one is a mark without meaning."""

_COMMON = words(
    """
    name type date id code year number first last birth phone city state country day month time age sex
    gender home town work start end open close net gross unit rate level group class rank file log line
    key text word list table user admin pass login password web site url link image photo post tag item
    cart order pet student room school team home away goal score point game player count total average
    balance check saving loan account credit card member ship club book title song album artist track
    film movie actor role cast crew plane air port line flight hire bed base price cost rent park ing
    stay king decor pay roll fee tax sale store product brand model make car body engine horse power
    weight height length width depth speed size color shape form maximum minimum is has was in out up
    down of by to from on at with head zip street house door floor building office branch region area
    zone land lake river sea mountain hall wife life mid middle full short long high low top over under
    wind rain temperature press race result driver circuit lap stop season week points position status
    reason note teacher class room grade course major minor advisor fac instructor department faculty
    prerequisite language religion surface population capital govern continent code percentage official
    local organ donor distance customer employee manager supervisor company industry market value share
    stock invoice media genre play paper author venue journal cite domain keyword conference institute
    affiliation apt flat status amount birthday birthplace hometown nickname website email gdp gnp gpa
    ssn
    """
)
_INITIALS = {"f": "first", "l": "last", "m": "middle"}
_MARKS = frozenset(("be", "of", "the", "and", "in", "has", "have", "s", "by"))
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+(?:st|nd|rd|th)?|[À-ɏ]+")


@lru_cache(maxsize=8192)
def said(name: str) -> str:
    """An identifier as it is said: `shipped_at` -> "shipped at", `orderQty` -> "order quantity"."""
    return " ".join(_spelt(name)) or name.lower()


@lru_cache(maxsize=8192)
def name_words(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case, short forms written out, lemmas of plurals."""
    words = [lemma(word) for word in _spelt(name)]
    for i, word in enumerate(words[:-1]):
        if word in _INITIALS and words[i + 1] == "name":
            words[i] = _INITIALS[word]
        elif word == "b" and words[i + 1] in ("date", "day", "place"):
            words[i] = "birth"
    return tuple(word for word in words if word not in _MARKS) or tuple(words) or (name.lower(),)


def _spelt(name: str) -> list[str]:
    parts = re.split(r"[^A-Za-z0-9À-ɏ]+", name)
    return [word for part in parts for piece in _pieces(part) for word in _expand(piece.lower())]


def _pieces(part: str) -> list[str]:
    if part.isupper() or part.islower() or (part[:1].isupper() and part[1:].islower()):
        return re.findall(r"\d+(?:st|nd|rd|th)|\d+|[^\d]+", part)
    return _CAMEL.findall(part)


def _expand(word: str) -> list[str]:
    if word in ABBREVIATIONS:
        return ABBREVIATIONS[word].split()
    if {word, lemma(word)} & (_COMMON | known_words()) or len(word) < 5 or not word.isalpha():
        return [word]
    split = _split_compound(word)
    return [part for piece in split for part in ABBREVIATIONS.get(piece, piece).split()] if split else [word]


def _split_compound(word: str) -> list[str] | None:
    """Two or three known words written as one, the fewest and longest first; else nothing."""
    vocabulary = _COMMON | known_words()

    def known(piece: str) -> bool:
        return (
            piece in vocabulary or lemma(piece) in vocabulary or (len(piece) > 2 and piece in ABBREVIATIONS)
        )

    for cut in range(len(word) - 2, 1, -1):
        left, right = word[:cut], word[cut:]
        if known(right) and ((known(left) and len(left) > 2) or left in ("is", "no")):
            return [left, right]
    if len(word) > 3 and word.endswith("id") and not word.endswith(("aid", "oid", "uid")):
        return [word[:-2], "id"]
    if word.endswith(("name", "date", "code", "time", "type")) and word not in ("rename", "update", "decode"):
        return [word[:-4], word[-4:]]
    return None
