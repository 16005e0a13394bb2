"""The change log: one entry for each change, seen once and in order, whoever writes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from time import monotonic, sleep
from uuid import UUID

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedClock
from matchmaker.domain.organization import Organization
from matchmaker.errors import NotFound
from matchmaker.storage import tables
from matchmaker.storage.changes import Change, Operation, ProfileKind
from matchmaker.storage.database import Database
from tests.factories import DAY, Begin, make_need, make_offer

NEED, OFFER = ProfileKind.NEED, ProfileKind.OFFER
PUT, DROP = Operation.PUT, Operation.DROP

Entry = tuple[UUID, Operation]


def logged(begin: Begin, kind: ProfileKind) -> list[Entry]:
    with begin(writes=False) as work:
        return [(change.entity, change.operation) for change in work.changes.after(0, kind, 10_000)]


def test_an_empty_log_is_at_revision_0(begin: Begin) -> None:
    with begin(writes=False) as work:
        assert work.changes.last_revision(NEED) == 0
        assert work.changes.after(0, NEED, 10) == []


def test_adding_replacing_and_removing_is_logged_once_for_each_entity(begin: Begin, company: Organization) -> None:
    needs = [make_need(organization=company.id) for _ in range(3)]
    offer = make_offer(organization=company.id)
    with begin() as work:
        work.needs.add(needs)
        work.offers.add([offer])
        work.needs.replace([replace(needs[1], title="Otra cosa"), needs[0]])
        work.needs.remove(needs[2].id)
        work.commit()
    first, second, third = (need.id for need in needs)
    assert logged(begin, NEED) == [
        (first, PUT),
        (second, PUT),
        (third, PUT),
        (second, PUT),
        (first, PUT),
        (third, DROP),
    ]
    assert logged(begin, OFFER) == [(offer.id, PUT)]


def test_revisions_rise_and_are_shared_by_both_kinds(begin: Begin, company: Organization) -> None:
    with begin() as work:
        for _ in range(3):
            work.needs.add([make_need(organization=company.id), make_need(organization=company.id)])
            work.offers.add([make_offer(organization=company.id)])
        work.commit()
        needs, offers = work.changes.after(0, NEED, 99), work.changes.after(0, OFFER, 99)
        assert work.changes.last_revision(NEED) == needs[-1].revision
        assert work.changes.last_revision(OFFER) == offers[-1].revision
    revisions = [change.revision for change in needs]
    assert revisions == sorted(revisions)
    assert revisions[0] > 0
    assert len({*revisions, *(change.revision for change in offers)}) == 9
    assert needs[1].revision < offers[0].revision < needs[2].revision


def test_the_log_is_read_in_portions_after_a_revision(begin: Begin, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id) for _ in range(5)])
        every = work.changes.after(0, NEED, 99)
        assert work.changes.after(0, NEED, 2) == every[:2]
        assert work.changes.after(every[1].revision, NEED, 2) == every[2:4]
        assert work.changes.after(every[4].revision, NEED, 2) == []
        assert [work.changes.count_after(change.revision, NEED) for change in every] == [4, 3, 2, 1, 0]
        assert work.changes.count_after(0, OFFER) == 0


def test_a_change_that_is_rolled_back_is_not_in_the_log(begin: Begin, company: Organization) -> None:
    stays = make_need(organization=company.id)
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
    with begin() as work:
        work.needs.add([stays])
        work.commit()
    assert logged(begin, NEED) == [(stays.id, PUT)]


def test_a_change_that_was_refused_is_not_in_the_log(begin: Begin, company: Organization) -> None:
    need = make_need(organization=company.id)
    with begin() as work:
        with pytest.raises(NotFound):
            work.needs.replace([need])
        with pytest.raises(NotFound):
            work.needs.remove(need.id)
        work.commit()
    assert logged(begin, NEED) == []


def test_an_entry_outlives_the_need_it_is_about(begin: Begin, company: Organization) -> None:
    need = make_need(organization=company.id)
    with begin() as work:
        work.needs.add([need])
        work.needs.remove(need.id)
        work.commit()
    assert logged(begin, NEED) == [(need.id, PUT), (need.id, DROP)]


def test_revisions_are_never_used_again(begin: Begin, database: Database, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id) for _ in range(3)])
        work.commit()
        before = work.changes.last_revision(NEED)
    with database.writer.begin() as connection:
        connection.execute(tables.changes.delete())
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        assert work.changes.last_revision(NEED) > before


def test_an_entry_says_when_in_utc(begin: Begin, database: Database, company: Organization) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        work.commit()
    with database.engine.connect() as connection:
        recorded = connection.execute(select(tables.changes.c.recorded_at)).scalar_one()
    assert recorded == FixedClock(DAY).now()
    assert recorded.utcoffset() == timedelta(0)


def test_a_later_writer_waits_so_that_no_reader_sees_its_revision_first(begin: Begin, company: Organization) -> None:
    early, late = make_need(organization=company.id), make_need(organization=company.id)

    def write_late() -> None:
        with begin() as work:
            work.needs.add([late])
            work.commit()

    with ThreadPoolExecutor(1) as pool:
        with begin() as work:
            work.needs.add([early])
            later = pool.submit(write_late)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.4)
            assert logged(begin, NEED) == []
            work.commit()
        later.result(timeout=30)
    assert logged(begin, NEED) == [(early.id, PUT), (late.id, PUT)]


def test_a_reader_sees_every_revision_once_and_in_order_while_others_write(begin: Begin, company: Organization) -> None:
    writers, rounds = 4, 10
    barrier = Barrier(writers + 1)

    def write(writer: int) -> list[UUID]:
        barrier.wait()
        written: list[UUID] = []
        for turn in range(rounds):
            needs = [make_need(organization=company.id) for _ in range(1 + turn % 3)]
            with begin() as work:
                work.needs.add(needs[:1])
                sleep(0.001 * writer)
                work.needs.add(needs[1:])
                if turn % 5 == 4:
                    continue  # a number handed out and given up
                work.commit()
            written += [need.id for need in needs]
        return written

    with ThreadPoolExecutor(writers) as pool:
        futures = [pool.submit(write, writer) for writer in range(writers)]
        barrier.wait()
        seen: list[Change] = []
        give_up = monotonic() + 30
        writing = True
        while writing and monotonic() < give_up:
            writing = not all(future.done() for future in futures)
            seen += drain(begin, seen[-1].revision if seen else 0)
            sleep(0.002)
        written = [identity for future in futures for identity in future.result()]

    revisions = [change.revision for change in seen]
    assert revisions == sorted(set(revisions))
    assert sorted(change.entity for change in seen) == sorted(written)


def drain(begin: Begin, revision: int) -> list[Change]:
    """Everything there is after ``revision``, in small portions, each read in a transaction of its own."""
    seen: list[Change] = []
    while True:
        with begin(writes=False) as work:
            portion = work.changes.after(seen[-1].revision if seen else revision, NEED, 3)
        if not portion:
            return seen
        seen += portion
