"""Whether a policy, which is of now, can be applied to tables as they were."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.asof import AsOf, Now
from ...core.errors import Denied
from ...core.schema import Schema
from .restrict import Restricted


def check_points(
    restricted: Restricted, schemas: Mapping[tuple[str, str | None], Schema], default: AsOf
) -> None:
    """Raises `Denied`. `schemas`: of the tables, folded, at their points; `default`: of those without.

    A column that a table did not have yet would be looked for further out, where the statement may offer one.
    """
    if restricted.present and not isinstance(default, Now):
        raise Denied(
            "a policy of these tables asks others, and holds for these as they are now",
            hint="write AS OF behind the table instead",
        )
    for needs in restricted.needs:
        schema = schemas.get((needs.table, needs.point))
        if schema is not None and (lacks := needs.columns - schema.by_folded_name.keys()):
            raise Denied(
                f"a policy of `{needs.table}` names `{min(lacks)}`, which the table did not have then",
                hint="ask for a later point in time",
            )
