"""
Runs: what a system found for each query, and the TREC file that keeps it.

A run maps query → document → score. The file has one line for each document found,
``query Q0 document rank score tag``, the format trec_eval reads.
"""

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from evaluation.datasets import DatasetError, numbered_lines, require_file

__all__ = ["Run", "ranked", "read_trec", "write_trec"]

Run = dict[str, dict[str, float]]

COLUMNS = "query, Q0, document, rank, score, tag"


def ranked(scores: Mapping[str, float]) -> list[str]:
    """
    Documents by falling score, and by rising identity where scores are equal.

    >>> ranked({"b": 0.5, "a": 0.5, "c": 0.9})
    ['c', 'a', 'b']

    Raises:
        ValueError: a score that is not a number (NaN) has no place in an order.
    """
    for document, score in scores.items():
        if math.isnan(score):
            raise ValueError(f"the score of document {document!r} is not a number")
    return sorted(scores, key=lambda document: (-scores[document], document))


def write_trec(run: Mapping[str, Mapping[str, float]], path: Path, tag: str) -> None:
    """
    Write a run whole or not at all: a file that stood there before stays until the new one is on the disk.

    Documents stand in the order of :func:`ranked`, ranks count from 1, and scores keep every digit of their
    float64. A query without documents leaves no line.

    Args:
        run: query → document → score.
        path: in a folder that exists.
        tag: names the system in the last column.

    Raises:
        DatasetError: an identity or tag that is empty or holds white space, which the format cannot carry.
        ValueError: a score that is not a number.
        OSError: the folder cannot be written to.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(_trec_lines(run, path, tag))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_trec(path: Path) -> Run:
    """
    Read a TREC run file; the order is that of the scores, so ranks and tags are not kept.

    Raises:
        DatasetError: no such file, or a line without six columns, with a score that is not a number, or with
            a document that its query already had.
    """
    run: Run = {}
    for line, text in numbered_lines(require_file(path)):
        columns = text.split()
        if len(columns) != 6:
            raise DatasetError("dataset.spaces", path, line=line, count=len(columns), columns=COLUMNS)
        query, _, document, _, score, _ = columns
        found = run.setdefault(query, {})
        if document in found:
            raise DatasetError("dataset.found_twice", path, line=line, field="document", query=query, document=document)
        found[document] = _score(score, path, line)
    return run


def _trec_lines(run: Mapping[str, Mapping[str, float]], path: Path, tag: str) -> Iterator[str]:
    _check_word(tag, "tag", path)
    for query, scores in run.items():
        _check_word(query, "query", path)
        for rank, document in enumerate(ranked(scores), start=1):
            _check_word(document, "document", path)
            yield f"{query} Q0 {document} {rank} {float(scores[document])!r} {tag}\n"


def _check_word(word: str, field: str, path: Path) -> None:
    if word.split() != [word]:
        raise DatasetError("dataset.not_a_word", path, field=field, value=word)


def _score(text: str, path: Path, line: int) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if math.isnan(score):
        raise DatasetError("dataset.not_a_number", path, line=line, field="score", value=text)
    return score
