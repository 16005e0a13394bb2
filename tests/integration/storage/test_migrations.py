"""The schema: made from nothing, taken away, and what the tables say."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from matchmaker.clock import FixedClock
from matchmaker.domain.terms import LegalState
from matchmaker.storage.database import Database
from matchmaker.storage.tables import metadata
from matchmaker.storage.unit_of_work import UnitOfWork
from tests.factories import (
    DAY,
    make_feedback,
    make_legal_status,
    make_match,
    make_need,
    make_offer,
    make_organization,
)

ROOT = Path(__file__).parents[3]
MIGRATE = "import sys; from matchmaker.storage.database import Database; Database(sys.argv[1]).migrate()"


def table_names(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def fill(database: Database) -> None:
    """At least one row in every table."""
    with UnitOfWork(database, FixedClock(DAY)) as work:
        company = make_organization()
        need = make_need(organization=company.id)
        offer = make_offer(organization=company.id, legal_status=(make_legal_status(state=LegalState.PENDING),))
        work.organizations.add(company)
        work.needs.add([need])
        work.offers.add([offer])
        work.matches.propose([make_match(need=need.id, offer=offer.id)])
        work.matches.say(make_feedback(need=need.id, offer=offer.id, organization=company.id))
        work.commit()


def test_an_empty_database_has_no_revision(empty_database: Database) -> None:
    assert empty_database.schema_revision() is None
    assert table_names(empty_database) == set()


def test_migrating_an_empty_database_makes_every_table(empty_database: Database) -> None:
    empty_database.migrate()
    assert empty_database.schema_revision() == empty_database.newest_revision()
    assert table_names(empty_database) == {*metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(database: Database) -> None:
    fill(database)
    database.migrate()
    with UnitOfWork(database, FixedClock(DAY), writes=False) as work:
        assert work.offers.count() == 1


def test_the_migrated_schema_is_the_one_the_tables_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_full_database_goes_down_to_nothing_and_up_again(database: Database) -> None:
    fill(database)
    database.downgrade("base")
    assert database.schema_revision() is None
    assert table_names(database) == {"alembic_version"}
    database.migrate()
    assert table_names(database) == {*metadata.tables, "alembic_version"}
    fill(database)


def test_programs_that_start_together_migrate_once(database_url: str) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, database_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [program.communicate(timeout=30)[1] for program in programs]
    assert [program.returncode for program in programs] == [0] * 4, "\n".join(errors)
