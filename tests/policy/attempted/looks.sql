-- Statements whose certificate or plan would tell.
SELECT * FROM orders WHERE amount > 100
SELECT * FROM orders WHERE product = 'K1'
SELECT * FROM orders WHERE day >= '2026-05-01'
SELECT * FROM orders WHERE customer_id > 20
SELECT * FROM customers WHERE salary > 9000
SELECT * FROM customers WHERE born > TIMESTAMPTZ '1981-03-01'
SELECT * FROM customers WHERE _time > TIMESTAMPTZ '1981-03-01'
SELECT * FROM customers WHERE ssn = '003-K003'
SELECT max(_time) FROM customers
SELECT wage FROM staff WHERE wage > 101
SELECT id, name FROM customers WHERE id > 3
SELECT count(*) FROM customers
SELECT name FROM staff
