"""What customers wrote, for a search by meaning over three tiers."""

from __future__ import annotations

from ...core.errors import Unavailable
from ...core.protocols import Database
from ...core.results import Result

TABLE = "reviews"
CREATE = (
    f"create table {TABLE} (product varchar, review varchar,"
    " meaning float[384] generated always as (embed('minilm', review)))"
)
QUESTION = "my order arrived damaged"
MEANT = (
    "the jar was cracked and honey ran through the whole parcel",
    "two bottles of wine were smashed in the box",
)
"""Those that say so, in other words."""

_REVIEWS = {
    "tea": (
        "a calm cup for long evenings, soft and a little smoky",
        "tastes of hay, I would not drink it again",
        "my grandmother swears by it when she cannot sleep",
        "the leaves are large and open slowly",
        "cheaper than at the market and just as fresh",
    ),
    "coffee": (
        "strong enough to wake the whole office",
        "too bitter for me, even with sugar",
        "ground far too fine for my old machine",
        "the smell alone is worth the price",
        "decaf that does not taste like decaf",
    ),
    "milk": (
        "sour after two days although the date said ten",
        "foams well and keeps its sweetness",
        "the children ask for this one by name",
        "I wish it came in glass and not in plastic",
    ),
    "honey": (
        MEANT[0],
        "dark, thick and full of the forest",
        "set hard over the winter, a warm bath made it run again",
        "the beekeeper wrote a note by hand, lovely",
        "more like syrup, I doubt that bees had a part in it",
    ),
    "bread": (
        "a crust that sings when it cools",
        "stale by the time I sat down for breakfast",
        "dense and dark, one slice is a meal",
        "the courier left it in the rain, all of it soaked",
        "my toaster is too small for these loaves",
    ),
    "cheese": (
        "ripe, loud and wonderful, the neighbours complained",
        "paid for a kilo and got half of one",
        "melts like a dream over potatoes",
        "the rind had gone blue where it should be white",
        "a mild one for people who fear cheese",
    ),
    "wine": (
        MEANT[1],
        "cherries first, then a long dry end",
        "corked, and nobody answers my letters",
        "a bargain for a weeknight",
        "kept it for ten years and it was worth the wait",
    ),
}
REVIEWS = sum(map(len, _REVIEWS.values()))


def search_by_meaning(database: Database) -> Result | None:
    """The answer to the question over three tiers; `None` where the model is not installed."""
    try:
        database.sql(CREATE)
    except Unavailable:
        return None
    rows = [{"product": product, "review": text} for product, texts in _REVIEWS.items() for text in texts]
    for tier, part in enumerate((rows[0::3], rows[1::3], rows[2::3])):
        database.append(TABLE, part)
        database.embed(TABLE)
        if tier == 0:
            database.archive(TABLE)
        if tier == 1:
            database.flush(TABLE)
    return database.search(QUESTION, table=TABLE, k=3)
