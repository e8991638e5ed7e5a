-- Errors that would quote a value, or come only if a hidden row is as guessed. No row may decide whether they come.
SELECT note::INT FROM orders
SELECT count(*) FROM orders WHERE note::INT > 0
SELECT count(*) FROM orders WHERE CAST(note AS INTEGER) > 0 AND id > 0
SELECT note::INT FROM orders WHERE id > 3 AND id < 9
SELECT count(*) FROM orders WHERE note::HUGEINT + 1 > 5
SELECT count(*) FROM orders WHERE 1 / (amount - 26) > 0 AND product LIKE '%K%'
SELECT count(*) FROM orders WHERE CASE WHEN product LIKE 'K%' THEN error(note) ELSE 'a' END = 'a'
SELECT count(*) FROM orders WHERE if(product LIKE 'K%', error('hit'), true)
SELECT * FROM (SELECT note::INT AS n FROM orders) WHERE n > 3
WITH x AS (SELECT note::INT AS n FROM orders) SELECT * FROM x WHERE n > 3
SELECT * FROM orders o JOIN customers c ON o.note::INT = c.id
SELECT * FROM orders o JOIN customers c ON o.note = c.id
SELECT count(*) FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.id = o.note::INT)
SELECT count(*) FROM orders WHERE id IN (SELECT note::INT FROM orders)
SELECT product FROM orders GROUP BY product, note HAVING note::INT > 3
SELECT product FROM orders QUALIFY row_number() OVER (PARTITION BY note::INT) = 1
SELECT strptime(note, '%d') FROM orders
SELECT count(*) FROM orders WHERE strptime(note, '%d') IS NOT NULL
SELECT count(*) FROM orders WHERE regexp_matches('a', tags[1] || '(') AND product LIKE 'K%'
SELECT count(*) FROM orders WHERE json_extract(note, '$.a') IS NULL
SELECT count(*) FROM orders WHERE repeat(note, 10)::DOUBLE > 0
SELECT count(*) FROM orders WHERE from_hex(product) IS NOT NULL
SELECT count(*) FROM orders WHERE make_date(2026, 13, id::INT) IS NOT NULL AND product LIKE 'K%'
SELECT count(*) FROM orders WHERE sqrt(CASE WHEN product LIKE 'K%' THEN -1 ELSE 1 END) > 0
SELECT count(*) FROM orders WHERE chr(CASE WHEN product LIKE 'K%' THEN -5 ELSE 65 END) = 'A'
SELECT note::INT FROM orders UNION SELECT 1
SELECT sum(note::INT) FROM orders
SELECT max(note::INT) OVER () FROM orders
SELECT id FROM orders ORDER BY note::INT
SELECT id FROM orders LIMIT (SELECT max(note::INT) FROM orders)
SELECT salary / 0, error(ssn) FROM customers
SELECT count(*) FROM customers WHERE error(ssn) = 'a'
SELECT count(*) FROM customers WHERE ssn::INT > 0
SELECT count(*) FROM customers WHERE upper(ssn)::INT > 5
SELECT email::INT FROM customers
SELECT phone::INT FROM customers
SELECT body::INT FROM notes
SELECT body FROM notes WHERE body::INT >= 7 AND customer_id > 2
SELECT max(b) FROM (SELECT body::INT AS b FROM notes) WHERE b < 100
SELECT count(*) FROM notes WHERE body::INT > 0
SELECT count(*) FROM notes n JOIN customers c ON n.body = c.id
SELECT count(*) FROM notes WHERE CASE WHEN body LIKE 'K%' THEN error('hit') ELSE 'no' END = 'no'
SELECT count(*) FROM notes WHERE if(body = 'K 3', 1 // (customer_id - 3), 1) > 0 AND body[1]::VARCHAR <> 'Q'
SELECT count(*) FROM notes JOIN customers c ON if(body LIKE 'K%', error('hit'), c.id = customer_id)
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND error('hit') = 'a'
SELECT count(*) FROM notes WHERE body NOT LIKE 'K%' OR error('hit') = 'a'
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND customer_id = 'x'
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND 'x'::INT = 1
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND DATE '2026-13-45' > DATE '2026-01-01'
SELECT count(*) FROM notes WHERE coalesce(nullif(left(body, 1), 'K'), error('hit')) <> 'z'
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND date_trunc('x', now()) < now()
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND customer_id BETWEEN 'a' AND 'b'
SELECT count(*) FROM notes WHERE body LIKE 'K%' AND customer_id IN ('1', 'b')
SELECT n FROM (SELECT if(body LIKE 'Q%', error('hit'), 1) AS n FROM notes) WHERE n > 0
WITH x AS (SELECT replace(body, 'K', '1')::INT AS n FROM notes) SELECT count(*) FROM x WHERE n > 0
SELECT words::INT FROM visits WHERE place = 'closed'
SELECT count(*) FROM visits WHERE (words || id)::INT > 0 AND place <> 'open'
SELECT word::INT FROM secrets
SELECT (SELECT error(min(product)) FROM orders)
SELECT (SELECT error(max(ssn)) FROM customers)
