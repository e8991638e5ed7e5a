"""What must hold of the past in any world: it stays, and each way to name a point means the same."""

from __future__ import annotations

from collections.abc import Callable

from .compare import difference
from .world import Asked, World

POINTS = 6
STEPS: tuple[Callable[[World], object], ...] = (
    lambda w: w.db.flush(),
    World.append_some,
    lambda w: w.db.archive(),
    World.append_some,
    lambda w: w.move("flush", but=3),
    World.reopen,
    World.append_some,
    lambda w: w.db.flush(),
    lambda w: w.db.compact(),
    lambda w: w.move("archive", but=2),
    lambda w: w.db.expire(),
)


def stays_as_it_was(world: World, *, steps: int = len(STEPS)) -> None:
    """Asks about points in the past again after each of so many steps."""
    for _ in range(3):
        world.append_some()
        world.remember()
    world.check(1)
    asked = _ask_about_the_past(world)
    for step in STEPS[:steps]:
        step(world)
        world.check(1)
        world.remember()
        for before in asked:
            again = world.ask(before.query, before.point)
            ordered = before.query.ordered
            assert difference(again.result.rows(), before.result.rows(), ordered=ordered) is None
            world.compare(again)
        asked += _ask_about_the_past(world)[:1]


def _ask_about_the_past(world: World) -> list[Asked]:
    chosen = world.rng.sample(world.points()[1:], min(POINTS, len(world.points()) - 1))
    return [world.ask(world.question(point), point) for point in chosen]


FORMS = (
    "{table} FOR SYSTEM_TIME AS OF TIMESTAMP '{instant}'",
    "{table} AT (TIMESTAMP => '{instant}')",
    "{table} TIMESTAMP AS OF '{instant}'",
)


def has_a_form_in_sql(world: World, form: str) -> None:
    """The form means what the argument does."""
    for act in (world.append_some, world.step, world.append_some, world.step, world.append_some):
        world.remember()
        act()
    for point in world.points()[1:]:
        instant = max(at.instant for at in point.cut.values())
        for name in point.tables:
            written = form.format(table=name, instant=instant.isoformat())
            asked = "SELECT count(*), sum(_seq), max(_recorded_at)"
            expected = world.db.sql(f"{asked} FROM {name}", as_of=instant).rows()
            assert world.db.sql(f"{asked} FROM {written}").rows() == expected
