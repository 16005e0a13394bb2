"""``matchmaker import`` as somebody at a terminal uses it, and as a program does."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select
from typer.testing import CliRunner, Result

from matchmaker.cli import importing
from matchmaker.cli.app import app
from matchmaker.storage import tables

FILE = """clave,título,descripción,tipo,estado,teléfono
P-1,Bomba de membrana,Mueve agua con lodo.,patent,Jalisco,33 1234
P-2,Válvula [/negra],Cierra.,patente,Jalisco,
P-3,Tamiz,Separa.,patent,Jalsico,
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    """A small file with one good row, and a warning, in three."""
    path = tmp_path / "portafolio.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def catch_up(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Stands in for the indexing, which needs the encoder, and says how often it was asked for."""
    asked: list[bool] = []

    def catch_up(*_: object) -> int:
        asked.append(True)
        return 0

    monkeypatch.setattr(importing, "catch_up", catch_up)
    return asked


def run(home: Path, *arguments: str | Path, **settings: str) -> Result:
    environment = {"MATCHMAKER_HOME": str(home), "MATCHMAKER_LANGUAGE": "es", "MATCHMAKER_DATABASE_URL": "", **settings}
    return CliRunner().invoke(app, ["import", *map(str, arguments)], env=environment)


def offers(home: Path) -> int:
    engine = create_engine(f"sqlite:///{home / 'matchmaker.sqlite'}")
    with engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(tables.offers)).scalar_one()
    engine.dispose()
    return count


def answer(result: Result) -> dict[str, Any]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.slow
def test_the_installed_program_imports_in_spanish_and_makes_the_good_rows_searchable(
    tmp_path: Path, portfolio: Path
) -> None:
    program = Path(sys.executable).with_name("matchmaker")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHMAKER_")}

    ran = subprocess.run(
        [program, "import", portfolio, "--owner", "OTT del Bajío", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment | {"MATCHMAKER_HOME": str(tmp_path / "home")},
        check=False,
    )

    report = json.loads(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {name: value for name, value in report.items() if name != "problems"} == {
        "rows_read": 3,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 2,
        "warnings": 1,
        "dry_run": False,
    }
    assert [{**problem, "message": ""} for problem in report["problems"]] == [
        {"row": 2, "field": "telefono", "rule": "row.unknown_column", "rejected": False, "message": ""},
        {"row": 3, "field": "kind", "rule": "field.choice", "rejected": True, "message": ""},
        {"row": 4, "field": "state", "rule": "field.state_near", "rejected": True, "message": ""},
    ]
    assert "¿Quiso decir Jalisco?" in report["problems"][2]["message"]
    assert (tmp_path / "home" / "index" / "offer").is_dir()


@pytest.mark.usefixtures("catch_up")
class TestScreen:
    def test_people_are_told_in_spanish_each_row_field_and_remedy(self, tmp_path: Path, portfolio: Path) -> None:
        result = run(tmp_path, portfolio, "--owner", "OTT")

        assert result.exit_code == 0
        assert "3 filas leídas: 1 nuevas" in result.stdout
        assert "2 rechazadas" in result.stdout
        assert "“patente”" in result.stdout
        assert "¿Quiso decir Jalisco?" in result.stdout

    def test_people_are_told_in_english_where_they_ask_for_it(self, tmp_path: Path, portfolio: Path) -> None:
        result = run(tmp_path, portfolio, "--owner", "OTT", MATCHMAKER_LANGUAGE="en")

        assert "3 rows read: 1 created" in result.stdout
        assert "Did you mean Jalisco?" in result.stdout
        assert "filas" not in result.stdout

    def test_square_brackets_from_a_file_are_no_markup(self, tmp_path: Path) -> None:
        path = tmp_path / "f.csv"
        path.write_text("reference,title,[/red]\nP-1,Bomba,x\n[bold],,\n", encoding="utf-8")

        result = run(tmp_path, path, "--owner", "OTT")
        assert (result.exit_code, result.exception) == (0, None)
        assert "[/red]" in result.stdout

    def test_many_problems_are_cut_and_the_report_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "f.csv"
        path.write_text("reference,title\n" + "P-1,\n" * 30, encoding="utf-8")

        result = run(tmp_path, path, "--owner", "OTT")
        assert "y 10 más" in result.stdout
        assert "--report" in result.stdout


class TestExit:
    def test_some_rejected_rows_are_no_failure(self, tmp_path: Path, portfolio: Path, catch_up: list[bool]) -> None:
        assert run(tmp_path, portfolio, "--owner", "OTT", "--json").exit_code == 0
        assert (offers(tmp_path), catch_up) == (1, [True])

    def test_rejected_rows_alone_are_a_failure(self, tmp_path: Path, portfolio: Path, catch_up: list[bool]) -> None:
        result = run(tmp_path, portfolio, "--json")

        assert result.exit_code == 1
        assert (answer(result)["rejected"], answer(result)["rows_read"]) == (3, 3)
        assert "--owner" in answer(result)["problems"][0]["message"]
        assert (offers(tmp_path), catch_up) == (0, [True])

    @pytest.mark.parametrize(
        ("content", "key"),
        [
            ("", "file.empty"),
            ("clave,título\n", "file.empty"),
            ("título,descripción\nBomba,x\n", "file.column"),
            (FILE.encode("utf-16"), "file.utf16"),
            (FILE.encode("cp1252"), "file.encoding"),
            ("Estimados colegas", "file.format"),
        ],
    )
    @pytest.mark.parametrize("language", ["es", "en"])
    def test_a_refused_file_is_a_failure_that_names_it(
        self, tmp_path: Path, catch_up: list[bool], content: str | bytes, key: str, language: str
    ) -> None:
        path = tmp_path / "portafolio.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

        result = run(tmp_path, path, "--owner", "OTT", "--json", MATCHMAKER_LANGUAGE=language)
        assert result.exit_code == 1
        assert answer(result)["error"] == key
        assert "portafolio.csv" in answer(result)["message"]
        assert answer(result)["message"] in result.stderr
        assert (offers(tmp_path), catch_up) == (0, [])

    @pytest.mark.parametrize("name", ["no_existe.csv", "a\udcf1o.csv"])
    def test_a_missing_file_is_a_failure(self, tmp_path: Path, name: str) -> None:
        result = run(tmp_path, tmp_path / name, "--json")

        assert (result.exit_code, answer(result)["error"]) == (1, "file.missing")

    @pytest.mark.parametrize(
        "arguments", [[], ["f.csv", "--format", "xlsx"], ["f.csv", "--dry"], ["f.csv", "g.csv"], ["f.csv", "--owner"]]
    )
    def test_bad_usage_is_told_apart(self, tmp_path: Path, arguments: list[str]) -> None:
        assert run(tmp_path, *arguments).exit_code == 2


class TestOptions:
    def test_a_dry_run_stores_and_indexes_nothing(self, tmp_path: Path, portfolio: Path, catch_up: list[bool]) -> None:
        result = run(tmp_path, portfolio, "--owner", "OTT", "--dry-run", "--json")

        assert result.exit_code == 0
        assert (answer(result)["created"], answer(result)["dry_run"]) == (1, True)
        assert (offers(tmp_path), catch_up) == (0, [])
        assert "no se cambió nada" in run(tmp_path, portfolio, "--owner", "OTT", "--dry-run").stdout

    @pytest.mark.usefixtures("catch_up")
    def test_a_mapping_names_the_columns(self, tmp_path: Path) -> None:
        file, mapping = tmp_path / "f.csv", tmp_path / "mapa.json"
        file.write_text("Folio,Nombre\nP-1,Bomba\n", encoding="utf-8")
        mapping.write_text(
            '{"columns": {"Folio": "reference", "Nombre": "title"}, "defaults": {"kind": "patent", "owner": "OTT"}}',
            encoding="utf-8",
        )

        result = run(tmp_path, file, "--mapping", mapping, "--json")
        assert (answer(result)["created"], answer(result)["problems"]) == (1, [])

    def test_a_bad_mapping_refuses_the_file(self, tmp_path: Path, portfolio: Path) -> None:
        mapping = tmp_path / "mapa.json"
        mapping.write_text('{"columns": {"clave": "referense"}}', encoding="utf-8")

        result = run(tmp_path, portfolio, "--mapping", mapping, "--json")
        assert (result.exit_code, answer(result)["error"]) == (1, "file.mapping_field")
        assert "“referense”" in answer(result)["message"]

    @pytest.mark.usefixtures("catch_up")
    def test_the_report_holds_every_problem(self, tmp_path: Path, portfolio: Path) -> None:
        report = tmp_path / "problemas.csv"

        run(tmp_path, portfolio, "--owner", "OTT", "--report", report)
        with report.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert [row[:3] for row in rows] == [
            ["fila", "campo", "resultado"],
            ["2", "telefono", "aceptada"],
            ["3", "kind", "rechazada"],
            ["4", "state", "rechazada"],
        ]

    def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(
        self, tmp_path: Path, portfolio: Path, catch_up: list[bool]
    ) -> None:
        result = run(tmp_path, portfolio, "--owner", "OTT", "--report", tmp_path / "no" / "r.csv", "--json")

        assert (result.exit_code, answer(result)["error"]) == (1, "file.report")
        assert (offers(tmp_path), catch_up) == (0, [])
