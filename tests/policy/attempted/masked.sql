-- Ways to a masked column of customers: {column}, compared with a {value} that one of the worlds holds.
SELECT {column} FROM customers
SELECT id FROM customers WHERE {column} = {value}
SELECT id FROM customers WHERE {column} > {value}
SELECT id FROM customers ORDER BY {column}, id LIMIT 5
SELECT first(id ORDER BY {column}) FROM customers
SELECT max({column}), min({column}) FROM customers
SELECT count(DISTINCT {column}) FILTER (WHERE {column} < {value}) FROM customers
SELECT {column}, count(*) FROM customers GROUP BY ALL
SELECT DISTINCT {column} FROM customers
SELECT arg_max(id, {column}) FROM customers
SELECT list({column} ORDER BY id) FROM customers
SELECT string_agg({column}::VARCHAR, ',' ORDER BY id) FROM customers
SELECT id, rank() OVER (ORDER BY {column}) FROM customers
SELECT lag({column}) OVER (ORDER BY id) FROM customers
SELECT c.id FROM customers c JOIN (SELECT {value} AS v) k ON c.{column} = k.v
SELECT a.id, b.id FROM customers a JOIN customers b ON a.{column} < b.{column} AND a.id < b.id
SELECT id FROM customers WHERE {column} IN (SELECT {value})
SELECT {column} FROM customers UNION SELECT {value}
SELECT {column} FROM customers EXCEPT SELECT {value}
SELECT {value} INTERSECT SELECT {column} FROM customers
SELECT (SELECT {column} FROM customers i WHERE i.id = o.id) FROM customers o ORDER BY 1
SELECT id FROM customers o WHERE EXISTS (SELECT 1 FROM customers i WHERE i.{column} > o.{column})
WITH customers AS (SELECT * FROM acme.customers) SELECT {column} FROM customers
WITH x AS MATERIALIZED (SELECT {column} AS v, id FROM customers) SELECT id FROM x WHERE v = {value}
WITH RECURSIVE r AS (SELECT 0 AS n, 'none' AS v UNION ALL SELECT n + 1, (SELECT {column}::VARCHAR FROM customers WHERE id = n) FROM r WHERE n < 5) SELECT v FROM r
SELECT x.{column} FROM customers AS x
SELECT "acme"."customers"."{column}" FROM "acme"."customers"
SELECT {COLUMN} FROM CUSTOMERS
SELECT COLUMNS('{column}') FROM customers
SELECT COLUMNS(lambda c: c = '{column}') FROM customers
SELECT v FROM (UNPIVOT (SELECT {column} FROM customers) ON {column} INTO NAME n VALUE v)
PIVOT customers ON region USING max({column}) GROUP BY id
SELECT customers.{column} FROM customers, LATERAL (SELECT customers.{column} AS l) q
SELECT to_json(customers)::VARCHAR FROM customers WHERE {column} = {value}
SELECT struct_extract(customers, '{column}') FROM customers
SELECT hash({column}) FROM customers
SELECT CASE WHEN {column} = {value} THEN error('found') ELSE 'no' END FROM customers
SELECT id FROM customers QUALIFY row_number() OVER (ORDER BY {column} DESC) <= 3
SELECT region, max({column}) FROM customers GROUP BY region HAVING max({column}) > {value}
SELECT {column} FROM customers AS OF TIMESTAMP '2026-05-01 12:00:50'
SELECT {column} FROM customers AS OF SEQUENCE 12
SELECT {column} FROM customers TABLESAMPLE 100%
SELECT a.{column} FROM customers a POSITIONAL JOIN customers b
SELECT {column} AS id FROM customers ORDER BY id
SELECT b.{column} FROM (SELECT * FROM customers) b
SELECT * FROM customers c(a, b, c, d, e, f, g, h) WHERE '{column}' = '{column}'
SELECT histogram({column}) FROM customers
SELECT approx_count_distinct({column}) + max(id) FROM customers WHERE {column} >= {value}
SELECT quantile_disc({column}, 0.5) FROM customers
SELECT id FROM customers WHERE {column}::VARCHAR LIKE '%K%' OR {column}::VARCHAR LIKE '%500%' OR {column}::VARCHAR LIKE '%-02-%'
SUMMARIZE SELECT {column} FROM customers
