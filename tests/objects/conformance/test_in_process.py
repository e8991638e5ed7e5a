"""All cases in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import thermocline

from ...conftest import FakeClock
from .parts.alarms import Alarms, AlarmsInProcess
from .parts.calls import Calls, CallsInProcess
from .parts.dedup import Dedup, DedupInProcess
from .parts.errors import Errors
from .parts.forks import Forks, ForksInProcess
from .parts.gates import Gates, GatesInProcess
from .parts.hibernation import Hibernation, HibernationInProcess
from .parts.identity import Identity, IdentityInProcess
from .parts.keyvalue import KeyValue
from .parts.limits import Limits
from .parts.listing import Listing, ListingInProcess
from .parts.ordering import Ordering, OrderingInProcess
from .parts.ownership import OwnershipInProcess
from .parts.restore import Restore, RestoreInProcess
from .parts.sagas import Sagas, SagasInProcess
from .parts.storage import Storage
from .parts.transactions import Transactions
from .worlds import Conformance, World


class InProcess(Conformance):
    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # type: ignore[override]
        clock = FakeClock()
        path = tmp_path_factory.mktemp("lake") / "lake"
        with thermocline.connect(path, clock=clock, background=False) as lake:
            yield World(lake, clock)


class TestIdentity(InProcess, Identity, IdentityInProcess):
    pass


class TestStorage(InProcess, Storage):
    pass


class TestTransactions(InProcess, Transactions):
    pass


class TestKeyValue(InProcess, KeyValue):
    pass


class TestDedup(InProcess, Dedup, DedupInProcess):
    pass


class TestErrors(InProcess, Errors):
    pass


class TestLimits(InProcess, Limits):
    pass


class TestSagas(InProcess, Sagas, SagasInProcess):
    pass


class TestGates(InProcess, Gates, GatesInProcess):
    pass


class TestOrdering(InProcess, Ordering, OrderingInProcess):
    pass


class TestCalls(InProcess, Calls, CallsInProcess):
    pass


class TestAlarms(InProcess, Alarms, AlarmsInProcess):
    pass


class TestHibernation(InProcess, Hibernation, HibernationInProcess):
    pass


class TestRestore(InProcess, Restore, RestoreInProcess):
    pass


class TestForks(InProcess, Forks, ForksInProcess):
    pass


class TestListing(InProcess, Listing, ListingInProcess):
    pass


class TestOwnership(InProcess, OwnershipInProcess):
    pass
