-- Further ways: other words for a table or a column, scopes, shapes of rows, and steps of a plan.
WITH b AS (SELECT * FROM orders), orders AS (SELECT * FROM acme.orders) SELECT * FROM b
WITH b AS (SELECT * FROM secrets), secrets AS (SELECT 1 AS word) SELECT * FROM b
WITH RECURSIVE orders AS (SELECT * FROM orders) SELECT * FROM orders
WITH RECURSIVE orders AS (SELECT product FROM orders UNION ALL SELECT product FROM orders WHERE false) SELECT * FROM orders
SELECT * FROM (WITH orders AS (SELECT 1 AS one) SELECT * FROM orders) a, orders b
(WITH orders AS (SELECT 'a' AS product) SELECT product FROM orders) UNION ALL SELECT product FROM orders
WITH orders AS (WITH orders AS (SELECT * FROM orders) SELECT * FROM orders) SELECT * FROM orders
DESCRIBE orders
DESCRIBE SELECT * FROM orders
SUMMARIZE customers
WITH orders_as_of_1 AS (SELECT 'x' AS product) SELECT max(x.product) FROM orders AS OF SEQUENCE 60 o, orders_as_of_1 x
SELECT id FROM orders TABLESAMPLE reservoir(20 ROWS) REPEATABLE (7)
SELECT count(*) FROM orders TABLESAMPLE bernoulli(50%) REPEATABLE (3)
SELECT count(*) FROM orders TABLESAMPLE system(50%) REPEATABLE (3)
SELECT product FROM orders tags WHERE tags.id > 3
SELECT product FROM orders AS customer_id
SELECT product FROM orders AS customer_id WHERE customer_id.amount > 1
SELECT product FROM orders AS amount WHERE amount.customer_id = 8
SELECT product FROM (SELECT 7 AS customer_id) AS orders, acme.orders AS x
SELECT x.product FROM (SELECT 7 AS customer_id) AS orders, LATERAL (SELECT * FROM acme.orders) AS x
SELECT o.product FROM orders o, (SELECT '7' AS customer_id) AS o2 WHERE o2.customer_id = o.customer_id::VARCHAR OR true
SELECT count(*) FROM orders WHERE customer_id = 0.00000000000000000001
SELECT orders.* FROM customers AS orders
SELECT customers.* FROM orders AS customers
FROM orders SELECT max(product)
SELECT (FROM orders SELECT max(product))
SELECT * FROM orders ORDER BY ALL
SELECT product FROM orders GROUP BY ALL
SELECT unnest([product, note]) FROM orders
SELECT {'a': product, 'b': note} FROM orders
SELECT row(orders) FROM orders
SELECT orders::VARCHAR FROM orders
SELECT row_to_json(customers) FROM customers
SELECT json_object('a', ssn, 'b', salary) FROM customers
SELECT json_group_array(ssn) FROM customers
SELECT list_filter([ssn], lambda x: x LIKE '0%') FROM customers
SELECT list_reduce([ssn, email], lambda a, b: a || b) FROM customers
SELECT [x FOR x IN [ssn]] FROM customers
SELECT ssn FROM customers ORDER BY id LIMIT 3 OFFSET 2
SELECT any_value(ssn), first(ssn), last(ssn), mode(salary), bit_xor(salary) FROM customers
SELECT corr(salary, id), covar_pop(salary, id), regr_slope(salary, id) FROM customers
SELECT max_by(id, salary), min_by(name, salary, 2) FROM customers
SELECT sum(salary) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM customers
SELECT id FROM customers ORDER BY salary DESC NULLS LAST, ssn
SELECT DISTINCT ON (salary) id FROM customers ORDER BY salary, id
SELECT id FROM customers WHERE (ssn, id) IN (SELECT '003-K003', 3)
SELECT id FROM customers WHERE ssn = ANY (SELECT '003-K003')
SELECT id FROM customers WHERE salary >= ALL (SELECT 4000)
SELECT id FROM customers WHERE ssn SIMILAR TO '.*K.*'
SELECT id FROM customers WHERE ssn GLOB '*K*'
SELECT id FROM customers WHERE regexp_matches(ssn, 'K')
SELECT id FROM customers WHERE levenshtein(ssn, '003-K003') < 2
SELECT id FROM customers WHERE ssn COLLATE NOCASE = '003-k003'
SELECT ssn[1:5] FROM customers
SELECT customers['ssn'] FROM customers
SELECT "SSN" FROM customers
SELECT customers."ssn" FROM "Customers" customers
SELECT c."Salary" FROM customers c
SELECT * LIKE 'ss%' FROM customers
SELECT * SIMILAR TO 's.*' FROM customers
SELECT COLUMNS('s.*')::VARCHAR FROM customers
SELECT * RENAME (ssn AS id2) FROM customers
SELECT * REPLACE (upper(ssn) AS ssn) FROM customers
SELECT id, ssn AS s FROM customers WHERE s LIKE '%K%'
SELECT id, salary AS s FROM customers GROUP BY ALL HAVING s > 4000
SELECT s FROM (SELECT salary AS s, id FROM customers) WHERE s > 4000
SELECT CAST(ssn AS JSON) FROM customers
SELECT TRY_CAST(ssn AS INT) FROM customers
SELECT error(ssn) FROM customers LIMIT 1
SELECT CAST(error(ssn) AS INT) FROM customers
SELECT strptime(ssn, '%Y') FROM customers
SELECT list_extract([1], salary::BIGINT) FROM customers
SELECT repeat('x', salary::BIGINT) FROM customers
SELECT range(salary::BIGINT) FROM customers
SELECT * FROM range((SELECT max(salary)::BIGINT FROM customers))
SELECT * FROM generate_series(1, (SELECT count(*) FROM orders))
SELECT * FROM unnest((SELECT list(product) FROM orders))
SELECT * FROM customers, range(salary::BIGINT) LIMIT 3
SELECT id FROM customers LIMIT (SELECT max(salary) FROM customers)
SELECT id FROM orders LIMIT (SELECT count(*) FROM orders) OFFSET (SELECT min(id) FROM orders)
SELECT id FROM orders LIMIT 50 PERCENT
SELECT * FROM orders NATURAL JOIN (SELECT 'K1' AS product)
SELECT * FROM orders NATURAL LEFT JOIN customers
SELECT * FROM customers NATURAL JOIN (SELECT '003-K003' AS ssn)
SELECT * FROM customers JOIN (SELECT '003-K003' AS ssn) k USING (ssn)
SELECT * FROM customers a JOIN customers b USING (ssn)
SELECT a.id, b.id FROM customers a JOIN customers b USING (salary, ssn) WHERE a.id < b.id
SELECT ssn FROM customers a FULL JOIN (SELECT '003-K003' AS ssn) b USING (ssn)
SELECT k.v FROM (VALUES ('003-K003')) k(v) WHERE v NOT IN (SELECT ssn FROM customers)
SELECT k.v FROM (VALUES ('003-K003')) k(v) ANTI JOIN customers ON v = ssn
SELECT k.v FROM (VALUES ('K1')) k(v) SEMI JOIN orders ON v = product
SELECT id FROM (PIVOT customers ON ssn USING count(*) GROUP BY id)
PIVOT orders ON customer_id USING count(*)
PIVOT customers ON ssn IN ('003-K003') USING count(*) GROUP BY region
FROM customers UNPIVOT (v FOR n IN (ssn, email))
SELECT v FROM customers UNPIVOT INCLUDE NULLS (v FOR n IN (ssn))
SELECT id FROM staff WHERE staff.wage > 100
SELECT s FROM staff s
SELECT struct_extract(s, 'wage') FROM staff s
SELECT id FROM staff NATURAL JOIN (SELECT 101 AS wage)
SELECT id FROM staff JOIN (SELECT 101 AS wage) w USING (wage)
SELECT id FROM staff ORDER BY staff.wage
SELECT * EXCLUDE (id) FROM staff
SELECT EXISTS (SELECT wage FROM staff WHERE wage = 101)
SELECT (SELECT wage FROM (SELECT 101 AS wage) q WHERE EXISTS (SELECT 1 FROM staff WHERE wage = 101))
SELECT q.wage FROM (SELECT 101 AS wage) q, LATERAL (SELECT wage FROM staff) s
SELECT id FROM staff s WHERE EXISTS (SELECT 1 FROM (SELECT 101 AS wage) q WHERE s.wage = q.wage)
SELECT * FROM (SELECT 101 AS wage) staff, acme.staff AS s WHERE s.wage = 101
SELECT _id FROM staff
SELECT _seq, _time FROM staff
SELECT _time FROM customers
SELECT date_part('year', _time) FROM customers
SELECT max(_time) OVER () FROM customers
SELECT count(*) FROM customers WHERE _time < TIMESTAMPTZ '1975-01-01'
SELECT id FROM customers ORDER BY _time
SELECT * FROM customers WHERE born IS NOT NULL
SELECT age(born) FROM customers
SELECT near FROM visits
SELECT list_sum(near::FLOAT[]) FROM visits
SELECT id FROM visits WHERE place = 'closed' ORDER BY near <=> [3.0, 0.0, 1.0, 0.5] LIMIT 2
SELECT * FROM totals ORDER BY 1
SELECT x.total FROM acme.totals x, customers
EXPLAIN SELECT * FROM orders WHERE product = 'K1'
EXPLAIN ANALYZE SELECT * FROM orders WHERE product = 'K1'
SELECT/*;*/* FROM secrets
TABLE secrets
VALUES ((SELECT max(word) FROM secrets))
SELECT * FROM orders FOR VERSION AS OF 1
SELECT count(*) FROM orders AT (VERSION => 1)
SELECT count(*) FROM orders AT (TIMESTAMP => TIMESTAMP '2026-05-01 12:00:50')
SELECT * FROM (SELECT * FROM orders AS OF SEQUENCE 50) o WHERE product LIKE 'K%'
SELECT product FROM orders WHERE customer_id = (SELECT 8)
SELECT product FROM orders WHERE _stream IS NULL AND _tier = 'warm'
SELECT count(*) FROM orders GROUP BY _tier
SELECT min(_recorded_at), max(_recorded_at) FROM orders
SELECT product FROM orders WHERE hash(product) % 2 = 0
SELECT sum(CASE WHEN product LIKE 'K%' THEN 1 ELSE 0 END) FROM orders
SELECT grouping(product), product, count(*) FROM orders GROUP BY ROLLUP (product)
SELECT product, count(*) FROM orders GROUP BY GROUPING SETS ((product), ())
SELECT count(*) FILTER (product LIKE 'K%') FROM orders
SELECT day FROM orders WHERE day BETWEEN '2026-05-01' AND '2026-09-01'
SELECT o.id FROM orders o ASOF JOIN customers c ON o.id >= c.id
SELECT c.id, o.product FROM customers c ASOF LEFT JOIN orders o ON c.id >= o.id
SELECT lead(product, 1, 'none') OVER (ORDER BY id) FROM orders
SELECT product FROM orders QUALIFY count(*) OVER () > 8
