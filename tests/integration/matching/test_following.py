"""The indexes follow committed changes exactly once."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from index.documents import DocumentIndex
from matchmaker.clock import FixedClock
from matchmaker.domain.organization import Organization
from matchmaker.matching.indexing import Indexes
from matchmaker.storage.changes import ProfileKind
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role
from tests.crash.word_encoder import WordEncoder
from tests.factories import DAY, Begin, make_need, make_offer, make_organization


@pytest.fixture
def encoder(tmp_path: Path) -> CachedEncoder:
    return CachedEncoder(cast(Any, WordEncoder()), tmp_path / "embeddings")


@pytest.fixture
def indexes(database: Database, encoder: CachedEncoder, tmp_path: Path) -> Indexes:
    return _open(database, encoder, tmp_path)


def test_a_committed_offer_is_found_and_an_uncommitted_one_is_not(
    begin: Begin, company: Organization, indexes: Indexes, encoder: CachedEncoder
) -> None:
    kept = make_offer(organization=company.id, title="bomba sumergible")
    with begin() as work:
        work.offers.add([kept])
        work.commit()
    with begin() as work:
        work.offers.add([make_offer(organization=company.id, title="bomba fantasma")])

    indexes.catch_up()

    assert indexes.size(ProfileKind.OFFER) == 1
    assert _first(indexes, encoder, "bomba sumergible") == str(kept.id)


def test_an_edit_replaces_and_a_deletion_removes(
    begin: Begin, company: Organization, indexes: Indexes, encoder: CachedEncoder
) -> None:
    one = make_offer(organization=company.id, title="horno de ladrillo", description="")
    two = make_offer(organization=company.id, title="secador de café", description="")
    with begin() as work:
        work.offers.add([one, two])
        work.commit()
    indexes.catch_up()
    with begin() as work:
        work.offers.replace([replace(one, title="molino de nixtamal")])
        work.offers.remove(two.id)
        work.commit()

    touched = indexes.catch_up()

    assert touched == 2
    assert indexes.size(ProfileKind.OFFER) == 1
    assert _first(indexes, encoder, "molino de nixtamal") == str(one.id)
    assert all(difference.agrees for difference in indexes.compare())


def test_following_again_touches_nothing(begin: Begin, company: Organization, indexes: Indexes) -> None:
    with begin() as work:
        work.needs.add([make_need(organization=company.id)])
        work.commit()

    assert indexes.pending() == 1
    assert indexes.catch_up() == 1
    assert indexes.pending() == 0
    assert indexes.catch_up() == 0


def test_another_process_starts_from_what_was_saved(
    begin: Begin, company: Organization, indexes: Indexes, database: Database, encoder: CachedEncoder, tmp_path: Path
) -> None:
    with begin() as work:
        work.offers.add([make_offer(organization=company.id) for _ in range(5)])
        work.commit()
    indexes.catch_up()

    other = _open(database, encoder, tmp_path)

    assert other.size(ProfileKind.OFFER) == 5
    assert other.catch_up() == 0


def test_an_index_of_another_database_is_rebuilt(
    begin: Begin, company: Organization, indexes: Indexes, encoder: CachedEncoder, tmp_path: Path
) -> None:
    with begin() as work:
        work.offers.add([make_offer(organization=company.id) for _ in range(3)])
        work.commit()
    indexes.catch_up()
    restored = Database(f"sqlite:///{tmp_path / 'restored.sqlite'}")
    restored.migrate()
    owner = make_organization()
    with UnitOfWork(restored, FixedClock(DAY)) as work:
        work.organizations.add(owner)
        work.offers.add([make_offer(organization=owner.id) for _ in range(4)])
        work.commit()

    other = _open(restored, encoder, tmp_path)
    other.catch_up()

    assert other.size(ProfileKind.OFFER) == 4
    assert all(difference.agrees for difference in other.compare())
    assert _open(restored, encoder, tmp_path).catch_up() == 0
    restored.close()


def test_compare_counts_what_is_missing_extra_and_stale(
    begin: Begin, company: Organization, indexes: Indexes, database: Database, encoder: CachedEncoder, tmp_path: Path
) -> None:
    offers = [make_offer(organization=company.id) for _ in range(4)]
    with begin() as work:
        work.offers.add(offers)
        work.commit()
    indexes.catch_up()
    with begin() as work:
        work.offers.remove(offers[0].id)
        work.offers.replace([replace(offers[1], title="Otra cosa")])
        work.offers.add([make_offer(organization=company.id), make_offer(organization=company.id)])
        work.commit()

    found = {difference.kind: difference for difference in _open(database, encoder, tmp_path).compare()}

    offer = found[ProfileKind.OFFER]
    assert (offer.missing, offer.extra, offer.stale) == (2, 1, 1)
    assert not offer.agrees
    assert found[ProfileKind.NEED].agrees


def test_a_search_is_answered_while_texts_are_being_encoded(
    begin: Begin, company: Organization, indexes: Indexes, encoder: CachedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_offer(organization=company.id, title="tamiz vibratorio")
    with begin() as work:
        work.offers.add([first])
        work.commit()
    indexes.catch_up()
    with begin() as work:
        work.offers.add([make_offer(organization=company.id)])
        work.commit()
    encode = CachedEncoder.encode
    answers: list[str] = []

    def encode_slowly(self: CachedEncoder, *arguments: Any) -> Any:
        answers.append(_first(indexes, encoder, "tamiz vibratorio"))
        return encode(self, *arguments)

    monkeypatch.setattr(CachedEncoder, "encode", encode_slowly)
    indexes.catch_up()

    assert answers == [str(first.id)]


def test_nothing_to_index_saves_nothing(indexes: Indexes, tmp_path: Path) -> None:
    assert indexes.catch_up() == 0
    assert not (tmp_path / "index").exists()
    assert isinstance(DocumentIndex.open(tmp_path / "index" / "offer", "x", 4), DocumentIndex)


def _open(database: Database, encoder: CachedEncoder, folder: Path) -> Indexes:
    return Indexes(database, FixedClock(DAY), encoder, folder / "index")


def _first(indexes: Indexes, encoder: CachedEncoder, text: str) -> str:
    vectors = encoder.encoder.encode(encoder.encoder.passages(text), Role.QUERY)
    return indexes.search(ProfileKind.OFFER, vectors, 1)[0].identity
