"""Two times: when something happened, and when we came to know of it.

A till was offline. Its sale of Monday reaches the lake on Wednesday: Monday's revenue grows, and the report
that was printed on Tuesday can still be printed again as it was.
"""

import tempfile
from datetime import UTC, datetime

import thermocline

MONDAY = "_time >= '2026-10-26' and _time < '2026-10-27'"
REVENUE = f"select sum(revenue) from sales where {MONDAY}"

# The example plays three days in a moment, so it brings a clock of its own; leave `clock` out in earnest.
now = datetime(2026, 10, 26, 18, tzinfo=UTC)
with tempfile.TemporaryDirectory() as folder, thermocline.connect(folder, clock=lambda: now) as lake:
    shop = lake.database("acme")
    shop.append("sales", [{"product": "tea", "revenue": 4.5}, {"product": "milk", "revenue": 1.9}])

    now = datetime(2026, 10, 27, 9, tzinfo=UTC)
    tuesday = now
    print("on Tuesday: ", shop.sql(REVENUE).rows())

    now = datetime(2026, 10, 28, 9, tzinfo=UTC)
    shop.append("sales", [{"product": "wine", "revenue": 12.0, "_time": "2026-10-26T17:55:00Z"}])
    print("on Wednesday:", shop.sql(REVENUE).rows())
    print("as of Tuesday:", shop.sql(REVENUE, as_of=tuesday).rows())
