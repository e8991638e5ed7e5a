"""An append with a name is done once, whoever is asked again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Conflict
from thermocline.core.owners import Append
from thermocline.core.protocols import Lakehouse

from ..below import shard_of


def test_the_same_name_gives_the_outcome_of_then(lake: Lakehouse) -> None:
    shard = shard_of(lake.database("shop"))
    first = shard.append([Append("t", [{"n": 1}, {"n": 2}])], once="op-1")
    assert shard.append([Append("t", [{"n": 1}, {"n": 2}])], once="op-1") == first
    assert (first["t"].first_seq, first["t"].rows) == (1, 2)
    assert shard.append([Append("t", [{"n": 3}])], once="op-2")["t"].first_seq == 3


def test_a_name_outlives_its_owner(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        first = shard_of(lake.database("shop")).append([Append("t", [{"n": 1}])], once="op-1")
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        assert shard_of(lake.database("shop")).append([Append("t", [{"n": 1}])], once="op-1") == first
        assert lake.database("shop").sql("select count(*) from t").rows() == [(1,)]


def test_a_refusal_is_not_kept(lake: Lakehouse) -> None:
    shard = shard_of(lake.database("shop"))
    with pytest.raises(Conflict):
        shard.append([Append("t", [{"n": 1}], "s", 1)], once="op-1")
    shard.append([Append("t", [{"n": 0}], "s", 0)])
    assert shard.append([Append("t", [{"n": 1}], "s", 1)], once="op-1")["t"].version == 2


def test_several_in_one_commit_may_make_a_table(lake: Lakehouse) -> None:
    shard = shard_of(lake.database("shop"))
    rows = [{"_id": "a"}, {"_id": "b"}, {"_id": "a"}]
    with ThreadPoolExecutor(len(rows)) as pool:
        with shard.lock:
            done = [pool.submit(shard.append, [Append("t", [r])], once=f"op-{n}") for n, r in enumerate(rows)]
            while shard.waiting < len(rows):
                time.sleep(0.001)
        outcomes = [one.result()["t"] for one in done]
    assert sum(outcome.rows for outcome in outcomes) == 2
    assert sum(outcome.duplicates for outcome in outcomes) == 1
