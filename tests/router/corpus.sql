-- selecting
select * from sales
select product, qty from sales
select s.* from sales s
select sales.product, sales.qty from sales
select * exclude (tags, place, doc) from sales
select * exclude tags from sales
select * replace (qty + 1 as qty) from sales
select * exclude (doc) replace (upper(product) as product) from sales
select * rename (qty as quantity) from sales
select columns('.*qty.*') from sales
select columns(* exclude (tags, place, doc, moment)) from sales
select columns(lambda c: c like 're%') from sales
select min(columns(['qty', 'revenue'])) from sales
select count(columns(*)) from sales
select sum(columns('qty|revenue')) from sales
select "Cost Total $", "Cost Total $" * 2 as "twice the $" from sales
select distinct product from sales
select distinct on (product) product, revenue from sales order by product, revenue
select product as p, qty as q from sales where q > 3
select 1 as one, product from sales limit 0
select count(*) from sales
select count(*), count(qty), count(distinct product) from sales
select sales from products as sales order by sales.product
select p from products p order by p.product
select SALES.Product from Sales order by 1
select "Product" from "SALES" order by 1
-- from first, values, table functions
from sales
from sales select product, qty order by "Cost Total $"
from sales select count(*) where qty > 5
values (1, 'a'), (2, 'b')
select * from (values (1, 'a'), (2, 'b')) v(n, t)
select * from range(5) r(n)
select n, product from range(3) r(n) join products on product = 'p' || n
select * from generate_series(1, 3)
select unnest([1, 2, 3]) as n
select product, unnest(tags) as tag from sales
select product, t.tag from sales, unnest(tags) t(tag)
select unnest(place) from sales
table products
-- where
select * from sales where product = 'p1' and qty between 2 and 5
select * from sales where qty in (1, 2, 3) or region is null
select * from sales where qty not in (1, 2, 3)
select * from sales where region = 'Ünlü'
select * from sales where region > 'eu'
select * from sales where region ilike 'E%'
select * from sales where product like 'p%' and product not like '%3'
select * from sales where product similar to 'p[12]'
select * from sales where regexp_matches(product, '[34]$')
select * from sales where ok and not qty > 3
select * from sales where revenue > 1.25 and revenue < 2e1
select * from sales where revenue = 3
select * from sales where price = 1.25
select * from sales where price >= 1
select * from sales where small = 3::double
select * from sales where qty < 2.5
select * from sales where qty = '4'
select * from sales where day = '2026-01-05'
select * from sales where day >= date '2026-01-10' and day < date '2026-01-12'
select * from sales where day < timestamp '2026-01-04 12:00:00'
select * from sales where moment >= '2026-01-10 12:00:00'
select * from sales where moment >= '2026-01-10'
select * from sales where moment::date = date '2026-01-08'
select * from sales where cast(moment as date) between '2026-01-08' and '2026-01-09'
select * from sales where date_trunc('month', moment) = '2026-01-01'
select * from sales where date_trunc('week', moment) = date '2026-01-05'
select * from sales where date_trunc('day', day) > '2026-01-15'
select * from sales where year(moment) = 2026 and month(day) = 1
select * from sales where extract(year from day) = 2025
select * from sales where moment > timestamp '2026-01-10' - interval 3 day
select * from sales where moment between timestamp '2026-01-03' and timestamp '2026-01-03' + interval '36 hours'
select * from sales where moment > timestamptz '2026-01-12 00:00:00+02'
select * from sales where '2026-01-09' < day
select * from sales where (qty, product) = (1, 'p1')
select * from sales where place.city = 'c1' and place.zip > 20
select * from sales where tags[1] = 't1'
select * from sales where list_contains(tags, 't2')
select * from sales where qty is distinct from 3
select * from sales where coalesce(qty, -1) = -1
select * from sales where case when ok then qty else -qty end < 0
-- aggregates
select product, sum(qty), avg(revenue), min(day), max(moment) from sales group by product
select product, region, sum(revenue) from sales group by all
select product, count(*) filter (where ok) from sales group by 1 having count(*) > 3
select region, product, sum(qty) from sales group by rollup (region, product)
select region, product, sum(qty) from sales group by cube (region, product)
select region, product, sum(qty), grouping(region) from sales group by grouping sets ((region), (product), ())
select string_agg(product, ',' order by "Cost Total $") from sales
select list(qty order by qty desc nulls last) from sales
select arg_max(product, revenue), arg_min(product, revenue) from sales
select product, quantile_cont(revenue, [0.25, 0.5]) from sales group by product
select histogram(small) from sales
select median(small), median(qty), stddev(revenue) from sales
select bool_and(ok), bool_or(ok), bit_xor(small) from sales
select sum(distinct qty) from sales
select first(product order by "Cost Total $"), last(product order by "Cost Total $") from sales
select count_if(qty > 3), sum(price) from sales
-- windows
select "Cost Total $", row_number() over (order by "Cost Total $") from sales order by 1
select product, qty, rank() over (partition by product order by revenue desc) as r from sales qualify r = 1
select product, sum(revenue) over w from sales window w as (partition by product order by "Cost Total $")
select "Cost Total $", lag(qty, 2) over (order by "Cost Total $") as before from sales order by 1
select "Cost Total $", avg(revenue) over (order by "Cost Total $" rows between 2 preceding and current row) from sales
select product, ntile(3) over (order by "Cost Total $") from sales
select moment, count(*) over (order by moment range between interval 1 day preceding and current row) from sales
select product, first_value(qty ignore nulls) over (partition by product order by moment) from sales
-- joins
select s.product, p.name from sales s join products p on s.product = p.product
select product, name from sales join products using (product)
select * from products natural join (select distinct product from sales)
select p.product, count(s.qty) from products p left join sales s on s.product = p.product and s.qty > 4 group by 1
select p.product, s.qty from products p left join sales s on s.product = p.product where s.qty > 4
select p.product, s.qty from sales s right join products p on s.product = p.product and s.day > '2026-01-10'
select p.product, s.qty from products p full join sales s on s.product = p.product and p.product = 'p1'
select name from products p semi join sales s on s.product = p.product and s.qty = 8
select name from products p anti join sales s on s.product = p.product and s.day > '2026-01-02'
select name from products p anti join sales s on s.product = p.product and p.name = 'Product 1'
select a.product, b.product from products a, products b where a.qty < b.qty
select a.product from products a cross join products b
select s.product, s.day, p.name from sales s asof join (select product, name, date '2026-01-05' as since from products) p on s.product = p.product and s.day >= p.since
select a."Cost Total $", b.moment from sales a asof left join sales b on a.product = b.product and a.moment > b.moment where b.qty > 3
select * from (select product from products) positional join (select name from products)
select s.product, l.total from products s, lateral (select sum(qty) as total from sales where sales.product = s.product) l
select a.product, b.qty from sales a join sales b on a."Cost Total $" = b."Cost Total $" + 1 where a.qty > 3 and b.day < '2026-01-12'
-- subqueries
select product from sales where qty = (select max(qty) from sales)
select product, (select name from products p where p.product = s.product) as name from sales s
select * from products where exists (select 1 from sales where sales.product = products.product and qty > 7)
select * from products where not exists (select 1 from sales where sales.product = products.product)
select * from products where product in (select product from sales where day > '2026-01-15')
select * from products where qty > all (select small from sales)
select * from (select product, sum(qty) as total from sales group by product) where total > 20
select (select count(*) from sales) as n, (select count(*) from products) as m
select array(select product from products order by product) as all_products
-- common tables
with top as (select product, sum(revenue) as r from sales group by 1) select * from top order by r desc limit 2
with sales as (select * from sales where qty > 5) select count(*) from sales
with a as (select 1 as n), b as (select n + 1 as n from a) select * from a union all select * from b
with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select * from r
with recursive sales2 as (select min("Cost Total $") as c from sales union all select c + 20 from sales2 where c < 50) select * from sales2
with x as materialized (select * from products) select count(*) from x a join x b using (product)
with products as (select 'z' as product) select * from products
select * from (with s as (select product from sales) select distinct product from s)
-- set operations
select product from sales union select product from products
select product from sales union all select product from products
select product from products except select product from sales
select product from products intersect select product from sales where qty = 1
select product, qty from sales union all by name select qty, product from products
(select product from sales limit 0) union all (select name from products)
-- pivots
pivot sales on product using sum(qty) group by region
pivot sales on product in ('p1', 'p2') using sum(qty), count(*) group by ok
pivot (select product, region, qty from sales) on region using max(qty)
select * from (pivot (select product, ok, qty from sales) on ok using sum(qty))
unpivot (select product, qty, small from sales) on qty, small into name kind value amount
select * from (select product, qty, small from products join (select 1 as small) on true) unpivot (v for k in (qty, small))
-- nested types, json, lambdas
select [x * 2 for x in [1, 2, 3] if x > 1] as doubled
select list_transform(tags, lambda t: upper(t)) as up from sales
select [t || '!' for t in tags] as loud from sales
select list_filter([1, 2, 3], lambda x: x > small) as above from sales
select list_reduce([1, 2, 3], lambda a, b: a + b) as total
select doc->'$.k' as k, doc->>'k' as t, doc->'l'->1 as l from sales
select json_extract(doc, '$.k')::int as k from sales where json_extract(doc, '$.k')::int > 50
select place.city, place['zip'], struct_extract(place, 'zip') from sales
select {'a': qty, 'b': [small]} as made, struct_pack(x := qty) from sales
select map {'a': 1}['a'] as m, map_keys(map {'b': 2}) as keys
select tags[1:1], tags[-1], len(tags) from sales
select row(1, 'a') as r, (1, 2) as pair
-- expressions
select upper(product) || '-' || coalesce(region, '?') as label from sales
select case product when 'p1' then 'one' else 'other' end as c from sales
select qty::varchar, try_cast(product as int), cast(day as timestamp) from sales
select day + interval 1 month, moment - interval '2 days', date_diff('day', day, date '2026-02-01') from sales
select strftime(moment, '%Y-%m') as month, dayname(day), epoch(moment) from sales
select round(revenue, 0), floor(revenue), revenue // 2, qty % 3, 2 ** 3, -qty from sales
select greatest(qty, small), least(qty, small), nullif(qty, 3), ifnull(qty, 0) from sales
select product collate nocase = 'P1' as same from sales
select $$dollar 'quoted'$$ as d, E'tab\tx' as e, 'it''s' as q -- a comment with 'quotes'
select /* from nowhere */ product /* select /* nested */ */ from sales
select 1_000 as thousand, 1e3 as e, .5 as half, 12345678901234567890 as big
select moment at time zone 'Europe/Berlin' from sales
select if(ok, 1, 0), xor(1, 3), hash(product) is not null from sales
select 'a' < 'B', 'ü' > 'z', null = null, not null
-- ordering and limits
select product, "Cost Total $" from sales order by product desc, "Cost Total $" limit 5
select product, "Cost Total $" from sales order by 2 limit 5 offset 3
select region, "Cost Total $" from sales order by region nulls first, 2
select region, "Cost Total $" from sales order by all
select "Cost Total $" from sales order by moment desc limit 10
select "Cost Total $" from sales where qty > 2 order by day desc, 1 limit 4
select "Cost Total $" as c from sales order by -c limit 3
select count(*) from sales using sample 100%
select count(*) from sales tablesample 100%
select * from sales order by "Cost Total $" limit 50%
-- describing
describe products
describe select product, qty + 1 as q from products
summarize products
