"""Changes of a policy: pure functions, each of which gives the policy of the next version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .access import Grant, Mask, Policy, Principal, RowPolicy, VirtualSchema, same_name, token_digest
from .errors import Invalid, NotFound, nearest


def granted(policy: Policy, grants: Iterable[Grant]) -> Policy:
    """With these as well; the same policy if it has them."""
    new = [g for g in dict.fromkeys(grants) if g not in policy.grants]
    return _next(policy, grants=(*policy.grants, *new)) if new else policy


def revoked(policy: Policy, grants: Iterable[Grant]) -> Policy:
    """Without these. Revoking columns leaves a grant of the others. Raises `NotFound` if none was granted."""
    left = list(policy.grants)
    for gone in grants:
        kept = [rest for g in left if (rest := _without(g, gone)) is not None]
        if kept == left:
            raise NotFound(
                f"`{gone.who}` has no grant of {gone.privilege} on `{gone.table}`",
                hint="SHOW GRANTS lists what there is; a wider grant is revoked where it was given",
            )
        left = kept
    return _next(policy, grants=tuple(left))


def with_member(policy: Policy, role: str, member: str) -> Policy:
    """Raises `Invalid` if a role would have itself."""
    if role == member:
        raise Invalid(f"`{role}` can't have itself", hint="grant it to another name")
    if member in policy.roles_of(role):
        raise Invalid(f"`{role}` has `{member}` already", hint="roles don't go in circles")
    return _next(policy, members=tuple(dict.fromkeys((*policy.members, (role, member)))))


def without_member(policy: Policy, role: str, member: str) -> Policy:
    if (role, member) not in policy.members:
        raise NotFound(f"`{member}` does not have the role `{role}`", hint="SHOW GRANTS lists who has what")
    return _next(policy, members=tuple(m for m in policy.members if m != (role, member)))


def with_mask(policy: Policy, mask: Mask) -> Policy:
    """Raises `Invalid` if the column has one, or another has its name."""
    for known in policy.masks:
        if _place(known) == _place(mask) and known.column == mask.column:
            raise Invalid(
                f"`{mask.table}.{mask.column}` is masked by `{known.name}`",
                hint=f"DROP MASKING POLICY {known.name} first",
            )
    _check_new(mask.name, mask.database, [*policy.masks, *policy.filters])
    return _next(policy, masks=(*policy.masks, mask))


def with_filter(policy: Policy, row_policy: RowPolicy) -> Policy:
    _check_new(row_policy.name, row_policy.database, [*policy.masks, *policy.filters])
    return _next(policy, filters=(*policy.filters, row_policy))


def without_rule(policy: Policy, database: str, name: str) -> Policy:
    """Without the mask or row policy of that name. Raises `NotFound`."""

    def other(rule: Mask | RowPolicy) -> bool:
        return rule.name.lower() != name.lower() or not same_name(rule.database, database)

    masks, filters = tuple(filter(other, policy.masks)), tuple(filter(other, policy.filters))
    if len(masks) + len(filters) == len(policy.masks) + len(policy.filters):
        rules: list[Mask | RowPolicy] = [*policy.masks, *policy.filters]
        known = [rule.name for rule in rules if same_name(rule.database, database)]
        raise NotFound(f"no policy `{name}` in `{database}`", hint=nearest(name, known))
    return _next(policy, masks=masks, filters=filters)


def with_schema(policy: Policy, schema: VirtualSchema) -> Policy:
    others = [s for s in policy.schemas if (s.database, s.name) != (schema.database, schema.name)]
    return _next(policy, schemas=(*others, schema))


def without_schema(policy: Policy, database: str, name: str) -> Policy:
    left = tuple(s for s in policy.schemas if (s.database, s.name.lower()) != (database, name.lower()))
    if len(left) == len(policy.schemas):
        raise NotFound(f"no virtual schema `{name}`", hint=nearest(name, [s.name for s in policy.schemas]))
    return _next(policy, schemas=left)


def with_principal(policy: Policy, principal: Principal) -> Policy:
    """In place of what was noted of the name."""
    others = tuple(p for p in policy.principals if p.name != principal.name)
    return _next(policy, principals=(*others, principal))


def with_token(policy: Policy, who: str, token: str | None) -> Policy:
    """With a new token in place of the old one, or without any. Raises `NotFound` for an unknown name."""
    if not policy.knows(who):
        raise NotFound(f"nothing is known of `{who}`", hint=f"CREATE ROLE {who}, or GRANT something first")
    digest = None if token is None else token_digest(token)
    return with_principal(policy, replace(policy.principal(who), token=digest))


def without_principal(policy: Policy, who: str) -> Policy:
    """Without anything that names it. Raises `NotFound`."""
    if not policy.knows(who):
        raise NotFound(f"nothing is known of `{who}`", hint="SHOW GRANTS lists who has what")
    return _next(
        policy,
        grants=tuple(g for g in policy.grants if g.who != who),
        members=tuple(pair for pair in policy.members if who not in pair),
        principals=tuple(p for p in policy.principals if p.name != who),
    )


def _next(policy: Policy, **changes: Any) -> Policy:
    return replace(policy, version=policy.version + 1, **changes)


def _without(grant: Grant, gone: Grant) -> Grant | None:
    """What is left of a grant."""
    if replace(grant, columns=()) != replace(gone, columns=()):
        return grant
    if not gone.columns:
        return None
    if not grant.columns:
        return grant
    left = tuple(column for column in grant.columns if column not in gone.columns)
    return replace(grant, columns=left) if left else None


def _check_new(name: str, database: str, known: Iterable[Mask | RowPolicy]) -> None:
    if any(rule.name.lower() == name.lower() and same_name(rule.database, database) for rule in known):
        raise Invalid(f"a policy `{name}` is there already", hint="DROP it first, or take another name")


def _place(rule: Mask | RowPolicy) -> tuple[str, str]:
    return rule.database.lower(), rule.table.lower()
