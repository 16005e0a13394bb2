"""Opening a database."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from matchmaker.errors import SettingError
from matchmaker.storage.database import Database
from tests.factories import Begin, make_need

BAD = [
    "",
    "matchmaker.sqlite",
    "mysql://ana:secreto@localhost/matchmaker",
    "sqlite+nothing:///matchmaker.sqlite",
    "postgresql://ana:secreto@localhost:port/matchmaker",
    "ana:secreto@localhost/matchmaker",
]


@pytest.mark.parametrize("url", BAD)
def test_an_address_that_is_none_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(SettingError, match=r"^MATCHMAKER_DATABASE_URL: .") as refused:
        Database(url)
    assert "secreto" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_refused_by_the_name_of_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"^MATCHMAKER_DATABASE_URL: ."):
        Database(f"sqlite:///{tmp_path / 'file' / 'matchmaker.sqlite'}")


def test_the_folder_of_an_sqlite_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'matchmaker.sqlite'}")
    assert (tmp_path / "a" / "b").is_dir()
    assert not database.is_postgresql


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_is_spoken_to_through_psycopg_whatever_the_address_says(scheme: str) -> None:
    database = Database(f"{scheme}://ana@localhost/matchmaker")
    assert database.is_postgresql
    assert database.engine.dialect.driver == "psycopg"


def test_both_kinds_know_what_they_are(database: Database) -> None:
    assert database.is_postgresql == database.engine.url.drivername.startswith("postgresql")


def test_an_sqlite_file_is_safe_against_power_cuts_and_lets_readers_read(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.engine.connect() as connection:
        found = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
    database.close()
    assert found == ["wal", 2]


def test_a_new_sqlite_file_can_be_opened_by_many_at_once(sqlite_url: str) -> None:
    def open_and_close() -> int | None:
        database = Database(sqlite_url)
        with database.writer.begin() as connection:
            found = connection.execute(text("SELECT 1")).scalar()
        database.close()
        return found

    with ThreadPoolExecutor(8) as pool:
        opened = [pool.submit(open_and_close) for _ in range(16)]
        assert [future.result(timeout=20) for future in opened] == [1] * 16


def test_a_row_that_points_nowhere_is_refused(begin: Begin) -> None:
    with pytest.raises(IntegrityError), begin() as work:
        work.needs.add([make_need()])
