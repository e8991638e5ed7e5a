"""The verb `torture`: faults on purpose, in folders of its own, and a report of what was kept."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AsJson
from .printing import show_json
from .session import progress_bar

if TYPE_CHECKING:
    from ..torture.trial import Trial


class Runtime(StrEnum):
    local = "local"
    ray = "ray"


_EXAMPLES = """\b
Examples:
  thermocline torture
  thermocline torture --trials 200 --seed 7
  thermocline torture --runtime ray --trials 50
"""


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

    It works in temporary folders and touches no lake of yours. Exit code 1 if a promise was broken.
    """
    from ..torture.run import run

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
        _report(done)
    if broken:
        raise typer.Exit(1)


def _report(done: list[Trial]) -> None:
    acknowledged = sum(trial.acknowledged for trial in done)
    seconds = sum(trial.seconds for trial in done)
    for fault in sorted({trial.fault for trial in done}):
        of_it = [trial for trial in done if trial.fault == fault]
        bad = sum(bool(trial.problems) for trial in of_it)
        print(f"{fault:<28} {len(of_it):>5} trials  {'all kept' if not bad else f'{bad} broken'}")
    print(f"{len(done)} trials in {seconds:.0f} s, {acknowledged:,} operations acknowledged")
