import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.datasets import DatasetError
from evaluation.runs import Run, ranked, read_trec, write_trec

words = st.text(min_size=1, max_size=6).filter(lambda word: word.split() == [word])
scores = st.floats(allow_nan=False)


def test_documents_fall_by_score_then_rise_by_identity() -> None:
    assert ranked({"b": 1.0, "c": 2.0, "a": 1.0, "d": -3.0}) == ["c", "a", "b", "d"]


def test_a_score_that_is_not_a_number_has_no_rank() -> None:
    with pytest.raises(ValueError, match="document 'b'"):
        ranked({"a": 1.0, "b": float("nan")})


def test_the_file_has_one_ranked_line_for_each_document(tmp_path: Path) -> None:
    file = tmp_path / "hybrid.run"
    write_trec({"q1": {"d2": 0.5, "d1": 0.5, "d3": 0.75}, "q2": {"d1": 1.0}}, file, "hybrid")
    assert file.read_text(encoding="utf-8").splitlines() == [
        "q1 Q0 d3 1 0.75 hybrid",
        "q1 Q0 d1 2 0.5 hybrid",
        "q1 Q0 d2 3 0.5 hybrid",
        "q2 Q0 d1 1 1.0 hybrid",
    ]


def test_scores_one_step_apart_keep_their_order(tmp_path: Path) -> None:
    run = {"q": {"low": 0.1 + 0.2 - 2**-54, "high": 0.1 + 0.2}}
    assert run["q"]["low"] < run["q"]["high"]
    write_trec(run, tmp_path / "run", "x")
    assert ranked(read_trec(tmp_path / "run")["q"]) == ["high", "low"]


@settings(deadline=None)
@given(run=st.dictionaries(words, st.dictionaries(words, scores, min_size=1, max_size=5), max_size=4), tag=words)
def test_a_run_is_read_back_as_written(run: Run, tag: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "round.run"
    write_trec(run, file, tag)
    assert read_trec(file) == run


def test_a_query_without_documents_leaves_no_line(tmp_path: Path) -> None:
    write_trec({"q1": {}, "q2": {"d": 1.0}}, tmp_path / "run", "x")
    assert read_trec(tmp_path / "run") == {"q2": {"d": 1.0}}


@pytest.mark.parametrize(
    ("run", "tag", "field"),
    [
        ({"q 1": {"d": 1.0}}, "x", "query"),
        ({"q": {"d\u00a01": 1.0}}, "x", "document"),
        ({"q": {"": 1.0}}, "x", "document"),
        ({"q": {"d": 1.0}}, "my system", "tag"),
    ],
)
def test_words_that_the_format_cannot_carry_are_refused(run: Run, tag: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        write_trec(run, tmp_path / "run", tag)
    assert (caught.value.file, caught.value.field) == (tmp_path / "run", field)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "run"
    write_trec({"q": {"d": 1.0}}, file, "old")
    with pytest.raises(ValueError, match="not a number"):
        write_trec({"q": {"d": 2.0}, "r": {"d": float("nan")}}, file, "new")
    assert file.read_text(encoding="utf-8") == "q Q0 d 1 1.0 old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_text("old", encoding="utf-8")
    with file.open(encoding="utf-8") as reader:
        write_trec({"q": {"d": 1.0}}, file, "x")
        assert reader.read() == "old"


def test_the_new_file_is_on_the_disk_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run"
    file.write_text("old", encoding="utf-8")
    seen: list[tuple[int, str]] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append((os.fstat(descriptor).st_size, file.read_text())))
    write_trec({"q": {"d": 1.0}}, file, "x")
    assert seen == [(len("q Q0 d 1 1.0 x\n"), "old")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("q Q0 d 2 0.5", None),
        ("q Q0 d 2 0.5 x y", None),
        ("q Q0 d 2 half x", "score"),
        ("q Q0 d 2 nan x", "score"),
        ("q Q0 first 2 0.5 x", "document"),
    ],
)
def test_a_bad_line_is_named(line: str, field: str | None, tmp_path: Path) -> None:
    file = tmp_path / "run"
    file.write_text(f"q Q0 first 1 1.0 x\n{line}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 2") as caught:
        read_trec(file)
    assert (caught.value.file, caught.value.line, caught.value.field) == (file, 2, field)


def test_a_run_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        read_trec(tmp_path / "nothing.run")
    assert caught.value.file == tmp_path / "nothing.run"
