-- what stays with DuckDB, and what EXPLAIN says of it
select product, qty from sales qualify row_number() over (partition by product order by qty) = 1 | QUALIFY
select product, qty, sum(qty) over (partition by product) from sales where qty > 1 | a window over rows
select * from sales | rows without a condition, which DuckDB would have to fetch
select region, product, sum(qty) from sales group by rollup (region, product) | several groupings at once
select product, median(qty) from sales group by product | a function of `qty` over groups
select sum(distinct qty) from sales | sum(DISTINCT)
select string_agg(product, ','), count(*) from sales | a function of `product` over groups
select revenue, count(*) from sales group by revenue | groups by a DOUBLE
select count(*) from sales where upper(product) = 'P1' | upper() as DuckDB means it
select count(*) from sales where qty // 2 = 1 | //() as DuckDB means it
select count(*) from sales where qty / small > 1 | a division by what may be zero
select count(*) from sales a, sales b where a.qty < b.qty | a join without an equality
select count(*) from products p right join sales s on s.product = p.product | RIGHT joins
select count(*) from products p left join sales s on s.product = p.product and s.qty > 4 | an outer join on more than equalities
select count(*) from sales s semi join products p on p.product = s.product | SEMI joins
select count(*) from sales where product in (select product from products) | rows without a condition, which DuckDB would have to fetch; a subquery within an expression
select count(*) from sales tablesample 100% | samples and renamed columns
select count(*) from sales where date_trunc('month', moment) = '2026-01-01' | date_trunc() as DuckDB means it
select count(*) from sales where revenue = price | a comparison of a DOUBLE with an exact number
select sum(_seq * 9223372036854775807) from sales where _seq < 1 | a check that `*` stays within BIGINT
select count(*) from sales where _tier = 'hot' | the column `_tier`
select max(tags) from sales | the type VARCHAR[]
select count(*) from sales where product like 'p\_1' escape '\' | like_escape() as DuckDB means it
select 1 + 1 as two | nothing to read
