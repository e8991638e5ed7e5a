"""The policy of a lake as a file: shown, checked against what the lake has, put into force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from ..core.access import Mask, Policy, RowPolicy
from ..core.errors import Error, Invalid, NotFound, nearest
from ..core.policy_file import read_policy, replaced
from ..core.policy_text import policy_text
from ..core.schema import ENVELOPE_IDS
from ..router.policy.administer import check_rule

if TYPE_CHECKING:
    from ..tiers.policies import PolicyStore
    from .database import LakeDatabase


class _Lake(Protocol):
    @property
    def policies(self) -> PolicyStore: ...

    def databases(self) -> list[str]: ...

    def database(self, name: str) -> LakeDatabase: ...


def shown_policy(lake: _Lake) -> str:
    return policy_text(lake.policies.current())


def checked_policy(lake: _Lake, text: str) -> list[str]:
    """What the file names that the lake lacks, or that can't be applied. Raises `Invalid` for one wrong
    in itself."""
    wanted = read_policy(text)
    return list(dict.fromkeys([*_missing(lake, wanted), *_broken(lake, wanted, Policy())]))


def applied_policy(lake: _Lake, text: str) -> int:
    """Puts a file in the place of all but tokens; the version then in force, the same if nothing changes.

    Raises `Invalid` for new masks and filters that could not be applied; grants may be of what is to come.
    """
    wanted = read_policy(text)
    before = lake.policies.current()
    broken = list(_broken(lake, wanted, before))
    if broken:
        raise Invalid("; ".join(broken), hint="make the tables first, or mend the file")
    return lake.policies.change(lambda policy: replaced(policy, wanted)).version


def _broken(lake: _Lake, wanted: Policy, before: Policy) -> Iterator[str]:
    """Rules that are new and can't be applied."""
    known = {*before.masks, *before.filters}
    rules: list[Mask | RowPolicy] = [*wanted.masks, *wanted.filters]
    for rule in rules:
        if rule in known:
            continue
        database = lake.database(rule.database)
        try:
            check_rule(rule, database.router.table, database.engine)
        except Error as error:
            yield f"`{rule.name}` on {rule.database}.{rule.table}: {error.message}"


def _missing(lake: _Lake, wanted: Policy) -> Iterator[str]:
    """Databases, tables and columns that grants and lists of tables name."""
    databases = lake.databases()
    for grant in wanted.grants:
        if grant.database not in ("*", *databases):
            yield f"no database `{grant.database}`: {nearest(grant.database, databases)}"
        elif "*" not in (grant.database, grant.table):
            yield from _missing_of_table(lake, grant.database, grant.table, grant.columns)
    for person in wanted.principals:
        for name in person.allowed_tables or ():
            database, _, table = name.rpartition(".")
            among = [database] if database else databases
            if all(list(_missing_of_table(lake, each, table)) for each in among):
                yield f"no table `{name}`, which `{person.name}` is allowed"


def _missing_of_table(lake: _Lake, database: str, name: str, columns: Iterable[str] = ()) -> Iterator[str]:
    try:
        table = lake.database(database).router.table(name)
    except NotFound as error:
        yield f"no table `{database}.{name}`: {error.hint}"
        return
    known = {*table.schema.by_folded_name, *ENVELOPE_IDS}
    for column in columns:
        if column not in known:
            yield f"no column `{column}` in {database}.{name}: {nearest(column, known)}"
