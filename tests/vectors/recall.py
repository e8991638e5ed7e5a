"""Vectors in three tiers, and how much of what an exact look finds a search finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from thermocline.core.vectors import Vectors, unit

from .test_hot import wait_for_index

NEAREST = 10
May = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """As many vectors for each tier, the oldest for the cold one; `asked` are others. Row n has n in `n`,
    and one of a hundred numbers in `part`."""

    vectors: Vectors
    asked: Vectors

    @property
    def each(self) -> int:
        return len(self.vectors) // 3

    @property
    def number(self) -> npt.NDArray[np.int64]:
        return np.arange(len(self.vectors))

    @property
    def part(self) -> npt.NDArray[np.int64]:
        return np.random.default_rng(2).integers(0, 100, len(self.vectors))

    @property
    def tier(self) -> npt.NDArray[np.str_]:
        return np.repeat(["cold", "warm", "hot"], self.each)

    def append(self, database: Any, rows: Any, vectors: Vectors | None = None) -> None:
        chosen = (self.vectors if vectors is None else vectors)[rows]
        values = pa.FixedSizeListArray.from_arrays(pa.array(chosen.ravel(), pa.float32()), chosen.shape[1])
        database.append("t", pa.table({"n": rows, "part": self.part[rows], "e": values}))

    def fill(self, database: Any, warm_files: int) -> None:
        """Returns when the hot rows have an index."""
        self.append(database, self.number[: self.each])
        database.archive("t")
        for rows in np.array_split(self.number[self.each : 2 * self.each], warm_files):
            self.append(database, rows)
            database.flush("t")
        self.append(database, self.number[2 * self.each :])
        wait_for_index(database, self.asked[0])

    def check(
        self, database: Any, may: May, least: float = 0.8, vectors: Vectors | None = None, **options: Any
    ) -> None:
        """`may`: for each row, whether it may be found. `vectors`: in place of the sample's."""
        rows = np.flatnonzero(may)
        searched = unit((self.vectors if vectors is None else vectors)[rows])
        shares = []
        for question in self.asked:
            wanted = rows[np.argsort(-(searched @ question), kind="stable")[:NEAREST]]
            found = [row["n"] for row in database.search(question, table="t", k=NEAREST, **options).dicts()]
            assert len(found) == min(NEAREST, len(rows))
            assert may[found].all()
            shares.append(len({*found} & {*wanted.tolist()}) / len(wanted))
        print(f"recall@{NEAREST}: mean {np.mean(shares):.4f}, worst of {len(shares)} {min(shares):.1f}")
        assert np.mean(shares) >= 0.95
        assert min(shares) >= least
