"""A database that fails half-way: whole portions stand, broken ones leave no trace, and importing again completes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from matchmaker.clock import FixedClock
from matchmaker.portfolios.importing import import_file
from matchmaker.storage import tables
from matchmaker.storage.database import Database
from matchmaker.storage.repositories import Offers, Organizations
from tests.factories import DAY, Begin

LICENCE = {"licensing": [{"availability": "available"}]}


class DiskFull(Exception):
    """What a database says when it fails."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five offers and a need of five owners, in portions of two."""
    monkeypatch.setattr("matchmaker.portfolios.importing._PORTION", 2)
    rows: list[dict[str, Any]] = [
        {"id": f"P-{number}", "title": "Bomba", "kind": "patent", "owner": f"OTT {number}", **LICENCE}
        for number in range(1, 6)
    ]
    rows.insert(3, {"id": "N-1", "title": "Quitar cromo", "profile_type": "request", "owner": "OTT 1"})
    path = tmp_path / "portafolio.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def sizes(database: Database) -> dict[str, int]:
    wanted = ("organizations", "offers", "needs", "licensing", "changes")
    with database.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(tables.metadata.tables[name])).scalar_one()
            for name in wanted
        }


def fail_at(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, call: int, *, afterwards: bool) -> None:
    """Let the ``call``-th call of a repository's method fail, before or after it has done its work."""
    original = getattr(kind, name)
    calls = 0

    def failing(self: Any, given: Sequence[Any]) -> None:
        nonlocal calls
        calls += 1
        if calls == call and not afterwards:
            raise DiskFull
        original(self, given)
        if calls == call:
            raise DiskFull

    monkeypatch.setattr(kind, name, failing)


@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize(
    ("kind", "name", "call"), [(Offers, "add", 2), (Organizations, "add", 3), (Offers, "replace", 2)]
)
def test_a_portion_that_fails_leaves_no_trace_and_importing_again_completes_it(
    database: Database, file: Path, begin: Begin, kind: type, name: str, call: int, *, afterwards: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fail_at(patch, kind, name, call, afterwards=afterwards)
        with pytest.raises(DiskFull):
            import_file(database, FixedClock(DAY), file)
    assert sizes(database) == {"organizations": 2, "offers": 2, "needs": 0, "licensing": 2, "changes": 2}

    again = import_file(database, FixedClock(DAY), file)
    assert (again.created, again.unchanged, again.rejected) == (4, 2, 0)
    assert sizes(database) == {"organizations": 5, "offers": 5, "needs": 1, "licensing": 5, "changes": 6}
    with begin(writes=False) as work:
        assert sorted(offer.reference for offer in work.offers.all()) == ["P-1", "P-2", "P-3", "P-4", "P-5"]


def test_an_update_that_fails_leaves_the_old_rows(
    database: Database, file: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(database, FixedClock(DAY), file)
    file.write_text(file.read_text(encoding="utf-8").replace("Bomba", "Válvula"), encoding="utf-8")

    fail_at(monkeypatch, Offers, "replace", 2, afterwards=True)
    with pytest.raises(DiskFull):
        import_file(database, FixedClock(DAY), file)
    with begin(writes=False) as work:
        titles = {offer.reference: offer.title for offer in work.offers.all()}
        licences = [len(offer.licensing) for offer in work.offers.all()]
    assert titles == {"P-1": "Válvula", "P-2": "Válvula", "P-3": "Bomba", "P-4": "Bomba", "P-5": "Bomba"}
    assert licences == [1] * 5


def test_a_file_that_is_refused_changes_nothing(database: Database, file: Path) -> None:
    import_file(database, FixedClock(DAY), file)
    before = sizes(database)

    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(Exception, match="UTF-16"):
        import_file(database, FixedClock(DAY), file)
    assert sizes(database) == before
