-- each line is parted: shards compute, the answers are merged
select count(*) from sales
select count(*), count(qty), sum(qty), min(qty), max(qty), avg(qty) from sales
select sum(small), sum(revenue), sum(price), sum(ok::int), avg(small), avg(revenue), avg(price) from sales
select min(product), max(region), min(day), max(moment), min(ok), max(price), min("Cost Total $") from sales
select bool_and(ok), bool_or(ok), bool_and(qty > 3), bool_or(qty > 300) from sales
select count(*) filter (where ok), sum(qty) filter (where qty > 3), avg(qty) filter (where product = 'p1') from sales
select sum(qty) filter (where qty > 300), avg(qty) filter (where qty > 300), count(qty) filter (where qty > 300) from sales
select product, count(*) from sales group by product
select product, region, count(*) as n, sum(qty) as q from sales group by product, region
select product, count(*) from sales group by all
select count(*), product from sales group by all order by all
select product from sales group by product
select region from sales group by 1
select product as p, sum(qty) from sales group by p
select upper(product) as u, sum(qty) from sales group by upper(product)
select upper(product), lower(region), sum(qty) from sales group by product, region
select date_trunc('week', day) as week, count(*) from sales group by week order by week
select year(day) as y, month(day) as m, sum(revenue) from sales group by 1, 2 order by y, m desc
select qty % 3 as third, avg(revenue) from sales group by qty % 3
select qty % 3 = 1, count(*) from sales group by qty % 3
select s.product, sum(s.qty) from sales s group by s.product
select s.product, sum(qty) from sales as s group by product order by s.product
select sales.product, sum(sales.qty) from sales group by product
select Product, SUM(QTY) from SALES group by PRODUCT
select product, sum(qty) from sales where qty > 2 group by product having sum(qty) > 10
select product, sum(qty) as q from sales group by product having q > 10 and count(*) > 2
select product from sales group by product having avg(revenue) > 14 order by avg(revenue)
select product, sum(qty) from sales group by product order by sum(qty) desc, product limit 3
select product, sum(qty) as q from sales group by product order by q desc, 1 limit 2 offset 1
select product, sum(qty) as q from sales group by product order by -q, product
select product, sum(qty) as q from sales group by product order by product desc nulls last
select region, count(*) from sales group by region order by region nulls first
select sum(qty) as product, product as p from sales group by p order by p
select max(qty) as m, product from sales group by product order by product
select sum(qty) * 2 + count(*) as x, sum(qty) / count(*), round(avg(revenue), 2) from sales
select product || '-' || count(*) as label from sales group by product order by label
select case when count(*) > 10 then 'many' else 'few' end as size, product from sales group by product order by 2
select sum(qty) as s, s * 2 as twice from sales
select coalesce(region, '?') as r, count(*) from sales group by coalesce(region, '?') order by r
select coalesce(sum(qty), 0) from sales where product = 'nothing'
select count(*), sum(qty), min(day), avg(price) from sales where product = 'nothing'
select product, count(*) from sales where product = 'nothing' group by product
select product, count(*) from sales where product = 'p1' group by product
select count(*) from sales where product in ('p1', 'p3') and region is not null
select distinct count(*) from sales group by product
select place.city, count(*) from sales group by place.city order by 1
select place, count(*) from sales group by place order by place limit 4
select tags, count(*) from sales group by tags
select doc->>'k' as k, count(*) from sales group by k order by k limit 3
select min(doc->>'k'), max(tags), max(place) from sales
select count(*) as n from sales having count(*) > 5
select count(*) as n from sales having count(*) > 500
select 1 as one, count(*) from sales
select 'x' as x, product, count(*) from sales group by all order by product
select _tier is not null as t, count(*) from sales group by 1
select min(_time), max(_time), count(_stream) from sales
select count(*) from sales where day > current_date
select sum(2 * qty + 1), max(abs(-qty)), count(nullif(qty, 3)) from sales
select sum(case when ok then revenue else 0 end) as income, sum(price * (1 - 0.1)) from sales
select ok, small, avg(qty), sum(price), count(*) from sales where day <= date '2026-01-20' group by ok, small order by ok, small
select sum(qty), sum(qty), sum(sales.qty) from sales
select sum(9223372036854775807) from sales
from sales select count(*)
select mean(qty) from sales
select count() from sales
