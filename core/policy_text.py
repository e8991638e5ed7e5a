"""A policy as the YAML file that `core/policy_file.py` reads, in a fixed order, without tokens and salt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from .access import PRIVILEGES, Audience, Grant, Mask, Policy, Principal, RowPolicy
from .limits import NUMBERS, runtime_text


def policy_text(policy: Policy) -> str:
    """The file that describes a policy: equal for policies that say the same."""
    sections = {
        "roles": _roles_told(policy),
        "databases": _grants_told(g for g in policy.grants if g.schema is None and g.table == "*"),
        "tables": _grants_told(
            g for g in policy.grants if g.schema is None and g.table != "*" and not g.columns
        ),
        "columns": _columns_told(policy),
        "rowFilters": _filters_told(policy.filters),
        "schemas": _schemas_told(policy),
        "allowed_tables": {
            p.name: list(p.allowed_tables) for p in _people(policy) if p.allowed_tables is not None
        },
        "compute_limits": {p.name: told for p in _people(policy) if (told := _limits_told(p))},
    }
    said = {name: section for name, section in sections.items() if section}
    if not said:
        return "{}\n"
    dumped: str = yaml.dump(
        said, Dumper=yaml.SafeDumper, sort_keys=False, default_flow_style=None, width=1000, allow_unicode=True
    )
    return dumped


def _people(policy: Policy) -> list[Principal]:
    return sorted(policy.principals, key=lambda person: person.name)


def _roles_told(policy: Policy) -> dict[str, Any]:
    """Roles with their members, names with their settings, and names of which nothing is said."""
    told: dict[str, dict[str, Any]] = {}
    for role, member in sorted(policy.members):
        told.setdefault(role, {}).setdefault("members", []).append(member)
    for person in _people(policy):
        if person.settings:
            told.setdefault(person.name, {})["settings"] = dict(sorted(person.settings.items()))
        elif person.allowed_tables is None and not _limits_told(person):
            told.setdefault(person.name, {})
    return dict(sorted(told.items()))


def _grants_told(grants: Iterable[Grant]) -> dict[str, Any]:
    """By what they are of, then by privilege."""
    told: dict[str, dict[str, set[str]]] = {}
    for grant in grants:
        of = grant.schema or ("" if grant.table == "*" else grant.table)
        place = f"{grant.database}.{of}" if of else grant.database
        told.setdefault(place, {}).setdefault(grant.privilege, set()).add(grant.who)
    return {place: _privileges_told(told[place]) for place in sorted(told)}


def _privileges_told(given: Mapping[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(given[name]) for name in PRIVILEGES if name in given}


def _columns_told(policy: Policy) -> dict[str, Any]:
    told: dict[str, dict[str, Any]] = {}
    for mask in policy.masks:
        said: dict[str, Any] = {"mask": _method_told(mask)}
        if mask.name != f"{mask.table}_{mask.column}":
            said["name"] = mask.name
        told[f"{mask.database}.{mask.table}.{mask.column}"] = {**said, **_audience_told(mask.audience)}
    for grant, column in _of_columns(policy.grants):
        place = f"{grant.database}.{grant.table}.{column}"
        who = set(told.get(place, {}).get("select", ())) | {grant.who}
        told.setdefault(place, {})["select"] = sorted(who)
    return {place: told[place] for place in sorted(told)}


def _of_columns(grants: Iterable[Grant]) -> Iterator[tuple[Grant, str]]:
    return ((grant, column) for grant in grants for column in grant.columns)


def _method_told(mask: Mask) -> str:
    match mask.method:
        case "partial":
            return f"partial({', '.join(map(str, mask.arguments))})"
        case "expression":
            return f"expression: {mask.arguments[0]}"
        case method:
            return method


def _filters_told(filters: Iterable[RowPolicy]) -> dict[str, Any]:
    told: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(filters, key=lambda f: f.name):
        said = {"name": each.name, "using": each.using, **_audience_told(each.audience)}
        told.setdefault(f"{each.database}.{each.table}", []).append(said)
    return {place: told[place][0] if len(told[place]) == 1 else told[place] for place in sorted(told)}


def _audience_told(audience: Audience) -> dict[str, list[str]]:
    said = {"to": sorted(audience.to), "except": sorted(audience.exempt)}
    return {word: names for word, names in said.items() if names}


def _schemas_told(policy: Policy) -> dict[str, Any]:
    """In their order, as a name is of the first that it fits."""
    told: dict[str, Any] = {}
    for schema in policy.schemas:
        told[f"{schema.database}.{schema.name}"] = {"settings": dict(sorted(schema.settings.items()))}
    for place, given in _grants_told(g for g in policy.grants if g.schema is not None).items():
        told[place] = {**told.get(place, {}), **given}
    return told


def _limits_told(person: Principal) -> dict[str, Any]:
    said: dict[str, Any] = {
        "max_query_runtime": None if person.max_runtime_s is None else runtime_text(person.max_runtime_s),
        "max_memory": person.max_memory,
        **{name: person.limits[name] for name in NUMBERS if name in person.limits},
    }
    return {name: limit for name, limit in said.items() if limit is not None}
