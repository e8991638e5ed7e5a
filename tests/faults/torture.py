"""Deaths without end: `python -m tests.faults.torture --cases 1000 --seed 7`.

Each case has a seed of its own, printed before it runs; `--cases 1 --seed S` repeats it, but for the instant
of a kill that is given in seconds.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from thermocline.tiers.crash import POINTS

from .child import Job
from .sqlite_vfs import library
from .trial import Nursery, trial

RESTORING = ("recovery.rebuilt", "recovery.cleared", "recovery.replaced", "replica.sealed", "append.visible")
Case = Callable[[Nursery, Path, random.Random], None]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.torture")
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with Nursery() as nursery:
        for seed in range(arguments.seed, arguments.seed + arguments.cases):
            one(nursery, seed)


def one(nursery: Nursery, seed: int) -> None:
    rng = random.Random(seed)
    kinds = CASES if library() else CASES[:4]
    case = rng.choice(kinds)
    print(f"seed {seed}: {case.__name__}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="thermocline-torture-"))
    case(nursery, folder, rng)
    shutil.rmtree(folder)  # left for a look if the case failed


def killed_at_a_point(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    trial(nursery, folder, _somewhere(rng))


def killed_twice(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    trial(nursery, folder, _somewhere(rng), again=_somewhere(rng))


def killed_at_an_instant(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    trial(nursery, folder, Job(rng.randrange(10**6), rng.randint(1, 4)), kill_after_s=rng.uniform(0, 3))


def disk_lost(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    """Of a replicated database, at any instant; the process that restores it may die too."""
    job = Job(rng.randrange(10**6), rng.randint(1, 4), replicated=True)
    again = Job(job.seed, point=rng.choice(RESTORING)) if rng.random() < 0.5 else None
    trial(nursery, folder, job, kill_after_s=rng.uniform(0.2, 3), again=again, lose_disk=True)


def power_lost_at_a_point(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    job = _somewhere(rng)
    torn = rng.randrange(10**6) if rng.random() < 0.7 else None
    trial(nursery, folder, Job(job.seed, job.rounds, point=job.point, shadow="shadow"), torn=torn)


def power_lost_at_a_sync(nursery: Nursery, folder: Path, rng: random.Random) -> None:
    job = Job(rng.randrange(10**6), rng.randint(1, 3), syncs=rng.randint(1, 900), shadow="shadow")
    trial(nursery, folder, job, torn=rng.randrange(10**6))


CASES: tuple[Case, ...] = (
    killed_at_a_point,
    killed_twice,
    killed_at_an_instant,
    disk_lost,
    power_lost_at_a_point,
    power_lost_at_a_sync,
)


def _somewhere(rng: random.Random) -> Job:
    return Job(rng.randrange(10**6), rng.randint(1, 4), point=rng.choice(POINTS))


if __name__ == "__main__":
    main()
