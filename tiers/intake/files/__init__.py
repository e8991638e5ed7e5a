"""Files as batches: CSV, NDJSON, a JSON array, Parquet and Arrow, gzipped or not."""
