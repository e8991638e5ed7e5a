"""The verb `torture`: faults on purpose, in folders of its own, and a report of what was kept."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AsJson, Runtime
from .printing import show_json
from .session import progress_bar

if TYPE_CHECKING:
    from ..torture.trial import Trial


_EXAMPLES = """\b
Examples:
  thermocline torture
  thermocline torture --trials 200 --seed 7
  thermocline torture --runtime ray --trials 50
  thermocline torture --runtime ray --trials 1 --seed 19
  thermocline torture --runtime ray --trials 200 --json > report.json
"""

_PROMISES = (
    "no acknowledged event is lost, none is there twice",
    "each stream keeps its order",
    "every effect on a durable object took place once, in order",
)
_PROMISES_OF_A_CLUSTER = (
    "an append whose events have no ids is done once too",
    "clients read what they were told is there",
    "nothing was written by an owner that had been replaced",
)


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(torture)


def torture(
    trials: Annotated[int, typer.Option("--trials", metavar="N", min=1, help="How many.")] = 20,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The first one's; the others follow.")] = 0,
    runtime: Annotated[
        Runtime, typer.Option("--runtime", help="One process, or a small cluster on this machine.")
    ] = Runtime.local,
    as_json: AsJson = False,
) -> None:
    """Kill, freeze and rob a lake of its disk, and see that nothing is lost or doubled.

    A trial is a seed: clients write to a database of its own and read it, at drawn moments something goes
    wrong, then all that was acknowledged is compared with what is there. Without Ray, the lake's process is
    killed or frozen, or its disk is lost. On Ray there are two nodes: hosts, raylets and the control store
    are killed and frozen, the object store is slow or fails, disks are lost, two claim one shard.

    It works in temporary folders and touches no lake of yours. Exit code 1 if a promise was broken; the same
    seed repeats a trial, but for the instants at which processes are met.
    """
    from ..torture.run import run

    began = time.monotonic()
    done: list[Trial] = []
    with progress_bar(show=not as_json) as progress:
        for trial in run(range(seed, seed + trials), runtime.value):
            done.append(trial)
            if progress is not None:
                progress("torture", len(done), trials)
            if trial.problems and not as_json:
                print(f"seed {trial.seed}, {trial.fault}: {len(trial.problems)} broken promises")
                print("".join(f"  {line}\n" for line in trial.problems[:10]), end="")
    broken = [trial for trial in done if trial.problems]
    if as_json:
        show_json({"trials": [asdict(trial) for trial in done], "broken": len(broken)})
    else:
        promises = _PROMISES + (_PROMISES_OF_A_CLUSTER if runtime is Runtime.ray else ())
        _report(done, time.monotonic() - began, promises)
    if broken:
        raise typer.Exit(1)


def _report(done: list[Trial], seconds: float, promises: tuple[str, ...]) -> None:
    """By fault; a trial with two of them counts for both."""
    faults = sorted({fault for trial in done for fault in trial.faults})
    width = max(map(len, faults))
    for fault in faults:
        of_it = [trial for trial in done if fault in trial.faults]
        bad = sum(bool(trial.problems) for trial in of_it)
        print(f"{fault:<{width}} {len(of_it):>6} trials  {'all kept' if not bad else f'{bad} broken'}")
    acknowledged = sum(trial.acknowledged for trial in done)
    broken = [trial.seed for trial in done if trial.problems]
    print(f"{len(done)} trials in {seconds:.0f} s, {acknowledged:,} operations acknowledged")
    print("checked:", *promises, sep="\n  ")
    if broken:
        print("broken in the trials of seeds " + ", ".join(map(str, broken)))
