"""A transaction stores everything in it or nothing, and writers wait for each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from time import sleep

import pytest
from sqlalchemy import event, func, select

from matchmaker.domain.need import Need
from matchmaker.domain.organization import Organization
from matchmaker.domain.rules import new_id
from matchmaker.errors import NotFound
from matchmaker.storage import tables
from matchmaker.storage.database import Database
from tests.factories import (
    Begin,
    make_feedback,
    make_legal_status,
    make_match,
    make_need,
    make_offer,
    make_organization,
)

# Long enough for another thread to reach the lock it must wait at.
A_WHILE = 0.3


def count_rows(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.metadata.tables.items()
        }


def fill(begin: Begin, *, commit: bool, fail: bool = False) -> None:
    """A row in every table, in one transaction."""
    company = make_organization()
    need, offer = (
        make_need(organization=company.id),
        make_offer(organization=company.id, legal_status=(make_legal_status(),)),
    )
    with begin() as work:
        work.organizations.add(company)
        work.needs.add([need])
        work.offers.add([offer])
        work.matches.propose([make_match(need=need.id, offer=offer.id)])
        work.matches.say(make_feedback(need=need.id, offer=offer.id, organization=company.id))
        if fail:
            raise RuntimeError("half-way")
        if commit:
            work.commit()


def test_nothing_is_stored_without_commit(begin: Begin, database: Database) -> None:
    fill(begin, commit=False)
    assert set(count_rows(database).values()) == {0}


def test_an_exception_leaves_no_trace(begin: Begin, database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"):
        fill(begin, commit=True, fail=True)
    assert set(count_rows(database).values()) == {0}


def test_a_commit_stores_every_table(begin: Begin, database: Database) -> None:
    fill(begin, commit=True)
    assert count_rows(database) == dict.fromkeys(tables.metadata.tables, 1) | {"changes": 2, "licensing": 0}


def test_what_comes_after_the_commit_needs_another(begin: Begin, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        work.commit()
        work.needs.add([make_need(organization=company.id)])
        assert work.needs.count() == 2
    with begin(writes=False) as work:
        assert work.needs.count() == 1


def test_an_error_that_is_caught_inside_can_still_be_left_behind(begin: Begin, company: Organization) -> None:
    need = make_need(organization=company.id)
    with begin() as work:
        with pytest.raises(NotFound):
            work.needs.remove(new_id())
        work.needs.add([need])
        work.commit()
    with begin(writes=False) as work:
        assert work.needs.get(need.id) == need


def test_others_see_nothing_before_the_commit(begin: Begin, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        with begin(writes=False) as reader:
            assert reader.needs.count() == 0
        work.commit()
        with begin(writes=False) as reader:
            assert reader.needs.count() == 1


def test_a_unit_of_work_that_is_over_gives_its_connection_back(begin: Begin, database: Database) -> None:
    fill(begin, commit=True)
    with pytest.raises(RuntimeError):
        fill(begin, commit=False, fail=True)
    assert "Current Checked out connections: 0" in database.engine.pool.status()


def test_writers_at_once_lose_nothing(begin: Begin, company: Organization) -> None:
    made = [[make_need(organization=company.id) for _ in range(8)] for _ in range(4)]

    def write(needs: list[Need]) -> None:
        for need in needs:
            with begin() as work:
                work.needs.add([need])
                work.needs.replace([replace(need, title="Otra vez")])
                work.commit()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(write, needs) for needs in made]:
            future.result(timeout=30)
    with begin(writes=False) as work:
        stored = list(work.needs.all())
    assert {need.id for need in stored} == {need.id for needs in made for need in needs}
    assert {need.title for need in stored} == {"Otra vez"}


def test_a_count_kept_by_two_writers_misses_no_step(begin: Begin, company: Organization) -> None:
    """Each reads, then writes what it read plus one: an update lost between the two would show."""
    need = make_need(organization=company.id, title="0")
    with begin() as work:
        work.needs.add([need])
        work.commit()

    def step_up() -> None:
        for _ in range(10):
            with begin() as work:
                found = work.needs.get(need.id)
                work.needs.replace([replace(found, title=str(int(found.title) + 1))])
                work.commit()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(step_up) for _ in range(2)]:
            future.result(timeout=30)
    with begin(writes=False) as work:
        assert work.needs.get(need.id).title == "20"


def test_two_writers_that_touch_the_same_rows_wait_instead_of_failing(begin: Begin, company: Organization) -> None:
    first, second = make_need(organization=company.id), make_need(organization=company.id)
    with begin() as work:
        work.needs.add([first, second])
        work.commit()
    started = Event()

    def write_other_way_round() -> None:
        started.set()
        with begin() as work:
            work.needs.replace([replace(second, title="del otro")])
            work.needs.replace([replace(first, title="del otro")])
            work.commit()

    with ThreadPoolExecutor(1) as pool:
        with begin() as work:
            work.needs.replace([replace(first, title="de uno")])
            other = pool.submit(write_other_way_round)
            started.wait()
            sleep(A_WHILE)
            work.needs.replace([replace(second, title="de uno")])
            work.commit()
        other.result(timeout=30)
    with begin(writes=False) as work:
        assert {need.title for need in work.needs.all()} == {"del otro"}


def test_nothing_is_locked_between_the_commit_and_the_end(begin: Begin, company: Organization) -> None:
    def write() -> None:
        with begin() as work:
            work.needs.add([make_need(organization=company.id)])
            work.commit()

    with ThreadPoolExecutor(1) as pool, begin() as work:
        work.needs.add([make_need(organization=company.id)])
        work.commit()
        pool.submit(write).result(timeout=2)


def test_readers_never_wait_for_a_writer(begin: Begin, database: Database, company: Organization) -> None:
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: count_rows(database)["needs"]).result(timeout=5) == 0
    assert statements
