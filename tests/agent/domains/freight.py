"""A haulier: shares, medians, first and last rows, extremes, rows without names."""

from __future__ import annotations

from .domain import Domain

DDL = """
create table depots (id bigint, name varchar, country varchar, capacity bigint);
insert into depots values
    (1, 'North Hub', 'Germany', 500), (2, 'South Hub', 'France', 300), (3, 'East Hub', 'Poland', 800),
    (4, 'Spare Hub', 'Poland', 20);
create table carriers (carrier_id bigint, carrier_name varchar, rating double);
insert into carriers values (1, 'FastFreight', 4.5), (2, 'SlowBoat', 3.1), (3, 'AirOne', 4.9);
create table shipments as
select
    i as id,
    1 + i * 7 % 4 % 3 as depot_id,
    1 + i * i % 7 % 3 as carrier_id,
    ['Spain', 'Italy', 'Norway', 'Japan'][1 + i * 5 % 4] as destination_country,
    ['delivered', 'returned', 'waiting'][1 + i * 11 % 3] as status,
    round(1 + (i * 37 % 211) / 2.5, 1) as weight_kg,
    round(5 + (i * 53 % 307) / 1.5, 2) as freight_cost,
    timestamp '2025-09-03 08:00:00' + to_hours(i * 50) as shipped_at
from range(1, 121) t(i);
create table items as
select
    i as id,
    1 + i % 120 as shipment_id,
    'SKU' || (1 + i * 13 % 12) as sku,
    ['toys', 'books', 'tools'][1 + i * 3 % 7 % 3] as category,
    1 + i * 7 % 9 as quantity,
    round(1 + i * 11 % 50, 2) as unit_price
from range(1, 260) t(i);
"""
CARRIERS = "from shipments join carriers using (carrier_id)"
DEPOTS = "from shipments s join depots d on d.id = s.depot_id"
IN_MAY = "shipped_at >= '2026-05-01' and shipped_at < '2026-06-01'"
IN_APRIL = "shipped_at >= '2026-04-01' and shipped_at < '2026-05-01'"
QUESTIONS = {
    "how many shipments were returned": "select count(*) from shipments where status = 'returned'",
    "freight cost by carrier": f"select carrier_name, sum(freight_cost) {CARRIERS} group by 1",
    "average weight of returned shipments":
        "select avg(weight_kg) from shipments where status = 'returned'",
    "which carrier has the highest average freight cost":
        f"select carrier_name {CARRIERS} group by 1 order by avg(freight_cost) desc limit 1",
    "which depot has the most shipments": f"select name {DEPOTS} group by 1 order by count(*) desc limit 1",
    "shipments from North Hub": f"select s.* {DEPOTS} where name = 'North Hub'",
    "number of shipments of AirOne": f"select count(*) {CARRIERS} where carrier_name = 'AirOne'",
    "shipments to Spain last month":
        f"select * from shipments where destination_country = 'Spain' and {IN_APRIL}",
    "freight cost per month this year":
        "select date_trunc('month', shipped_at), sum(freight_cost) from shipments "
        "where year(shipped_at) = 2026 group by 1",
    "top 3 destination countries by freight cost":
        "select destination_country, sum(freight_cost) from shipments group by 1 order by 2 desc limit 3",
    "units sold by sku": "select sku, sum(quantity) from items group by 1",
    "how many different skus": "select count(distinct sku) from items",
    "items per shipment": "select shipment_id, count(*) from items group by 1",
    "average quantity per shipment": "select shipment_id, avg(quantity) from items group by 1",
    "what categories are there": "select distinct category from items",
    "5 heaviest shipments": "select * from shipments order by weight_kg desc limit 5",
    "cheapest shipment": "select * from shipments order by freight_cost limit 1",
    "the most expensive shipment to Italy":
        "select * from shipments where destination_country = 'Italy' order by freight_cost desc limit 1",
    "shipments heavier than 80 kg": "select * from shipments where weight_kg > 80",
    "how many shipments weigh less than 10 kg": "select count(*) from shipments where weight_kg < 10",
    "latest shipment": "select * from shipments order by shipped_at desc limit 1",
    "the 3 most recent shipments": "select * from shipments order by shipped_at desc limit 3",
    "first shipment of FastFreight":
        "select shipments.* from shipments join carriers using (carrier_id) "
        "where carrier_name = 'FastFreight' order by shipped_at limit 1",
    "percentage of returned shipments":
        "select count(*) filter (where status = 'returned') / count(*) from shipments",
    "what percentage of shipments were returned":
        "select count(*) filter (where status = 'returned') / count(*) from shipments",
    "percentage of returned shipments last month":
        f"select count(*) filter (where status = 'returned') / count(*) from shipments where {IN_APRIL}",
    "share of freight cost of FastFreight":
        "select sum(freight_cost) filter (where carrier_name = 'FastFreight') / sum(freight_cost) "
        f"{CARRIERS}",
    "share of shipments by status":
        "select status, count(*) / (select count(*) from shipments) from shipments group by 1",
    "median freight cost": "select median(freight_cost) from shipments",
    "median weight by carrier": f"select carrier_name, median(weight_kg) {CARRIERS} group by 1",
    "compare freight cost this month to last month":
        f"select sum(freight_cost) filter (where {IN_MAY}), sum(freight_cost) filter (where {IN_APRIL}) "
        "from shipments",
    "weight this month compared to last month":
        f"select sum(weight_kg) filter (where {IN_MAY}), sum(weight_kg) filter (where {IN_APRIL}) "
        "from shipments",
    "shipments this month vs last month":
        f"select count(*) filter (where {IN_MAY}), count(*) filter (where {IN_APRIL}) from shipments",
    "returned shipments by depot and carrier":
        f"select name, carrier_name, count(*) {DEPOTS} join carriers using (carrier_id) "
        "where status = 'returned' group by 1, 2",
    "depots without shipments": "select name from depots where id not in (select depot_id from shipments)",
}  # fmt: skip
FREIGHT = Domain(
    DDL,
    QUESTIONS,
    keys=(
        ("shipments", "depot_id", "depots", "id"),
        ("shipments", "carrier_id", "carriers", "carrier_id"),
        ("items", "shipment_id", "shipments", "id"),
    ),
    unanswerable=(
        "percentage of shipments with items of category toys",  # a shipment would count once for each item
        "share of freight cost",  # of what
        "freight cost by driver",
        "late shipments",
        "our best depots",
    ),
    answered=0.9,
)
