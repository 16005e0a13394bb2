"""Bad rows of a file: each is named with its row, its field and a remedy, and the good rows stand."""

from pathlib import Path
from typing import Any

import pytest

from matchmaker.clock import FixedClock
from matchmaker.portfolios.importing import Outcome, import_file
from matchmaker.portfolios.problems import Problem, write_report
from matchmaker.storage.database import Database
from matchmaker.texts import ENGLISH, SPANISH
from tests.factories import DAY, Begin

COLUMNS = ("reference", "title", "description", "kind", "owner", "state", "trl", "stage_of_development")

GOOD = {"title": "Bomba", "description": "Mueve agua", "kind": "patent", "owner": "OTT del Bajío"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Rows are rejected before they reach a database, so that one kind of it is enough."""
    return sqlite_url


def line(reference: str, **values: str) -> str:
    given = {"reference": reference, **GOOD, **values}
    assert given.keys() <= set(COLUMNS)
    return ",".join(given.get(column, "") for column in COLUMNS)


def take(database: Database, path: Path, content: str | bytes, **options: Any) -> Outcome:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return import_file(database, FixedClock(DAY), path, **options)


def stored(begin: Begin) -> list[str]:
    with begin(writes=False) as work:
        return sorted(offer.reference for offer in work.offers.all())


def rejected(outcome: Outcome) -> list[tuple[int, str, str]]:
    found = [problem for problem in outcome.problems if problem.fatal]
    assert len(found) == outcome.rejected
    return [(problem.row, problem.field, problem.key) for problem in found]


def test_every_bad_row_is_named_and_the_good_ones_stand(database: Database, begin: Begin, tmp_path: Path) -> None:
    lines = [
        ",".join(COLUMNS),
        line("P-2"),
        line("P-3", state="Jalsico"),
        line("P-2", title="Otra"),
        line("P-5", trl="7", stage_of_development="lab tested"),
        line("P-6") + ",de más",
        line("P-7", title="", description=""),
        line("P-8", kind="patente"),
        line("P-9", title='"Sin cerrar'),
        line("P-10", title="a\x00b"),
        line("P-11", state="México"),
        line("", title="Sin clave"),
        line("P-13", state="Jalisco"),
    ]

    outcome = take(database, tmp_path / "f.csv", "\n".join(lines))
    assert rejected(outcome) == [
        (3, "state", "field.state_near"),
        (4, "reference", "field.duplicate"),
        (5, "trl", "field.stage"),
        (6, "", "row.columns"),
        (7, "title", "field.missing"),
        (8, "kind", "field.choice"),
        (9, "title", "row.quote"),
        (10, "title", "field.control"),
        (11, "state", "field.state_near"),
        (12, "reference", "field.missing"),
    ]
    assert (outcome.rows_read, outcome.created) == (12, 2)
    assert stored(begin) == ["P-13", "P-2"]
    assert "fila 2" in said(outcome, 4)
    assert "Jalisco?" in said(outcome, 3)
    assert "Estado de México, Ciudad de México" in said(outcome, 11)


def said(outcome: Outcome, row: int) -> str:
    [problem] = [problem for problem in outcome.problems if problem.row == row]
    return problem.say(SPANISH)


def test_of_a_reference_given_twice_only_good_rows_count(database: Database, begin: Begin, tmp_path: Path) -> None:
    outcome = take(
        database,
        tmp_path / "f.csv",
        "\n".join([",".join(COLUMNS), line("P-1", kind="x"), line("P-1"), line("P-1"), line("P-1", owner="Otra OTT")]),
    )

    assert rejected(outcome) == [(2, "kind", "field.choice"), (4, "reference", "field.duplicate")]
    assert "fila 3" in said(outcome, 4)
    assert stored(begin) == ["P-1", "P-1"]


def test_a_file_of_windows_keeps_its_plain_rows(database: Database, begin: Begin, tmp_path: Path) -> None:
    content = "\n".join(
        [
            ",".join(COLUMNS),
            line("P-1", owner="OTT"),
            line("P-2", owner="OTT", title="Cerámica"),
            line("P-3", owner="Año"),
            line("P-4", owner="OTT"),
        ]
    )

    outcome = take(database, tmp_path / "f.csv", content.encode("cp1252"))
    assert rejected(outcome) == [(3, "title", "row.encoding"), (4, "owner", "row.encoding")]
    assert "e1 6d 69 63 61" in said(outcome, 3)
    assert stored(begin) == ["P-1", "P-4"]

    assert take(database, tmp_path / "f.csv", content.encode("utf-8-sig")).created == 2
    assert stored(begin) == ["P-1", "P-2", "P-3", "P-4"]


def test_sizes_beyond_reason_reject_their_row_only(database: Database, begin: Begin, tmp_path: Path) -> None:
    content = "\n".join(
        [
            ",".join(COLUMNS),
            line("P-1"),
            line("P-2", description="x" * 3_000_000),
            line("P-3", description="x" * 20_000_000),
            line("P-4"),
        ]
    )

    outcome = take(database, tmp_path / "f.csv", content)
    assert rejected(outcome) == [(3, "description", "field.too_long"), (4, "description", "row.line_size")]
    assert stored(begin) == ["P-1", "P-4"]


def test_what_concerns_the_whole_file_is_said_once_at_the_first_row_taken(database: Database, tmp_path: Path) -> None:
    content = (
        "clave,descripción,oficina,teléfono,fax,kind\n"
        "P-1,Mueve agua,,1,,\n"
        "P-2,Mueve agua,OTT,1,,\n"
        "P-3,Mueve lodo,OTT,2,3,\n"
        "P-4,Mueve arena,OTT,2,3,software\n"
    )

    outcome = take(database, tmp_path / "f.csv", content)
    assert rejected(outcome) == [(2, "owner", "field.owner")]
    assert [(problem.row, problem.field, problem.key) for problem in outcome.problems if not problem.fatal] == [
        (3, "telefono", "row.unknown_column"),
        (3, "kind", "row.kind_assumed"),
        (3, "title", "row.title_assumed"),
        (4, "fax", "row.unknown_column"),
    ]
    assert outcome.warnings == 4


def test_a_row_rejected_for_its_day_brings_no_warnings(database: Database, tmp_path: Path) -> None:
    content = '{"id": "P-1", "title": "Bomba", "expiration_date": "2026-01-01", "telefono": "1"}\n'

    outcome = take(database, tmp_path / "f.jsonl", content, owner="OTT")
    assert rejected(outcome) == [(1, "expiration_date", "field.order")]
    assert outcome.warnings == 0


BAD_JSON = [
    ('"legal_status": "vigente"', "legal_status", "field.json"),
    ('"legal_status": {"state": "in_force"}', "legal_status", "field.objects"),
    ('"legal_status": [{"jurisdiction": "MX"}]', "legal_status.right", "field.missing"),
    ('"legal_status": [{"pais": "MX"}]', "legal_status.pais", "field.choice"),
    (f'"legal_status": "{"[" * 50_000}"', "legal_status", "field.nested"),
    (f'"legal_status": {"[" * 50_000}', "legal_status", "row.nested"),
    ('"licensing": [{"availability": "libre"}]', "licensing.availability", "field.choice"),
    ('"license_availability": "libre"', "license_availability", "field.choice"),
    ('"technology_keywords": ["a", "b", "c", "d", "e", "f"]', "technology_keywords", "field.too_many"),
    ('"title": "\\ud800"', "title", "field.control"),
    ('"title": "\\u0000"', "title", "field.control"),
    ('"deliverable_remotely": "quizá"', "deliverable_remotely", "field.boolean"),
    ('"trl": ' + "9" * 5_000, "trl", "row.digits"),
    ('"publication_date": "31/03/2026"', "publication_date", "field.date"),
    ('"expiration_date": "2026-01-01"', "expiration_date", "field.order"),
]


def test_every_bad_json_line_is_named_and_the_good_ones_stand(database: Database, begin: Begin, tmp_path: Path) -> None:
    start = '{"title": "Bomba", "kind": "patent", "owner": "OTT", "id":'
    lines = [f'{start} "P-{number}", {bad}}}' for number, (bad, _, _) in enumerate(BAD_JSON, start=1)]
    lines = [f'{start} "P-first"}}', *lines, f'{start} "P-last"}}']

    outcome = take(database, tmp_path / "f.jsonl", "\n".join(lines))
    assert rejected(outcome) == [(row, field, key) for row, (_, field, key) in enumerate(BAD_JSON, start=2)]
    assert stored(begin) == ["P-first", "P-last"]
    assert all(problem.say(SPANISH) != problem.say(ENGLISH) for problem in outcome.problems)


def test_what_looks_like_a_formula_is_stored_as_it_is_and_reported_harmlessly(
    database: Database, begin: Begin, tmp_path: Path
) -> None:
    content = "reference,title,kind,owner,=1+1\nP-1,=HYPERLINK(1),patent,OTT,x\n"

    outcome = take(database, tmp_path / "f.csv", content)
    write_report(outcome.problems, tmp_path / "report.csv", SPANISH)
    with begin(writes=False) as work:
        assert [offer.title for offer in work.offers.all()] == ["=HYPERLINK(1)"]
    assert "\n2,'=1+1," in (tmp_path / "report.csv").read_text(encoding="utf-8-sig").replace("\r", "")


def test_problems_are_listed_by_row_and_rejections_first(database: Database, tmp_path: Path) -> None:
    content = "\n".join(
        ["reference,title,owner,fax", "P-1,Bomba,OTT,1", "P-2,,OTT,", "P-3,Bomba,,", ""],
    )

    outcome = take(database, tmp_path / "f.csv", content)
    assert [problem.row for problem in outcome.problems] == [2, 2, 3, 4]
    assert all(isinstance(problem, Problem) for problem in outcome.problems)
