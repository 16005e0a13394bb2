import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.errors import FieldError, FileRefused
from matchmaker.portfolios.problems import Problem, visible, write_report
from matchmaker.texts import ENGLISH, SPANISH, Language

MISSING = Problem(3, "title", "field.missing", {"field": "title"})
UNKNOWN = Problem(2, "telefono", "row.unknown_column", {"field": "telefono"}, fatal=False)


def report(path: Path, *problems: Problem, language: Language = SPANISH) -> list[list[str]]:
    write_report(problems, path, language)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_problem_says_in_both_languages_what_to_do() -> None:
    assert MISSING.say(SPANISH) == "falta title: escriba el dato y envíe de nuevo la fila"
    assert MISSING.say(ENGLISH) == "title is missing: write it and send the row again"


def test_a_broken_rule_becomes_the_problem_of_its_row() -> None:
    problem = Problem.of(7, FieldError("trl", "range", value=12, low=1, high=9))

    assert (problem.row, problem.field, problem.key, problem.fatal) == (7, "trl", "field.range", True)
    assert "12" in problem.say(SPANISH)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tenería “El Búfalo”, año 2026", "Tenería “El Búfalo”, año 2026"),
        ("a\x00b", "a\\x00b"),
        ("a\ud800b", "a\\ud800b"),
        ("línea\notra\ttab", "línea\\notra\\ttab"),
        ("\x1b[31mrojo", "\\x1b[31mrojo"),
        ("\u202eoxet", "\\u202eoxet"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_what_has_no_shape_is_shown_as_an_escape_and_long_texts_are_cut(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_whatever_is_shown_can_be_printed(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(text).encode("utf-8").decode("utf-8") == visible(text)


def test_a_sentence_repeats_little_of_a_long_value_and_nothing_unprintable() -> None:
    problem = Problem.of(
        2, FieldError("kind", "choice", value="\x00" + "patente " * 10_000, choices="patent, software")
    )

    sentence = problem.say(SPANISH)
    assert len(sentence) < 200
    assert sentence.isprintable()
    assert "\\x00patente" in sentence
    assert "patent, software" in sentence


def test_the_field_of_a_problem_can_be_printed() -> None:
    assert Problem(1, "col\ud800\n" + "x" * 500, "row.json").field.startswith("col\\ud800\\nxxx")


def test_the_report_is_written_in_the_readers_language(tmp_path: Path) -> None:
    spanish = report(tmp_path / "r.csv", UNKNOWN, MISSING)
    english = report(tmp_path / "r.csv", UNKNOWN, MISSING, language=ENGLISH)

    assert spanish[0] == ["fila", "campo", "resultado", "qué hacer"]
    assert [line[:3] for line in spanish[1:]] == [["2", "telefono", "aceptada"], ["3", "title", "rechazada"]]
    assert spanish[2][3] == MISSING.say(SPANISH)
    assert english[0] == ["row", "field", "result", "what to do"]
    assert [line[:3] for line in english[1:]] == [["2", "telefono", "taken"], ["3", "title", "rejected"]]
    assert english[2][3] == MISSING.say(ENGLISH)


def test_the_report_has_the_mark_by_which_spreadsheets_know_utf_8(tmp_path: Path) -> None:
    report(tmp_path / "r.csv", MISSING)

    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
@pytest.mark.parametrize("language", Language)
def test_no_cell_of_the_report_is_run_as_a_formula(tmp_path: Path, formula: str, language: Language) -> None:
    unknown = Problem(2, formula, "row.unknown_column", {"field": formula}, fatal=False)
    broken = Problem.of(3, FieldError(formula, "missing"))

    for line in report(tmp_path / "r.csv", unknown, broken, language=language):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def test_a_report_survives_every_character(tmp_path: Path) -> None:
    odd = Problem(2, "\ud800\x00", "field.choice", {"field": "kind", "value": '\udfff\x00,"\n', "choices": "patent"})

    [_, line] = report(tmp_path / "r.csv", odd)
    assert line[:2] == ["2", "\\ud800\\x00"]
    assert '\\udfff\\x00,"\\n' in line[3]


def test_a_report_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        write_report([], tmp_path / "no" / "report.csv", SPANISH)

    assert refused.value.key == "file.report"
    assert "report.csv" in refused.value.say(SPANISH)
