"""A process on a Ray head of its own that asks both engines; run by `test_daft_on_ray.py`.

Prints a JSON object: what each statement gave, what EXPLAIN says, the Parquet files that were copied here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import thermocline
from thermocline.actors.cluster.options import ClusterOptions

STATEMENTS = (
    "select product, sum(qty) as s, count(*) as n from sales where qty > 3 group by product order by product",
    "select count(*), min(qty), max(qty) from sales",
    "select p.name, sum(s.qty) from sales s join products p on s.product = p.product group by 1 order by 1",
    "select product, qty from sales where qty between 40 and 44 order by all",
)


def main(folder: str, store: str) -> None:
    options = ClusterOptions(seats=1, sink=False)
    with thermocline.connect(folder, runtime="ray", object_store=store, cluster=options) as lake:
        database = lake.create_database("acme", shards=2, key="product")
        for first, sink in ((0, database.archive), (300, database.flush), (600, None)):
            rows = [{"product": f"p{n % 5}", "qty": n % 90} for n in range(first, first + 300)]
            database.append("sales", rows)
            if sink:
                sink()
        database.append("products", [{"product": f"p{n}", "name": f"product {n}"} for n in range(5)])
        told = database.explain(STATEMENTS[0], engine="daft").splitlines()[-1]
        by_daft = [database.sql(sql, engine="daft") for sql in STATEMENTS]
        copied = [str(file) for file in Path(lake.path).rglob("*") if file.is_file() and _is_parquet(file)]  # type: ignore[attr-defined]
        by_duckdb = [database.sql(sql) for sql in STATEMENTS]
        for answer in by_daft:
            answer.certificate.verify()
        print(
            json.dumps(
                {
                    "engines": [answer.engine for answer in by_daft],
                    "daft": [answer.rows() for answer in by_daft],
                    "duckdb": [answer.rows() for answer in by_duckdb],
                    "certificates": [
                        {**answer.certificate.to_dict(), "age_seconds": None} for answer in by_daft
                    ],
                    "whole": [{**answer.certificate.to_dict(), "age_seconds": None} for answer in by_duckdb],
                    "told": told,
                    "copied": copied,
                }
            )
        )


def _is_parquet(file: Path) -> bool:
    return file.read_bytes()[:4] == b"PAR1"


if __name__ == "__main__":
    main(*sys.argv[1:])
