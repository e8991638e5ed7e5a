"""A process that is killed in the midst of appends and refreshes: its views count every event once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import thermocline
from thermocline.actors.local import LocalLake

CHILD = """
import itertools, sys
import thermocline

with thermocline.connect(sys.argv[1], background=False) as lake:
    shop = lake.database("acme")
    for number in itertools.count(len(shop.sql("FROM sales")) if "sales" in shop.tables() else 0):
        shop.append("sales", [{"p": f"p{number % 7}", "q": number}])
        if number == 0:
            shop.create_view("v", "SELECT p, sum(q) AS total, count(*) AS n FROM sales GROUP BY p")
            shop.create_view("r", "SELECT q FROM sales WHERE q % 2 = 0")
        else:
            shop.refresh_view("v")
            shop.refresh_view("r", rebuilt=number % 5 == 0)
        print(number, flush=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("pauses", [(0.05, 0.2, 0.31)], ids=str)
def test_views_are_right_after_any_kill(tmp_path: Path, pauses: tuple[float, ...]) -> None:
    acknowledged = -1
    for pause in pauses:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "lake")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        acknowledged = max(acknowledged, int(child.stdout.readline()))
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, child.stdout.read().split())])
        child.wait()
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            assert isinstance(lake, LocalLake)
            shop = lake.database("acme")
            assert sorted(q for (q,) in shop.sql("SELECT q FROM sales").rows())[: acknowledged + 1] == list(
                range(acknowledged + 1)
            )
            for view, query in (
                ("v", "SELECT p, sum(q) AS total, count(*) AS n FROM sales GROUP BY p"),
                ("r", "SELECT q FROM sales WHERE q % 2 = 0"),
            ):
                assert sorted(shop.sql(f"FROM {view}").rows()) == sorted(shop.sql(query).rows())
