-- What a plain DuckDB carries out, and a lake refuses to everybody. {folder} holds a file of each kind.
SELECT * FROM read_csv('{folder}/a.csv')
SELECT * FROM read_csv_auto('{folder}/a.csv')
SELECT * FROM sniff_csv('{folder}/a.csv')
SELECT * FROM '{folder}/a.csv'
SELECT * FROM "{folder}/a.csv"
FROM '{folder}/*.csv'
SELECT * FROM read_text('{folder}/a.csv')
SELECT content FROM read_text('{folder}/*')
SELECT * FROM read_blob('{folder}/a.csv')
SELECT * FROM read_json('{folder}/a.json')
SELECT * FROM read_json_auto('{folder}/a.json')
SELECT * FROM read_json_objects('{folder}/a.json')
SELECT * FROM read_ndjson('{folder}/a.json')
SELECT * FROM '{folder}/a.json'
SELECT * FROM read_parquet('{folder}/a.parquet')
SELECT * FROM parquet_scan('{folder}/a.parquet')
SELECT * FROM parquet_metadata('{folder}/a.parquet')
SELECT * FROM parquet_schema('{folder}/a.parquet')
SELECT * FROM '{folder}/a.parquet'
SELECT * FROM glob('{folder}/*')
SELECT file FROM glob('/etc/*')
SELECT (SELECT content FROM read_text('{folder}/a.csv'))
SELECT id FROM orders WHERE id IN (SELECT a FROM read_csv('{folder}/a.csv'))
WITH x AS (SELECT * FROM read_csv('{folder}/a.csv')) SELECT * FROM x
SELECT * FROM orders UNION ALL SELECT a, a FROM read_csv('{folder}/a.csv')
SELECT * FROM orders, LATERAL (SELECT * FROM read_csv('{folder}/a.csv'))
SELECT/**/*/**/FROM/**/read_csv('{folder}/a.csv')
SELECT * FROM /* orders */ read_csv /* ; */ ('{folder}/a.csv')
SELECT * FROM query('SELECT * FROM orders')
SELECT * FROM query_table('orders')
COPY orders TO '{folder}/out.csv'
COPY (SELECT 1) TO '{folder}/out.parquet'
COPY (SELECT 1) TO '/dev/stdout'
EXPORT DATABASE '{folder}/out'
ATTACH '{folder}/other.db' AS other
ATTACH ':memory:' AS more
ATTACH '{folder}/other.db' AS other; SELECT * FROM other.t
DETACH DATABASE IF EXISTS nothing
USE memory
CHECKPOINT
FORCE CHECKPOINT
VACUUM
ANALYZE
PRAGMA database_list
PRAGMA show_tables
PRAGMA table_info('orders')
PRAGMA version
PRAGMA threads=1
SELECT * FROM pragma_table_info('orders')
SELECT * FROM pragma_version()
SET threads = 1
SET GLOBAL memory_limit = '1GB'
SET SESSION search_path = 'main'
SET VARIABLE x = 1
RESET threads
RESET GLOBAL threads
SELECT current_setting('threads')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_columns()
SELECT * FROM duckdb_functions()
SELECT * FROM duckdb_secrets()
SELECT * FROM duckdb_extensions()
SELECT * FROM duckdb_databases()
SELECT * FROM duckdb_memory()
SELECT * FROM information_schema.tables
SELECT * FROM information_schema.columns
SELECT * FROM pg_catalog.pg_class
SELECT * FROM sqlite_master
SELECT * FROM main.orders
SELECT * FROM memory.main.orders
CREATE VIEW v AS SELECT * FROM orders
CREATE TEMP TABLE t AS SELECT * FROM orders
CREATE OR REPLACE TABLE orders AS SELECT 1 AS id
CREATE SCHEMA s
CREATE SEQUENCE s
CREATE TYPE mood AS ENUM ('sad')
CREATE MACRO f(x) AS x + 1
CREATE MACRO t() AS TABLE SELECT * FROM orders
CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')
ALTER TABLE orders RENAME TO gone
ALTER TABLE orders ADD COLUMN x INTEGER
ALTER TABLE orders DROP COLUMN amount
UPDATE orders SET amount = 0
DELETE FROM orders
TRUNCATE orders
BEGIN
BEGIN; COMMIT
PREPARE p AS SELECT 1
PREPARE p AS SELECT * FROM orders; EXECUTE p
COMMENT ON TABLE orders IS 'x'
LOAD json
LOAD parquet
SELECT 1; SELECT 2
SELECT 1; DROP TABLE orders
SELECT 1;/**/DROP TABLE orders
SELECT ';'; DROP TABLE orders
SELECT $$;$$; DROP TABLE orders
/* SELECT 1 */ DELETE FROM orders
