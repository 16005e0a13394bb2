"""Files to rows: formats, code pages, broken lines and sizes."""

from pathlib import Path
from typing import Any

import pytest

from matchmaker.errors import FileRefused
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.readers import Format, Row, count_rows, read
from matchmaker.portfolios.records import LONGEST_LINE
from matchmaker.texts import ENGLISH, SPANISH

HEADER = "reference,title,description\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portafolio"


def rows(path: Path, content: str | bytes, format: Format = Format.AUTO, mapping: Mapping | None = None) -> list[Row]:  # noqa: A002
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return list(read(path, format, mapping or Mapping()))


def values(path: Path, content: str | bytes, **given: Any) -> list[dict[str, Any]]:
    found = rows(path, content, **given)
    assert [row.problem for row in found if row.problem] == []
    return [row.values for row in found]


def refused(path: Path, content: str | bytes, format: Format = Format.AUTO) -> FileRefused:  # noqa: A002
    with pytest.raises(FileRefused) as error:
        rows(path, content, format)
    assert path.name in error.value.say(SPANISH)
    return error.value


def problem(row: Row) -> tuple[int, str, str]:
    assert row.problem is not None
    assert row.values == {}
    assert row.problem.fatal
    assert row.problem.row == row.number
    assert row.problem.say(SPANISH) != row.problem.say(ENGLISH)
    return row.number, row.problem.field, row.problem.key


class TestFormat:
    @pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
    def test_a_csv_file_is_known_by_the_separator_of_its_header(self, path: Path, separator: str) -> None:
        lines = [["reference", "title", "description"], ["P-1", "Bomba", "Mueve agua"]]
        content = "\n".join(separator.join(line) for line in lines)

        assert values(path, content) == [{"reference": "P-1", "title": "Bomba", "description": "Mueve agua"}]

    def test_json_lines_are_known_by_their_first_brace(self, path: Path) -> None:
        assert values(path, '\n {"reference": "P-1", "título": "Bomba"}\n') == [{"reference": "P-1", "title": "Bomba"}]

    @pytest.mark.parametrize("content", [b"", b"  \n\r\n", b"\xef\xbb\xbf"])
    @pytest.mark.parametrize("format", [Format.AUTO, Format.CSV])
    def test_a_file_with_nothing_in_it_is_refused_as_empty(
        self,
        path: Path,
        content: bytes,
        format: Format,  # noqa: A002
    ) -> None:
        assert refused(path, content, format).key == "file.empty"

    def test_a_text_that_is_neither_is_refused_with_the_remedy(self, path: Path) -> None:
        error = refused(path, "Estimados colegas\nadjunto el portafolio")

        assert error.key == "file.format"
        assert "--format" in error.say(SPANISH)

    def test_a_single_json_list_is_refused_with_the_remedy(self, path: Path) -> None:
        error = refused(path, '[{"reference": "P-1", "title": "Bomba"}]')

        assert error.key == "file.array"
        assert "JSON Lines" in error.say(SPANISH)

    def test_a_file_that_does_not_exist_is_named(self, path: Path) -> None:
        with pytest.raises(FileRefused) as error:
            list(read(path, Format.AUTO, Mapping()))
        assert error.value.key == "file.missing"

    def test_a_file_that_may_not_be_read_is_named(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path.write_text(HEADER)

        def forbid(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", forbid)
        with pytest.raises(FileRefused) as error:
            list(read(path, Format.AUTO, Mapping()))
        assert error.value.key == "file.unreadable"

    def test_a_file_whose_name_is_not_utf_8_is_named_printably(self, tmp_path: Path) -> None:
        with pytest.raises(FileRefused) as error:
            list(read(tmp_path / "a\udcf1o.csv", Format.AUTO, Mapping()))
        assert "a\\udcf1o.csv" in error.value.say(SPANISH)

    def test_the_rows_of_a_file_are_about_its_lines(self, path: Path) -> None:
        path.write_text("a\nb\nc\n")

        assert count_rows(path) == 3


class TestCodePage:
    CONTENT = HEADER + "P-1,Bomba,Mueve agua\nP-2,Cerámica,Piedra\nP-3,Tamiz,Separa caña\nP-4,Horno,Calienta\n"

    def test_rows_with_accents_of_another_code_page_are_rejected_and_plain_ones_stand(self, path: Path) -> None:
        found = rows(path, self.CONTENT.encode("cp1252"))

        assert [row.values["reference"] for row in found if row.problem is None] == ["P-1", "P-4"]
        assert [problem(row) for row in found if row.problem] == [
            (3, "title", "row.encoding"),
            (4, "description", "row.encoding"),
        ]
        title, description = (row.problem for row in found if row.problem)
        assert title is not None
        assert title.values == {"bytes": b"\xe1mica".hex(" ")}
        assert "e1 6d 69 63 61" in title.say(SPANISH)
        assert "UTF-8" in title.say(SPANISH)
        assert description is not None
        assert description.values == {"bytes": b"\xf1a".hex(" ")}

    def test_the_same_file_in_utf_8_is_read_with_or_without_a_mark(self, path: Path) -> None:
        plain = values(path, self.CONTENT)

        assert [row["title"] for row in plain] == ["Bomba", "Cerámica", "Tamiz", "Horno"]
        assert values(path, self.CONTENT.encode("utf-8-sig")) == plain

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    @pytest.mark.parametrize("format", Format)
    def test_utf_16_is_refused_as_a_whole_with_the_remedy(
        self,
        path: Path,
        encoding: str,
        format: Format,  # noqa: A002
    ) -> None:
        error = refused(path, self.CONTENT.encode(encoding), format)

        assert error.key == "file.utf16"
        assert "CSV UTF-8" in error.say(SPANISH)

    def test_a_header_of_another_code_page_is_refused_naming_its_bytes(self, path: Path) -> None:
        error = refused(path, "clave,título\nP-1,Bomba\n".encode("cp1252"))

        assert error.key == "file.encoding"
        assert "ed 74 75 6c 6f" in error.say(SPANISH)
        assert "UTF-8" in error.say(SPANISH)

    def test_a_json_line_of_another_code_page_names_the_field_that_holds_the_bytes(self, path: Path) -> None:
        line = '{"clave": "P-1", "título" : "Bomba \\"doble\\": cerámica"}\n{"clave": "P-2"}\n'
        broken = line.replace("cerámica", "cer#mica").encode("utf-8").replace(b"#", b"\xe1")

        first, second = rows(path, b"\xef\xbb\xbf" + broken)
        assert problem(first) == (1, "title", "row.encoding")
        assert first.problem is not None
        assert first.problem.values["bytes"].startswith("e1 6d")
        assert second.values == {"reference": "P-2"}

    def test_a_surrogate_written_as_bytes_is_not_utf_8(self, path: Path) -> None:
        [row] = rows(path, HEADER.encode() + b"P-1,a\xed\xa0\x80b,c\n")

        assert problem(row) == (2, "title", "row.encoding")

    def test_a_zero_byte_is_a_matter_of_its_row(self, path: Path) -> None:
        assert [row["title"] for row in values(path, HEADER + "P-1,a\x00b,c\nP-2,d,e\n")] == ["a\x00b", "d"]

    def test_marks_of_writing_direction_are_kept(self, path: Path) -> None:
        assert values(path, HEADER + "P-1,a\u200f\u202eb,c\n")[0]["title"] == "a\u200f\u202eb"


class TestCsv:
    def test_spanish_headers_with_accents_are_known(self, path: Path) -> None:
        content = "Clave;Título;Descripción;País;Palabras clave\nP-1;Bomba;Mueve agua;MX;agua\n"

        assert values(path, content) == [
            {
                "reference": "P-1",
                "title": "Bomba",
                "description": "Mueve agua",
                "country": "MX",
                "technology_keywords": "agua",
            }
        ]

    def test_rows_are_counted_as_a_spreadsheet_counts_them(self, path: Path) -> None:
        content = HEADER + 'P-1,"dos\nlíneas",a\n\n,,\nP-2,b,c,d\n'

        first, second = rows(path, content)
        assert (first.number, first.values["title"]) == (2, "dos\nlíneas")
        assert problem(second) == (5, "", "row.columns")

    def test_lines_before_the_header_that_are_blank_count_as_rows(self, path: Path) -> None:
        [row] = rows(path, "\n,,\n" + HEADER + "P-1,Bomba,a\n")

        assert row.number == 4

    def test_too_many_cells_are_counted_with_the_remedy(self, path: Path) -> None:
        row, good = rows(path, HEADER + "P-1,Bomba,mueve agua, aceite y lodo\nP-2,Tamiz,x\n")

        assert problem(row) == (2, "", "row.columns")
        assert row.problem is not None
        assert row.problem.values == {"found": 4, "expected": 3}
        assert "4 valores para 3 columnas" in row.problem.say(SPANISH)
        assert good.values["reference"] == "P-2"

    def test_empty_cells_beyond_the_header_are_no_matter(self, path: Path) -> None:
        assert values(path, HEADER + "P-1,Bomba,x,, \n")[0]["description"] == "x"

    def test_cells_that_are_missing_at_the_end_are_empty(self, path: Path) -> None:
        assert values(path, HEADER + "P-1,Bomba\n") == [{"reference": "P-1", "title": "Bomba"}]

    def test_an_unclosed_quotation_mark_costs_its_row_only(self, path: Path) -> None:
        broken, *good = rows(path, HEADER + 'P-1,Bomba,"Mueve agua\nP-2,Tamiz,Separa\nP-3,Horno,"Calienta, seca"\n')

        assert problem(broken) == (2, "description", "row.quote")
        assert [row.values["reference"] for row in good] == ["P-2", "P-3"]

    def test_text_after_a_quotation_mark_is_rejected_rather_than_changed(self, path: Path) -> None:
        broken, good = rows(path, HEADER + 'P-1,"Bomba" doble,x\nP-2,Tamiz,y\n')

        assert problem(broken) == (2, "title", "row.quote")
        assert good.values["title"] == "Tamiz"

    def test_the_rest_of_a_broken_text_is_not_taken_for_rows(self, path: Path) -> None:
        text = 'P-1,Bomba,"Primero\nla "mala" cita, y\nuna, dos, tres, y cuatro\nfin"\n'

        found = rows(path, HEADER + text + "P-2,Tamiz,y\nP-3,Horno\n")
        assert [problem(row)[2] for row in found[:-2]] == ["row.quote", *["row.doubtful"] * 3]
        assert [row.values["reference"] for row in found[-2:]] == ["P-2", "P-3"]

    def test_a_header_with_an_unclosed_quotation_mark_is_refused(self, path: Path) -> None:
        error = refused(path, 'reference,"title\nP-1,Bomba\n')

        assert error.key == "file.header"
        assert "fila 1" in error.say(SPANISH)

    def test_a_header_that_never_ends_is_refused(self, path: Path) -> None:
        assert refused(path, "a," * (LONGEST_LINE // 2 + 1)).key == "file.header"

    def test_a_missing_column_is_refused_by_name(self, path: Path) -> None:
        error = refused(path, "Título,Descripción\nBomba,Mueve agua\n")

        assert error.key == "file.column"
        assert "reference" in error.say(SPANISH)
        assert "Título, Descripción" in error.say(SPANISH)

    def test_a_mapping_gives_names_and_defaults(self, path: Path) -> None:
        mapping = Mapping({"Folio": "reference"}, {"language": "en"})

        assert values(path, "Folio,Título\nP-1,Pump\n", mapping=mapping) == [
            {"reference": "P-1", "title": "Pump", "language": "en"}
        ]

    def test_what_stands_in_a_column_without_a_name_is_called_by_its_place(self, path: Path) -> None:
        assert values(path, "reference,title,\nP-1,Bomba,x\n")[0]["#3"] == "x"


class TestJsonLines:
    def test_a_line_that_is_no_json_is_placed_and_the_others_stand(self, path: Path) -> None:
        first, second, third = rows(path, '{"id": "P-1"}\n{"id": "P-2", "título": "Bomba}\n{"id": "P-3"}\n')

        assert problem(second) == (2, "title", "row.json")
        assert second.problem is not None
        assert second.problem.values["position"] == 25
        assert (first.values, third.values) == ({"reference": "P-1"}, {"reference": "P-3"})

    @pytest.mark.parametrize(
        ("line", "key"),
        [
            ("[1, 2]", "row.object"),
            ('"texto"', "row.object"),
            ("null", "row.object"),
            ('{"id": ' + "[" * 100_000 + "}", "row.nested"),
            ('{"trl": ' + "9" * 5_000 + "}", "row.digits"),
            ('{"id": "P-1"', "row.json"),
            ("{'id': 'P-1'}", "row.json"),
        ],
    )
    def test_what_is_no_object_is_rejected_with_the_remedy(self, path: Path, line: str, key: str) -> None:
        good, bad = rows(path, '{"id": "P-0"}\n' + line + "\n")

        assert good.problem is None
        assert problem(bad)[2] == key

    @pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5_000, "x", '"Bomba'])
    def test_the_field_that_breaks_a_line_is_named(self, path: Path, value: str) -> None:
        [row] = rows(path, f'{{"id": "P-1", "nivel": 7, "título": {value}}}')

        assert problem(row)[1] == "title"

    def test_empty_lines_count_but_are_no_rows(self, path: Path) -> None:
        assert [row.number for row in rows(path, '\n{"id": "P-1"}\n\n \n{"id": "P-2"}')] == [2, 5]

    def test_a_byte_order_mark_is_passed_over(self, path: Path) -> None:
        assert values(path, b'\xef\xbb\xbf{"id": "P-1"}\n') == [{"reference": "P-1"}]

    def test_two_keys_of_one_field_reject_the_line(self, path: Path) -> None:
        [row] = rows(path, '{"id": "P-1", "title": "Bomba", "título": "Válvula"}\n')

        assert problem(row) == (1, "title", "field.twice")
