"""The Iceberg catalog: any that pyiceberg knows, by its properties; a SQLite file by default.

Other programs open the same catalog under the same name:
`pyiceberg.catalog.load_catalog("thermocline", type="sql", uri="sqlite:///lake/catalog.db")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.sql import IcebergTables, SqlCatalog, SqlCatalogBaseTable
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from sqlalchemy import delete, select
from sqlalchemy.event import listen
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from ...core.errors import Corrupt, Unavailable
from ..object_store import ObjectStore
from .file_io import StoreFileIO

CATALOG_NAME = "thermocline"

Identifier = tuple[str, str]


class Locked(Unavailable):
    """Somebody else writes to the SQL catalog just now."""


def open_catalog(store: ObjectStore, properties: Mapping[str, str]) -> Catalog:
    """The configured catalog, writing its files through `store`, which makes them durable."""
    given = {"warehouse": store.url, **properties}
    name = given.pop("name", CATALOG_NAME)
    with translated(properties.get("uri", name)):
        catalog = _load(name, {**given, **StoreFileIO.properties(store)})
        if isinstance(catalog, SqlCatalog) and catalog.engine.dialect.name == "sqlite":
            listen(catalog.engine, "checkout", _sync_folder_too)
        return catalog


def _load(name: str, properties: Mapping[str, str]) -> Catalog:
    """Between the look for a table of the catalog's own and its making, another process may make it."""
    for _ in SqlCatalogBaseTable.metadata.tables:
        try:
            return load_catalog(name, **properties)
        except OperationalError as error:
            if "already exists" not in str(error.orig):
                raise
    return load_catalog(name, **properties)


def recorded_location(catalog: Catalog, identifier: Identifier) -> str | None:
    """Where the catalog says the table's metadata is, whether it is there or not; `None`: no such table."""
    if not isinstance(catalog, SqlCatalog):
        try:
            return catalog.load_table(identifier).metadata_location
        except (NoSuchTableError, NoSuchNamespaceError):
            return None
    database, name = identifier
    query = select(IcebergTables.metadata_location).where(
        IcebergTables.catalog_name == catalog.name,
        IcebergTables.table_namespace == database,
        IcebergTables.table_name == name,
    )
    with Session(catalog.engine) as session:
        return session.scalar(query)


def forget_location(catalog: Catalog, identifier: Identifier, location: str) -> None:
    """Takes the table out of the catalog if its metadata is still said to be there; no file is touched."""
    if not isinstance(catalog, SqlCatalog):
        catalog.drop_table(identifier)
        return
    database, name = identifier
    entry = delete(IcebergTables).where(
        IcebergTables.catalog_name == catalog.name,
        IcebergTables.table_namespace == database,
        IcebergTables.table_name == name,
        IcebergTables.metadata_location == location,
    )
    with Session(catalog.engine) as session:
        session.execute(entry)
        session.commit()


def _sync_folder_too(connection: Any, _record: Any, _proxy: Any) -> None:
    """By default SQLite does not make the end of a transaction durable: the journal's name may come back
    after a power loss, and with it the state before the commit, when our manifests say otherwise already."""
    connection.execute("PRAGMA synchronous=EXTRA")


@contextmanager
def translated(catalog: str) -> Iterator[None]:
    """Gives the errors of a SQL catalog the kinds that users know."""
    try:
        yield
    except OperationalError as error:
        kind = Locked if "locked" in str(error.orig) else Unavailable
        raise kind(
            f"the Iceberg catalog {catalog} does not answer: {error.orig}",
            hint="check that its disk is not full and nobody holds it locked, then try again",
        ) from error
    except DatabaseError as error:
        raise Corrupt(
            f"damaged Iceberg catalog {catalog}: {error.orig}", hint="restore it from a backup"
        ) from error
