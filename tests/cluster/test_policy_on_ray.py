"""The policy on a cluster: grants, row policies and the audit, for a lake here and for a client afar."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Denied, TooManyRows
from thermocline.core.protocols import Lakehouse

from .heads import client_head

pytestmark = pytest.mark.ray

POLICY = """
tables: {acme.orders: {select: priya, insert: priya}}
rowFilters: {acme.orders: "customer_id = current_setting('app.customer_id')"}
"""


def holds(lake: Lakehouse) -> None:
    shop = lake.create_database("acme", shards=2, key="customer_id")
    shop.append("orders", [{"id": n, "customer_id": n % 3} for n in range(30)])
    shop.append("secrets", [{"id": 1, "customer_id": 1}])
    version = lake.apply_policy(POLICY)
    assert lake.apply_policy(lake.policy_text()) == version
    priya = lake.database("acme", principal="priya", settings={"app.customer_id": "1"})
    assert priya.sql("SELECT count(*), min(customer_id), max(customer_id) FROM orders").rows() == [(10, 1, 1)]
    for act in (
        lambda: priya.sql("SELECT * FROM secrets"),
        lambda: lake.database("acme", principal="priya").sql("SELECT * FROM orders"),
        lambda: priya.append("orders", [{"id": 99, "customer_id": 2}]),
        priya.flush,
    ):
        with pytest.raises(Denied):
            act()
    assert priya.append("orders", [{"id": 31, "customer_id": 1}]).rows == 1
    shop.sql("ALTER ROLE priya SET max_rows = '5'")
    with pytest.raises(TooManyRows):
        priya.sql("SELECT * FROM orders")


def noted(lake: Lakehouse) -> list[tuple[object, ...]]:
    asked = "SELECT outcome, count(*) FROM audit WHERE principal = 'priya' GROUP BY 1 ORDER BY 1"
    return lake.database("system").sql(asked).rows()


@pytest.mark.timeout(300)
def test_it_holds_on_a_cluster(ray_head: None, tmp_path: Path) -> None:  # noqa: ARG001
    with thermocline.connect(tmp_path / "lake", runtime="ray") as lake:
        holds(lake)
        lake.audit.flush()
        assert noted(lake) == [("answered", 2), ("refused", 5)]


FAR = """
import sys, time
import thermocline
from thermocline.tests.cluster.test_policy_on_ray import holds, noted

with thermocline.connect(sys.argv[1]) as lake:
    holds(lake)
    deadline = time.monotonic() + 30
    while "audit" not in lake.database("system").tables() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(2)
    print(noted(lake))
"""


@pytest.mark.timeout(300)
def test_it_holds_for_a_client_afar(tmp_path: Path) -> None:
    with client_head(tmp_path) as address:
        done = subprocess.run(
            [sys.executable, "-c", FAR, address],
            env=os.environ | {"RAY_AUTH_MODE": "disabled"},
            check=False,
            capture_output=True,
            text=True,
            timeout=250,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "[('answered', 2), ('refused', 5)]"
