"""Opening the database: engines, transactions and the schema's migrations."""

from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from matchmaker.errors import SettingError, Unavailable

_WRITES = "writes"
# Any number will do as long as nothing else in the database uses it.
_WRITE_LOCK = 7_466_001


class Database:
    """
    An open database.

    Attributes:
        engine: for reading.
        writer: for writing. Its transactions take turns: on SQLite they take the write lock at once, on PostgreSQL an
            advisory lock, so that writers wait for each other instead of failing half-way and the change log's
            revisions rise in the order of commits.
    """

    def __init__(self, url: str) -> None:
        self.engine = _create(url)
        self.writer = self.engine.execution_options(**{_WRITES: True})

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL rather than SQLite."""
        return self.engine.dialect.name == "postgresql"

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to ``revision``; nothing happens when it is there already."""
        if revision == "head" and self.schema_revision() == self.newest_revision():
            return
        with self.writer.begin() as connection:
            command.upgrade(_alembic(connection), revision)

    def downgrade(self, revision: str) -> None:
        """Take the schema back down to ``revision`` (``base``: to nothing)."""
        with self.writer.begin() as connection:
            command.downgrade(_alembic(connection), revision)

    def schema_revision(self) -> str | None:
        """The schema's revision now; ``None`` in an empty database."""
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def newest_revision(self) -> str | None:
        """The revision this version of the product works with."""
        return ScriptDirectory.from_config(_alembic(None)).get_current_head()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _create(url: str) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            engine = create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
            event.listen(engine, "begin", _begin_postgresql)
            return engine
        if address.get_backend_name() != "sqlite":
            raise SettingError("setting.database_kind")
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, OSError) as error:
        raise SettingError("setting.database", reason=str(error).splitlines()[0]) from None
    except ValueError:
        raise SettingError("setting.database_port") from None
    except ModuleNotFoundError:
        raise Unavailable("unavailable.extra", what="psycopg", extra="postgres") from None
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=60000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITE_LOCK,))


def _alembic(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
