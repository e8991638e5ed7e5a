-- Other customers' schemas, and tables that one's own schema does not part.
SELECT * FROM customer_8.orders
SELECT * FROM customer_28.orders
SELECT sum(amount) FROM acme.customer_27.orders
SELECT a.amount FROM customer_7.orders a JOIN orders b ON true
SELECT sum(amount) FROM customer_7.orders
SELECT ssn FROM customer_7.customers
SELECT * FROM customer_7.secrets
SELECT * FROM customer_7.staff
SELECT * FROM "customer_7' OR true --".orders
SELECT * FROM "customer_{id}".orders
SELECT * FROM customer_.orders
WITH customer_7 AS (SELECT 1) SELECT * FROM customer_7.orders
