-- Ways to rows, tables and columns that a policy hides.
SELECT * FROM orders
SELECT count(*) FROM orders WHERE product LIKE 'K%'
SELECT sum(amount) FROM orders
SELECT DISTINCT product FROM orders
SELECT DISTINCT customer_id FROM orders
SELECT max(amount), min(amount), avg(amount), stddev(amount) FROM orders
SELECT product, count(*) FROM orders GROUP BY 1
SELECT product FROM orders ORDER BY amount DESC LIMIT 3
SELECT * FROM orders WHERE customer_id <> 7
SELECT * FROM orders WHERE customer_id = 7 OR true
SELECT * FROM orders WHERE 1 = 1 OR customer_id = 8 -- and
SELECT * FROM orders o WHERE true OR (o.customer_id = 7)
SELECT * FROM orders JOIN customers ON true WHERE orders.id < 5
SELECT c.id, o.amount FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
SELECT c.id, o.amount FROM orders o RIGHT JOIN customers c ON o.customer_id = c.id
SELECT c.id, o.amount FROM customers c FULL JOIN orders o ON o.customer_id = c.id
SELECT c.id FROM customers c ANTI JOIN orders o ON o.customer_id = c.id
SELECT c.id FROM customers c SEMI JOIN orders o ON o.customer_id = c.id
SELECT c.id FROM customers c WHERE c.id NOT IN (SELECT customer_id FROM orders)
SELECT c.id, (SELECT sum(amount) FROM orders o WHERE o.customer_id = c.id) FROM customers c
SELECT c.id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
SELECT id FROM orders UNION ALL SELECT customer_id FROM orders
SELECT id, product FROM orders EXCEPT SELECT id, 'tea' FROM orders
SELECT product FROM orders INTERSECT SELECT 'K1'
WITH orders AS (SELECT * FROM orders) SELECT * FROM orders
WITH orders AS (SELECT * FROM acme.orders) SELECT sum(amount) FROM orders
WITH members AS (SELECT 3 AS id, 'priya' AS who) SELECT * FROM orders
WITH t AS (SELECT 7 AS customer_id) SELECT o.* FROM t, LATERAL (SELECT * FROM orders) o
SELECT o.product FROM (SELECT 7 AS customer_id) x, orders o
SELECT 7 AS customer_id, product FROM orders
SELECT '7' AS customer_id, product FROM orders WHERE customer_id = '8'
SELECT product FROM orders AS x(id, cid, amount, customer_id, product, day, tags)
SELECT product FROM orders GROUP BY product HAVING count(*) > 1
SELECT product FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY id) = 1
SELECT row_number() OVER (ORDER BY amount), product FROM orders
SELECT count(*) OVER () FROM orders LIMIT 1
SELECT ntile(3) OVER (ORDER BY amount), id FROM orders
SELECT list(product ORDER BY id) FROM orders
SELECT string_agg(note, '|' ORDER BY id) FROM orders
SELECT histogram(product) FROM orders
SELECT approx_quantile(amount, 0.5) FROM orders
SELECT median(amount), mode(product) FROM orders
SELECT unnest(tags) FROM orders
SELECT list_concat(tags, [product]) FROM orders
SELECT orders FROM orders
SELECT to_json(orders)::VARCHAR FROM orders
SELECT COLUMNS(*) FROM orders
SELECT min(COLUMNS(*)) FROM (SELECT product, note FROM orders)
SELECT * REPLACE (7 AS customer_id) FROM orders
SELECT * EXCLUDE (customer_id) FROM orders
PIVOT orders ON product USING sum(amount) GROUP BY customer_id
UNPIVOT (SELECT id::VARCHAR AS i, product FROM orders) ON i, product INTO NAME k VALUE v
SELECT * FROM orders TABLESAMPLE 100%
SELECT * FROM orders USING SAMPLE 100%
SUMMARIZE SELECT * FROM orders
SUMMARIZE orders
TABLE orders
SELECT * FROM orders POSITIONAL JOIN customers
SELECT a.id, b.product FROM customers a ASOF JOIN orders b ON a.id >= b.id
SELECT * FROM orders CROSS JOIN (SELECT 1)
SELECT * FROM orders NATURAL JOIN (SELECT 8 AS customer_id)
SELECT * FROM orders JOIN (SELECT 8 AS customer_id) USING (customer_id)
SELECT * FROM (SELECT 8 AS customer_id) JOIN orders USING (customer_id)
SELECT product FROM orders ORDER BY (SELECT max(amount) FROM orders) - amount LIMIT 2
SELECT (SELECT count(*) FROM orders), 1
SELECT CASE WHEN (SELECT count(*) FROM orders WHERE product = 'K1') > 0 THEN 'yes' ELSE 'no' END
SELECT list_transform(tags, lambda t: t || product) FROM orders
VALUES ((SELECT max(product) FROM orders))
FROM orders
FROM orders WHERE amount > 10
SELECT _seq, product FROM orders WHERE _seq < 100
SELECT product FROM orders WHERE _tier = 'hot'
SELECT max(_seq), any_value(product ORDER BY id) FROM orders
SELECT * FROM orders AS OF TIMESTAMP '2026-05-01 12:00:50'
SELECT sum(amount) FROM orders FOR SYSTEM_TIME AS OF TIMESTAMP '2026-05-01 12:00:50'
SELECT sum(amount) FROM orders AS OF SEQUENCE 60
SELECT sum(amount) FROM orders VERSION AS OF 1
SELECT sum(a.amount), sum(b.amount) FROM orders AS OF SEQUENCE 50 a, orders b
SELECT * FROM acme.orders
SELECT * FROM "ORDERS"
SELECT * FROM "acme"."Orders" AS "orders"
SELECT/**/*/**/FROM/**/orders
SELECT * FROM orders;
SELECT * FROM notes
SELECT count(*), max(body) FROM notes
SELECT body FROM notes WHERE customer_id = 3
WITH members AS (SELECT 3 AS id, 'priya' AS who) SELECT * FROM notes
WITH members(id, who) AS (VALUES (1, 'priya'), (2, 'priya')) SELECT body FROM acme.notes
SELECT n.body FROM notes n, (SELECT 3 AS id, 'priya' AS who) members
SELECT body FROM notes WHERE customer_id IN (SELECT id FROM customers)
SELECT * FROM totals
SELECT sum(total) FROM acme.totals
SELECT * FROM secrets
SELECT count(*) FROM secrets WHERE word LIKE 'secretK%'
SELECT c.id FROM customers c JOIN secrets s USING (id)
SELECT (SELECT max(word) FROM secrets)
WITH s AS (SELECT * FROM secrets) SELECT 1 FROM s WHERE word = 'secretK1'
SELECT wage FROM staff
SELECT * FROM staff WHERE wage > 100
SELECT id FROM staff ORDER BY wage DESC
SELECT sum(staff.wage) FROM staff
SELECT max(s.wage) FROM staff s
SELECT to_json(staff)::VARCHAR FROM staff
SELECT staff.* FROM staff
SELECT COLUMNS('wage') FROM staff
SELECT a.id FROM staff a JOIN staff b ON a.wage < b.wage AND b.wage > 101
SELECT * FROM staff AS OF SEQUENCE 78
SELECT place, words FROM visits
SELECT sum(weight) FROM visits WHERE place = 'open'
SELECT first(id ORDER BY near[2], id) FROM visits
SELECT words FROM visits ORDER BY array_distance(near, [3.0, 0.0, 1.0, 0.5]) LIMIT 3
SELECT id, near <-> [3.0, 0.0, 1.0, 0.5] FROM visits ORDER BY 2 LIMIT 3
SELECT id FROM visits WHERE near <=> [3.0, 0.0, 1.0, 0.5] < 0.001
SELECT min(array_distance(near, [3.0, 0.0, 1.0, 0.5])) FROM visits
