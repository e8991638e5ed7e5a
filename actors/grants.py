"""Grants given and taken back as calls, as `GRANT` and `REVOKE` do; each tells whether anything changed."""

from __future__ import annotations

from collections.abc import Callable

from ..core.access import Policy, new_grant
from ..core.errors import NotFound
from ..core.policy_changes import granted, revoked
from ..tiers.policies import PolicyStore


def grant(policies: PolicyStore, who: str, privilege: str, database: str, table: str) -> bool:
    """False if that was granted. Raises `Invalid` for what is no name, or no privilege."""
    wanted = new_grant(who, privilege, database, table)
    return _changes(policies, lambda policy: granted(policy, [wanted]))


def revoke(policies: PolicyStore, who: str, privilege: str, database: str, table: str) -> bool:
    """False if it was not granted."""
    gone = new_grant(who, privilege, database, table)
    try:
        return _changes(policies, lambda policy: revoked(policy, [gone]))
    except NotFound:
        return False


def _changes(policies: PolicyStore, make: Callable[[Policy], Policy]) -> bool:
    changed = False

    def noting(policy: Policy) -> Policy:
        nonlocal changed
        after = make(policy)
        changed = after != policy
        return after

    policies.change(noting)
    return changed
