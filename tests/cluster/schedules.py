"""A build that is wrong on purpose, under the faults of a cluster, in a process of its own.

python -m tests.cluster.schedules fence 24      prints the trials as JSON
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import count, islice

from thermocline.torture.cluster import faults_of, trials

CATCHING = {"fence": "two claimants", "deduplication": "died before the reply"}
"""The fault that is most likely to tell; others do too, less often."""


def main(without: str, number: int) -> None:
    seeds = (seed for seed in count() if faults_of(seed)[0] == CATCHING[without])
    print(json.dumps([asdict(trial) for trial in trials(islice(seeds, number), without)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
