"""Records of CSV files, whole and broken."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.portfolios.records import LONGEST_LINE, SEPARATORS, Broken, Record, Records, decoded


def records(text: str | bytes, delimiter: str = ",") -> list[Record]:
    raw = text if isinstance(text, bytes) else text.encode("utf-8")
    with decoded(io.BytesIO(raw)) as text_file:
        return list(Records(text_file, delimiter))


def test_records_are_lists_of_cells() -> None:
    assert records("a,b\n1,2\n") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    assert records(f"a,b{end}1,2{end}") == [["a", "b"], ["1", "2"]]


def test_the_last_line_needs_no_end() -> None:
    assert records("a,b\n1,2") == [["a", "b"], ["1", "2"]]


def test_an_empty_file_has_no_records() -> None:
    assert records("") == []


def test_a_byte_order_mark_is_no_part_of_the_first_cell() -> None:
    assert records(b"\xef\xbb\xbfa,b\n") == [["a", "b"]]


def test_a_quoted_cell_may_hold_separators_line_breaks_and_doubled_quotation_marks() -> None:
    assert records('P-1,"Bomba, de\r\n1/2"" NPT"\nP-2,x\n') == [["P-1", 'Bomba, de\r\n1/2" NPT'], ["P-2", "x"]]


def test_a_quotation_mark_inside_an_unquoted_cell_is_a_character() -> None:
    assert records('P-1,Tubo de 1/2" NPT\n') == [["P-1", 'Tubo de 1/2" NPT']]


def test_bytes_that_are_not_utf_8_arrive_as_lone_surrogates() -> None:
    assert records(b"a,ca\xf1a\n") == [["a", "ca\udcf1a"]]


@pytest.mark.parametrize(
    ("broken", "column"),
    [
        ('P-2,"Válvula,x', 1),
        ('P-2,Válvula,"x', 2),
        ('"P-2,Válvula,x', 0),
        ('P-2,"Válvula" de bola,x', 1),
        ('P-2,"Válvula, de ""bola""",un "x" o "y', None),
        ('"P-2","a, b","c', 2),
    ],
)
@pytest.mark.parametrize("after", ["P-3,Bomba,y", 'P-3,"Bomba, doble",y', 'P-3,"Bomba","y"'])
def test_a_broken_record_costs_no_other(broken: str, column: int | None, after: str) -> None:
    whole = next(csv.reader([after]))
    expected = Broken("quote", column) if column is not None else next(csv.reader([broken]))

    assert records(f"P-1,a,b\n{broken}\n{after}\nP-4,c,d\n") == [
        ["P-1", "a", "b"],
        expected,
        whole,
        ["P-4", "c", "d"],
    ]


def test_every_record_after_an_unclosed_quotation_mark_is_read_even_the_last() -> None:
    rows = [f"P-{number},x" for number in range(1_000)]

    found = records('P-0,"x\n' + "\n".join(rows))
    assert found[0] == Broken("quote", 1)
    assert found[1:] == [row.split(",") for row in rows]


@pytest.mark.parametrize("mark", SEPARATORS)
def test_the_place_of_a_broken_cell_is_found_with_every_separator(mark: str) -> None:
    assert records(mark.join(["P-1", '"a"', "b", '"c']), mark) == [Broken("quote", 3)]


def test_a_record_that_is_too_long_is_named_at_its_longest_cell_and_the_next_is_read() -> None:
    long = "x" * (LONGEST_LINE + 1_000)

    assert records(f"P-1,corto,{long},fin\nP-2,a,b,c\n") == [Broken("line_size", 2), ["P-2", "a", "b", "c"]]


def test_an_unclosed_quotation_mark_before_a_very_long_rest_is_named_as_such() -> None:
    line = "P-2," + "x" * 99_995 + "\n"

    found = records('P-1,"a\n' + line * (LONGEST_LINE // len(line) + 2))
    assert found[0] == Broken("quote", 1)
    assert all(record == ["P-2", "x" * 99_995] for record in found[1:])


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2), min_size=1), st.sampled_from(SEPARATORS))
def test_whatever_is_written_as_csv_is_read_as_it_was(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)

    assert records(text.getvalue(), delimiter) == rows


@given(st.binary(), st.sampled_from(SEPARATORS))
def test_any_bytes_are_records(raw: bytes, delimiter: str) -> None:
    for record in records(raw, delimiter):
        assert isinstance(record, Broken | list)


@given(st.text(st.sampled_from('a",;\n\r')))
def test_no_quotation_mark_swallows_a_line_after_the_last_of_them(text: str) -> None:
    assert records(f'x,"{text}\nlast,line\n')[-1] == ["last", "line"]
