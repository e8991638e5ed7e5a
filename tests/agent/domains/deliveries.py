"""One table of events, as a lake holds them: what each is about stands in it as columns."""

from __future__ import annotations

from .domain import Domain

DDL = """
create table deliveries as
select
    100 + i * 7 % 13 as courier,
    ['Graz', 'Linz', 'Wels', 'Steyr'][1 + i * i % 4] as city,
    ['bike', 'van', 'truck'][1 + i * 5 % 3] as vehicle,
    ['parcel', 'letter', 'food', 'flowers', 'books'][1 + i * 11 % 5] as goods,
    1 + i * 17 % 40 as distance,
    round(2.5 + (i * 29 % 97) / 4.0, 2) as fee,
    1 + i % 3 as quantity,
    timestamp '2025-11-03 08:00:00' + to_hours(i * 47) as delivered_at
from range(100) t(i)
"""
QUARTER = "delivered_at >= '2026-04-01' and delivered_at < '2026-07-01'"
APRIL = "delivered_at >= '2026-04-01' and delivered_at < '2026-05-01'"
QUESTIONS = {
    "couriers in Graz": "select distinct courier from deliveries where city = 'Graz'",
    "top 3 goods by quantity":
        "select goods, sum(quantity) from deliveries group by 1 order by 2 desc, 1 limit 3",
    "top 3 goods by total fee":
        "select goods, sum(fee) from deliveries group by 1 order by 2 desc, 1 limit 3",
    "top 5 couriers by quantity":
        "select courier, sum(quantity) from deliveries group by 1 order by 2 desc, 1 limit 5",
    "top 2 cities by quantity this quarter":
        f"select city, sum(quantity) from deliveries where {QUARTER} group by 1 order by 2 desc, 1 limit 2",
    "top 2 vehicles by number of deliveries":
        "select vehicle, count(*) from deliveries group by 1 order by 2 desc, 1 limit 2",
    "quantity by city": "select city, sum(quantity) from deliveries group by 1",
    "total fee by vehicle": "select vehicle, sum(fee) from deliveries group by 1",
    "average fee by goods": "select goods, avg(fee) from deliveries group by 1",
    "average distance per vehicle last month":
        f"select vehicle, avg(distance) from deliveries where {APRIL} group by 1",
    "number of deliveries by city": "select city, count(*) from deliveries group by 1",
    "deliveries per month": "select date_trunc('month', delivered_at), count(*) from deliveries group by 1",
    "total fee per month": "select date_trunc('month', delivered_at), sum(fee) from deliveries group by 1",
    "how many deliveries in Graz": "select count(*) from deliveries where city = 'Graz'",
    "how many food deliveries": "select count(*) from deliveries where goods = 'food'",
    "total quantity of flowers": "select sum(quantity) from deliveries where goods = 'flowers'",
    "quantity this quarter": f"select sum(quantity) from deliveries where {QUARTER}",
    "which city has the most deliveries":
        "select city from deliveries group by 1 order by count(*) desc, 1 limit 1",
    "which courier has the highest total fee":
        "select courier from deliveries group by 1 order by sum(fee) desc, 1 limit 1",
    "highest fee": "select max(fee) from deliveries",
    "total fee by city and vehicle": "select city, vehicle, sum(fee) from deliveries group by 1, 2",
}  # fmt: skip
DELIVERIES = Domain(
    DDL,
    QUESTIONS,
    answered=0.9,
)
