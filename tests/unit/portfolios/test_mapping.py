import json
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from matchmaker.errors import FieldError, FileRefused
from matchmaker.portfolios.build import KNOWN
from matchmaker.portfolios.mapping import Mapping
from matchmaker.texts import SPANISH


def load(tmp_path: Path, content: Any) -> Mapping:
    path = tmp_path / "mapa.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    return Mapping.load(path)


def refused(tmp_path: Path, content: Any) -> FileRefused:
    with pytest.raises(FileRefused) as error:
        load(tmp_path, content)
    return error.value


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Título", "title"),
        ("TÍTULO", "title"),
        ("ti\u0301tulo", "title"),
        (" Descripción ", "description"),
        ("País", "country"),
        ("Palabras clave", "technology_keywords"),
        ("Fecha  de\u00a0publicación", "publication_date"),
        ("Clave", "reference"),
        ("OTT", "owner"),
        ("Empresa", "owner"),
        ("Technology-Keywords", "technology_keywords"),
        ("Short Summary", "short_summary"),
        ("_id", "reference"),
        ("text", "description"),
        ("Teléfono", "telefono"),
    ],
)
def test_a_column_is_known_by_its_name_whatever_its_accents_case_and_spaces(column: str, field: str) -> None:
    assert Mapping().field_of(column) == field


def test_a_mapped_column_is_read_as_its_mapping_says() -> None:
    mapping = Mapping({"Núm. interno": "reference", "Título": "short_summary"})

    assert mapping.header("f.csv", ["Núm. interno", "Título", "Nombre", "title"]) == [
        "reference",
        "short_summary",
        "nombre",
        "title",
    ]


def test_a_mapping_file_names_columns_and_defaults(tmp_path: Path) -> None:
    mapping = load(tmp_path, {"columns": {"Folio": "reference"}, "defaults": {"kind": "patent", "language": " "}})

    assert mapping.columns == {"Folio": "reference"}
    assert mapping.with_defaults({"title": "Bomba"}) == {"kind": "patent", "title": "Bomba"}
    assert mapping.with_defaults({"kind": "software"}) == {"kind": "software"}


def test_either_part_of_a_mapping_may_be_left_out(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Mapping()
    assert load(tmp_path, {"columns": {"Folio": "reference"}}).defaults == {}


def test_a_mapping_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert load(tmp_path, b'\xef\xbb\xbf{"defaults": {"kind": "patent"}}').defaults == {"kind": "patent"}


@pytest.mark.parametrize(
    "content",
    [
        [],
        "reference",
        {"column": {"Folio": "reference"}},
        {"columns": ["reference"]},
        {"defaults": "patent"},
        "año".encode("latin-1"),
        b"[" * 100_000,
        b'{"defaults": {"trl": ' + b"9" * 5_000 + b"}}",
    ],
)
def test_what_is_no_mapping_is_refused_with_an_example_of_one(tmp_path: Path, content: Any) -> None:
    error = refused(tmp_path, content)

    assert error.key == "file.mapping"
    assert "mapa.json no es un archivo de correspondencias" in error.say(SPANISH)
    assert '{"columns": {"su columna": "campo"}' in error.say(SPANISH)


def test_a_syntax_error_of_a_mapping_file_is_placed(tmp_path: Path) -> None:
    error = refused(tmp_path, b'{"columns": {"Folio" "reference"}}')

    assert error.key == "file.mapping_json"
    assert "carácter 22" in error.say(SPANISH)


@pytest.mark.parametrize(
    "content",
    [
        {"columns": {"Folio": "referense"}},
        {"columns": {"Folio": ["referense"]}},
        {"columns": {"Folio": "organization"}},
        {"defaults": {"referense": "P-1"}},
    ],
)
def test_a_mapping_to_a_field_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path, content: Any) -> None:
    error = refused(tmp_path, content)

    assert error.key == "file.mapping_field"
    assert "referen" in error.say(SPANISH) or "organization" in error.say(SPANISH)
    assert ", reference, " in error.say(SPANISH)


@pytest.mark.parametrize("field", sorted(KNOWN))
def test_every_field_can_be_mapped_to(tmp_path: Path, field: str) -> None:
    assert load(tmp_path, {"columns": {"Columna": field}}).field_of("Columna") == field


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as error:
        Mapping.load(tmp_path / "no_existe.json")
    assert error.value.key == "file.missing"


def test_a_folder_is_no_mapping_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as error:
        Mapping.load(tmp_path)
    assert error.value.key == "file.unreadable"


@pytest.mark.parametrize(
    ("columns", "missing"),
    [(["Título", "Descripción"], "reference"), (["Clave", "Resumen"], "title"), ([], "reference")],
)
def test_a_missing_column_is_refused_by_name_with_what_was_found(columns: list[str], missing: str) -> None:
    with pytest.raises(FileRefused) as error:
        Mapping().header("f.csv", columns)

    sentence = error.value.say(SPANISH)
    assert error.value.key == "file.column"
    assert "fila 1" in sentence
    assert f"falta la columna {missing}" in sentence
    assert ", ".join(columns) in sentence
    assert "--mapping" in sentence


def test_a_title_is_not_required_where_there_is_a_description() -> None:
    assert Mapping().header("f.csv", ["clave", "texto", "descripción"]) == ["reference", "texto", "description"]


def test_a_column_with_a_default_is_not_required() -> None:
    assert Mapping(defaults={"title": "Sin título"}).header("f.csv", ["clave"]) == ["reference"]


def test_two_columns_of_one_field_are_refused_naming_both() -> None:
    with pytest.raises(FileRefused) as error:
        Mapping().header("f.csv", ["id", "title", "Referencia"])

    assert error.value.key == "file.duplicate_column"
    assert "id, Referencia" in error.value.say(SPANISH)


def test_columns_without_a_name_are_called_by_their_place() -> None:
    assert Mapping().header("f.csv", ["id", "", "title", ""]) == ["reference", "#2", "title", "#4"]


def test_a_header_of_very_many_columns_is_read_at_once() -> None:
    columns = ["id", "title", *(f"c{number}" for number in range(50_000))]

    began = perf_counter()
    assert len(Mapping().header("f.csv", columns)) == 50_002
    assert perf_counter() - began < 10


def test_an_object_is_read_under_our_names_without_its_empty_values() -> None:
    content = {"Clave": "P-1", "título": "Bomba", "trl": 0, "deliverable_remotely": False}
    nothing: dict[str, Any] = {"a": None, "b": "", "c": " \n", "d": [], "e": {}}

    assert Mapping().apply(content | nothing) == {
        "reference": "P-1",
        "title": "Bomba",
        "trl": 0,
        "deliverable_remotely": False,
    }


def test_two_keys_of_one_field_are_refused_unless_one_is_empty() -> None:
    assert Mapping().apply({"título": "", "title": "Bomba"}) == {"title": "Bomba"}
    with pytest.raises(FieldError) as error:
        Mapping().apply({"título": "Bomba", "title": "Válvula"})
    assert (error.value.field, error.value.rule) == ("title", "twice")
