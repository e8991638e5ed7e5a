"""`python -m tests.placement --cases 100000 --seed 7`: world after world until so many cases have passed."""

from __future__ import annotations

import argparse
import itertools
import time

from .run import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.placement", description=__doc__)
    parser.add_argument("--cases", type=int, default=2_000, help="questions to compare at least")
    parser.add_argument("--seed", type=int, default=0, help="of the first world; the next have the next")
    parser.add_argument("--worlds", type=int, help="stop after so many instead")
    parser.add_argument("--shards", type=int, default=1, help="over which each world spreads its rows")
    asked = parser.parse_args()
    placements = cases = 0
    started = time.monotonic()
    for seed in itertools.count(asked.seed):
        if (cases >= asked.cases) if asked.worlds is None else (seed - asked.seed >= asked.worlds):
            break
        tally = run(seed, shards=asked.shards)
        placements, cases = placements + tally.placements, cases + tally.cases
        print(f"seed {seed}: {tally.cases} cases, {tally.placements} placements", flush=True)
    print(f"{cases} cases in {placements} placements equal, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
