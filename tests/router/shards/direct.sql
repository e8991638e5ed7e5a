-- none of these is parted: another way would give another answer, or another error
select * from sales
select product from sales where qty = 3
select distinct product from sales
select count(distinct product) from sales
select sum(distinct qty) from sales
select median(qty) from sales
select product, median(qty), count(*) from sales group by product
select string_agg(product, ',' order by "Cost Total $") from sales
select list(qty order by qty) from sales
select product, list(product) from sales group by product
select region, sum(qty) from sales group by rollup (region)
select region, sum(qty) from sales group by cube (region, product)
select product, sum(qty), row_number() over (order by sum(qty), product) from sales group by product
select product, sum(qty) from sales group by product qualify row_number() over (order by product) = 1
select count(*) from sales where qty = (select max(qty) from sales)
select count(*) from sales s join products p using (product)
select count(*) from sales, products
select count(*) from (select * from sales)
with s as (select * from sales) select count(*) from s
select count(*) from sales union all select count(*) from products
select count(*) from sales using sample 100%
select count(columns(*)) from sales
select min(columns(['qty', 'revenue'])) from sales
select count(sales) from sales
select min(qty, 2) from sales
select acme.sales.product, count(*) from acme.sales group by 1
select max(small) as qty, count(*) from sales group by qty order by qty + 1, 1, 2
select arg_max(product, revenue) from sales
select first(product order by "Cost Total $") from sales
select sum(qty order by day) from sales
select count(*), random() > 2 from sales
select distinct on (product) product, count(*) from sales group by product, region order by product, 2
select count(*) from sales as t(a, b)
pivot sales on product in ('p1', 'p2') using sum(qty) group by ok
