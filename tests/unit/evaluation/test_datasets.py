import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.datasets import Dataset, DatasetError, Document, read_beir
from matchmaker.texts import ENGLISH, SPANISH

HEADER = "query-id\tcorpus-id\tscore\n"
CORPUS = [
    {"_id": "d1", "title": "Dry cooling", "text": "Uses no water.", "metadata": {"year": 2020}},
    {"_id": "d2", "title": None, "text": "Lavado de piezas"},
]
QUERIES = [{"_id": "q1", "text": "enfriar sin agua"}, {"_id": "q2", "text": "nobody judged this"}]


def write_jsonl(file: Path, rows: Sequence[object]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cooling"
    (folder / "qrels").mkdir(parents=True)
    write_jsonl(folder / "corpus.jsonl", CORPUS)
    write_jsonl(folder / "queries.jsonl", QUERIES)
    (folder / "qrels" / "dev.tsv").write_text(HEADER + "q1\td1\t2\nq1\td2\t0\n", encoding="utf-8")
    return folder


def failure(folder: Path, **files: Path) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        read_beir(folder, **files)
    return caught.value


def test_a_folder_is_read_whole_and_named_after_itself(folder: Path) -> None:
    assert read_beir(folder) == Dataset(
        name="cooling",
        documents={
            "d1": Document("d1", "Dry cooling", "Uses no water.", {"year": 2020}),
            "d2": Document("d2", "", "Lavado de piezas", {}),
        },
        queries={"q1": "enfriar sin agua"},
        qrels={"q1": {"d1": 2, "d2": 0}},
    )


def test_the_current_folder_has_a_name_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert read_beir(Path()).name == "cooling"


def test_title_and_metadata_may_be_left_out(folder: Path) -> None:
    write_jsonl(folder / "corpus.jsonl", [{"_id": "d1", "text": "a"}, {"_id": "d2", "text": "b", "metadata": None}])
    assert read_beir(folder).documents == {"d1": Document("d1", "", "a"), "d2": Document("d2", "", "b")}


def test_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(folder: Path) -> None:
    for file in (folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "dev.tsv"):
        lines = file.read_bytes().replace(b"\n", b"\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + lines + b"\r\n  \r\n")
    assert read_beir(folder).qrels == {"q1": {"d1": 2, "d2": 0}}


def test_with_both_files_given_only_the_corpus_is_needed(folder: Path, tmp_path: Path) -> None:
    queries = (folder / "queries.jsonl").rename(tmp_path / "other.jsonl")
    qrels = (folder / "qrels" / "dev.tsv").rename(tmp_path / "other.tsv")
    (folder / "qrels").rmdir()
    assert read_beir(folder, queries, qrels).queries == {"q1": "enfriar sin agua"}


def test_among_several_files_of_judgements_test_is_taken(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text(HEADER + "q2\td2\t1\n", encoding="utf-8")
    assert read_beir(folder).qrels == {"q2": {"d2": 1}}


def test_several_files_of_judgements_without_test_are_named(folder: Path) -> None:
    (folder / "qrels" / "train.tsv").write_text(HEADER, encoding="utf-8")
    error = failure(folder)
    assert error.file == folder / "qrels"
    assert "dev.tsv, train.tsv" in str(error)
    assert "--qrels" in str(error)


def test_no_file_of_judgements_points_to_the_option(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv").unlink()
    assert "--qrels" in str(failure(folder))


def test_missing_queries_name_the_files_that_could_be_meant(folder: Path) -> None:
    (folder / "queries.jsonl").rename(folder / "queries.es.jsonl")
    (folder / "queries.en.jsonl").touch()
    error = failure(folder)
    assert error.file == folder / "queries.jsonl"
    assert "queries.en.jsonl, queries.es.jsonl" in str(error)
    assert "--queries" in str(error)


def test_missing_queries_with_nothing_to_choose_from_point_to_the_option(folder: Path) -> None:
    (folder / "queries.jsonl").unlink()
    error = failure(folder)
    assert error.key == "dataset.no_queries"
    assert "--queries" in str(error)


@pytest.mark.parametrize("option", ["queries", "qrels"])
def test_a_given_file_that_does_not_exist_is_named(folder: Path, option: str) -> None:
    missing = folder / "nothing"
    error = failure(folder, **{option: missing})
    assert (error.file, error.key) == (missing, "dataset.no_file")


def test_a_folder_without_corpus_is_refused(tmp_path: Path) -> None:
    assert failure(tmp_path).file == tmp_path / "corpus.jsonl"


def test_the_message_gives_place_problem_and_remedy(folder: Path) -> None:
    write_jsonl(folder / "corpus.jsonl", [*CORPUS, CORPUS[0]])
    file = folder / "corpus.jsonl"
    error = failure(folder)
    message = f"{file}, line 3, field _id: the _id d1 is used twice; keep one line for each _id"
    assert str(error) == error.say(ENGLISH) == message
    assert error.say(SPANISH) == f"{file}, línea 3, campo _id: el _id d1 está repetido; deje una sola línea por _id"


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl"])
@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"_id": "x", "text": ', None),
        ('{"_id": "x", "text": ' + "[" * 100_000, None),
        ('["x", "text"]', None),
        ('{"text": "no identity"}', "_id"),
        ('{"_id": 7, "text": "a number"}', "_id"),
        ('{"_id": "", "text": "empty"}', "_id"),
        ('{"_id": "x"}', "text"),
        ('{"_id": "x", "text": null}', "text"),
    ],
)
def test_a_bad_line_is_named(folder: Path, name: str, line: str, field: str | None) -> None:
    file = folder / name
    file.write_text('{"_id": "first", "text": "good"}\n\n' + line + "\n", encoding="utf-8")
    error = failure(folder)
    assert (error.file, error.line, error.field) == (file, 3, field)
    assert "; " in str(error)  # what is wrong; what to do


@pytest.mark.parametrize(("field", "value"), [("title", 3), ("metadata", "year 2020")])
def test_an_optional_value_of_the_wrong_kind_is_refused(folder: Path, field: str, value: object) -> None:
    write_jsonl(folder / "corpus.jsonl", [{"_id": "d1", "text": "a", field: value}])
    error = failure(folder)
    assert (error.line, error.field) == (1, field)


def test_a_query_given_twice_is_refused(folder: Path) -> None:
    write_jsonl(folder / "queries.jsonl", [QUERIES[0], QUERIES[0]])
    error = failure(folder)
    assert (error.line, error.field) == (2, "_id")


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/dev.tsv"])
@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    error = failure(folder)
    assert (error.file, error.line) == (folder / name, None)
    assert error.key in ("dataset.empty_json", "dataset.no_header")


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/dev.tsv"])
def test_a_line_that_is_not_utf8_is_named(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes().splitlines(keepends=True)
    (folder / name).write_bytes(content[0] + "señal".encode("latin-1") + b"\n")
    error = failure(folder)
    assert (error.file, error.line) == (folder / name, 2)
    assert "UTF-8" in str(error)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("q1\td1\t1.5", "score"),
        ("q1\td1\t-1", "score"),
        ("q1\td1\t", "score"),
        ("q1\td1\t٣", "score"),
        ("q1\td1\t1001", "score"),
        ("q1\td1\t" + "9" * 5000, "score"),
        ("q9\td1\t1", "query-id"),
        ("q1\td9\t1", "corpus-id"),
        ("q1\td1", None),
        ("q1 d1 1", None),
        ("q1\td2\t1\t1", None),
        ("q2\td2\t2", "score"),
    ],
)
def test_a_bad_judgement_is_named(folder: Path, line: str, field: str | None) -> None:
    file = folder / "qrels" / "dev.tsv"
    file.write_text(f"{HEADER}q2\td2\t1\n{line}\n", encoding="utf-8")
    error = failure(folder)
    assert (error.file, error.line, error.field) == (file, 3, field)
    assert "; " in str(error)  # what is wrong; what to do


def test_the_same_judgement_twice_counts_once(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv").write_text(HEADER + "q1\td1\t1\nq1\td1\t1\n", encoding="utf-8")
    assert read_beir(folder).qrels == {"q1": {"d1": 1}}


def test_judgements_without_header_are_refused_rather_than_lose_the_first(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv").write_text("q1\td1\t1\n", encoding="utf-8")
    error = failure(folder)
    assert error.line == 1
    assert "header" in str(error)


def test_a_header_without_judgements_is_refused(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv").write_text(HEADER, encoding="utf-8")
    assert "no judgement" in str(failure(folder))


@pytest.mark.parametrize(
    ("title", "text", "full_text"),
    [
        ("Dry cooling", "No water.", "Dry cooling. No water."),
        ("Dry cooling.", "No water.", "Dry cooling. No water."),
        ("¿Sin agua?", "Sí.", "¿Sin agua? Sí."),
        ("Cooling (dry)", "No water.", "Cooling (dry). No water."),
        (" Dry cooling ", " No water. ", "Dry cooling. No water."),
        ("", "No water.", "No water."),
        ("Dry cooling", "  ", "Dry cooling"),
        ("", "", ""),
    ],
)
def test_title_and_text_join_as_sentences(title: str, text: str, full_text: str) -> None:
    assert Document("d", title, text).full_text == full_text


identities = st.text(min_size=1).filter(lambda identity: identity.isprintable() and identity.strip())
records = st.tuples(st.none() | st.text(), st.text(), st.dictionaries(st.text(), st.integers() | st.text()))


@settings(deadline=None)
@given(corpus=st.dictionaries(identities, records, min_size=1), ascii_only=st.booleans())
def test_any_corpus_is_read_back_as_written(
    corpus: dict[str, tuple[str | None, str, dict[str, Any]]],
    ascii_only: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = [
        json.dumps({"_id": key, "title": title, "text": text, "metadata": metadata}, ensure_ascii=ascii_only)
        for key, (title, text, metadata) in corpus.items()
    ]
    (folder / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8", newline="")
    queries = write_jsonl(folder / "queries.jsonl", [{"_id": "q", "text": "x"}])
    qrels = folder / "judged.tsv"
    qrels.write_text(HEADER + "".join(f"q\t{key}\t1\n" for key in corpus), encoding="utf-8", newline="")
    dataset = read_beir(folder, queries, qrels)
    assert dataset.qrels == {"q": dict.fromkeys(corpus, 1)}
    assert list(dataset.documents.values()) == [
        Document(key, title or "", text, metadata) for key, (title, text, metadata) in corpus.items()
    ]


keys = st.sampled_from(["_id", "title", "text", "metadata"])
values = st.none() | st.integers() | st.text(max_size=3) | st.dictionaries(st.text(max_size=2), st.none(), max_size=1)
json_lines = st.dictionaries(keys, values).map(lambda row: json.dumps(row).encode())
columns = st.lists(st.sampled_from(["q", "d", "1", "0", "-1", "x"]), max_size=4)
judgements = columns.map(lambda row: "\t".join(row).encode())


@settings(deadline=None)
@given(
    corpus=st.lists(json_lines | st.binary(max_size=9), max_size=3).map(b"\n".join),
    queries=st.lists(json_lines | st.binary(max_size=9), max_size=3).map(b"\n".join),
    qrels=st.lists(judgements | st.binary(max_size=9), max_size=3).map(b"\n".join),
    broken=st.sets(st.sampled_from(["corpus.jsonl", "queries.jsonl", "judged.tsv"]), min_size=1),
)
def test_whatever_the_files_hold_the_answer_is_a_dataset_or_a_placed_error(
    corpus: bytes, queries: bytes, qrels: bytes, broken: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    contents = {
        "corpus.jsonl": corpus if "corpus.jsonl" in broken else b'{"_id": "d", "text": ""}',
        "queries.jsonl": queries if "queries.jsonl" in broken else b'{"_id": "q", "text": ""}',
        "judged.tsv": HEADER.encode() + (qrels if "judged.tsv" in broken else b"q\td\t1"),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    try:
        dataset = read_beir(folder, folder / "queries.jsonl", folder / "judged.tsv")
    except DatasetError as error:
        blamed = {error.file.name} if error.field not in ("query-id", "corpus-id") else broken
    else:
        blamed = set()
        assert dataset.queries.keys() == dataset.qrels.keys()
        assert all(documents.keys() <= dataset.documents.keys() for documents in dataset.qrels.values())
    assert blamed <= broken
