"""Files beyond reason, and files of any bytes at all."""

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matchmaker.errors import FileRefused
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.readers import LONGEST_FIELD, Format, read
from matchmaker.texts import SPANISH
from tests.unit.portfolios.test_readers import HEADER, problem, rows

MANY_BYTES = 20_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portafolio"


class TestSize:
    def test_a_field_of_three_megabytes_is_named_with_its_length(self, path: Path) -> None:
        field = "agua " * 600_000
        in_csv = rows(path, HEADER + f"P-1,Bomba,{field}x\nP-2,Tamiz,y\n")
        in_json = rows(path, json.dumps({"id": "P-1", "text": field + "x"}) + '\n{"id": "P-2"}\n')

        for (first, second), number in ((in_csv, 2), (in_json, 1)):
            assert problem(first) == (number, "description", "field.too_long")
            assert first.problem is not None
            assert first.problem.values["length"] == 3_000_001
            assert str(LONGEST_FIELD) in first.problem.say(SPANISH)
            assert second.values["reference"] == "P-2"

    def test_a_line_of_twenty_megabytes_is_rejected_without_being_kept(self, path: Path) -> None:
        csv = (HEADER + "P-1,Bomba,").encode() + b"x" * MANY_BYTES + b"\nP-2,Tamiz,y\n"
        jsonl = b'{"id": "P-1", "text": "' + b"x" * MANY_BYTES + b'"}\n{"id": "P-2"}\n'

        for content, number in ((csv, 2), (jsonl, 1)):
            first, second = rows(path, content)
            assert problem(first) == (number, "description", "row.line_size")
            assert second.values["reference"] == "P-2"

    @pytest.mark.parametrize("start", [HEADER.encode() + b'P-1,Bomba,"', b'{"id": "P-1", "text": "'])
    def test_memory_is_bounded_however_long_a_line_is(self, path: Path, start: bytes) -> None:
        def highest(size: int) -> int:
            with path.open("wb") as file:
                file.write(start)
                for _ in range(size // 1_000_000):
                    file.write(b"x" * 1_000_000)
            tracemalloc.start()
            [row] = read(path, Format.AUTO, Mapping())
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert problem(row)[2] == "row.line_size"
            return peak

        assert highest(80_000_000) < 1.1 * highest(MANY_BYTES)


_FRAGMENTS = st.sampled_from(
    [HEADER.encode(), b'{"id": "P-1", ', b'"', b'""', b",", b";", b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"}", b"["]
)


@given(
    st.one_of(st.binary(), st.lists(st.one_of(_FRAGMENTS, st.binary(max_size=6))).map(b"".join)),
    st.sampled_from(Format),
)
@example(b"\x00", Format.AUTO)
@example(b'{"a": ' + b"9" * 5_000 + b"}", Format.AUTO)
@example(b'"', Format.CSV)
@example(b'reference,title\n"', Format.CSV)
@example(b'{"\\ud800": 1}', Format.JSONL)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_rows_or_a_refusal(path: Path, content: bytes, format: Format) -> None:  # noqa: A002
    try:
        found = rows(path, content, format)
    except FileRefused as error:
        assert error.say(SPANISH).encode("utf-8")
        return
    numbers = [row.number for row in found]
    assert numbers == sorted(set(numbers))
    for row in found:
        if row.problem is not None:
            assert row.problem.say(SPANISH).isprintable()
            assert row.problem.field.isprintable()
