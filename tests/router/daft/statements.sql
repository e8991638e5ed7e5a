-- groups, joins and conditions that Daft does; each line must run there and answer as DuckDB does
select product, sum(qty * 2), sum(price * price), sum(-qty), sum(price + 1), sum(revenue * qty), sum(1 - price) from sales group by product
select ok, small, count(*), avg(price), avg(qty), min(revenue), max(price), min(region) from sales group by ok, small order by 3 desc, 2, 1 limit 3
select year(day) as y, month(moment) as m, count(*) as n from sales group by y, m order by y, m
select upper(product) || '!' as p, round(sum(revenue) / count(*), 2) as mean from sales where region <> 'eu' group by product having sum(revenue) > 100 order by mean desc limit 2
select product, rank() over (order by sum(revenue) desc) as r from sales group by product qualify r <= 3
select p.name, sum(s.qty) from sales s join products p on s.product = p.product where s.day >= date '2026-01-05' and p.qty < 4 group by p.name
select p.name, count(*) from sales s, products p where s.product = p.product and s.qty > p.qty group by all
select p.name, count(s.qty), sum(s.revenue) from products p left join sales s on s.product = p.product group by p.name
select p.name, count(s.qty) from products p left join sales s using (product) where p.qty > 1 group by p.name
select product, name, count(*) from sales join products using (product) group by product, name
select a.product, count(*) from sales a join sales b on a.product = b.product and a.day = b.day group by 1
select sum(case when region = 'eu' then revenue else 0 end), sum(case when ok then qty end), count(case when qty > 3 then 1 end) from sales
select case when qty > 4 then 'many' when qty > 2 then 'some' else 'few' end as k, count(*) from sales group by k
select count(*) from sales where region in ('eu', 'us') and product not in ('p1') and qty between 2 and 6 and not ok
select count(*) from sales where not (qty > 3 and region = 'eu')
select count(*) from sales where qty > 3 or region is null
select count(*) from sales where product like 'p%' and region not like '_u'
select count(*) from sales where revenue = 0
select count(*) from sales where revenue >= 0 and revenue < 10.25 and revenue <> 3
select count(*) from sales where price > 0.5 and price <= 1.25 and price <> qty
select count(*) from sales where moment > timestamp '2026-01-10' - interval 3 day and day < '2026-02-01'
select count(*), min(_seq), max(_seq), min(_time) from sales where _time >= timestamptz '2026-01-05 00:00:00+00' and _seq < 50
select distinct region, ok from sales where qty > 2 order by region nulls first, ok
select count(distinct region), count(distinct small), count(distinct day) from sales
select count(*) from sales where qty > 1000
select sum(qty), min(product), avg(revenue), count(*) from sales where product = 'nothing'
select product, sum(qty) from sales where product = 'nothing' group by product
select sum(qty) + 1, sum(qty) * sum(small), count(*) + count(qty) from sales
select product from sales group by product having count(*) > 11 and max(qty) > 2 order by max(revenue)
select count(*) filter (where qty > 2 and ok), sum(qty) filter (where region = 'eu'), max(day) filter (where small = 1) from sales
with t as (select product, sum(revenue) as r from sales group by product), u as (select max(r) as m from t) select t.product from t, u where t.r = u.m
select product, s / n from (select product, sum(revenue) as s, count(*) as n from sales where ok group by product) where n > 2
select count(*) from (select product from sales group by product)
select product, day, qty from sales where qty > 3 and region = 'eu' order by day
select name from products where product in (select product from sales group by product having sum(qty) > 40)
select _seq, product, revenue from sales where revenue > 20 order by revenue desc limit 3
select coalesce(region, 'none') as r, sum(coalesce(qty, 0)) from sales group by r
select sum(small * 1000000), sum(qty * 10 + small - 1) from sales
select count(1), count('x') from sales
select sum("Cost Total $"), count("Cost Total $") from sales group by ok
