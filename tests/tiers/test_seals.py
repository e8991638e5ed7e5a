"""Shards that open at the same time break the seal of one catalog together."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from thermocline.tiers.seal import break_seal, seal_file


def test_a_seal_is_broken_by_several_at_once(tmp_path: Path) -> None:
    file, together = tmp_path / "catalog.sqlite", 4
    file.write_bytes(b"rows")
    with ThreadPoolExecutor(together) as pool:
        for _ in range(100):
            seal_file(file)
            start = threading.Barrier(together)
            for broken in [pool.submit(_break_after, start, file) for _ in range(together)]:
                broken.result()
            assert os.listdir(tmp_path) == [file.name]


def _break_after(start: threading.Barrier, file: Path) -> None:
    start.wait()
    break_seal(file)
