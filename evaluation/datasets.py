"""
Labelled sets of texts in the BEIR layout: documents, queries and graded judgements (qrels).

The layout is the one of Thakur et al., "BEIR" (NeurIPS 2021): ``corpus.jsonl``, ``queries.jsonl`` and
tab-separated files under ``qrels/`` with the header ``query-id, corpus-id, score``.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matchmaker.errors import MatchmakerError
from matchmaker.texts import ENGLISH, Language, say

__all__ = [
    "Dataset",
    "DatasetError",
    "Document",
    "numbered_lines",
    "read_beir",
    "read_documents",
    "require_file",
]

QRELS_HEADER = ["query-id", "corpus-id", "score"]
DEFAULT_QRELS = "test.tsv"
# trec_eval keeps one counter per grade up to the largest one: a grade of 10**8 costs it 800 MB.
LARGEST_GRADE = 1000
TITLE_ENDINGS = (".", "!", "?", "…", ":", ";", ",")


class DatasetError(MatchmakerError):
    """
    A file of a data set or of a run that cannot be used as it is.

    Attributes:
        key: the sentence, ``dataset.<problem>`` in the texts; it says what is wrong and what to do.
        file: the file, or the folder where a file is missing.
        line: counted from 1; ``None`` when the problem is not in one line.
        field: the key or column at fault, or ``None``.
    """

    def __init__(
        self, key: str, file: Path, *, line: int | None = None, field: str | None = None, **values: object
    ) -> None:
        self.file, self.line, self.field = file, line, field
        super().__init__(key, **values)

    def say(self, language: Language) -> str:
        """Where and what, as a sentence in ``language``."""
        return f"{self._place(language)}: {super().say(language)}"

    def __str__(self) -> str:
        return self.say(ENGLISH)

    def _place(self, language: Language) -> str:
        places = [str(self.file)]
        if self.line is not None:
            places.append(say("dataset.line", language, line=self.line))
        if self.field is not None:
            places.append(say("dataset.field", language, field=self.field))
        return ", ".join(places)


@dataclass(frozen=True, slots=True)
class Document:
    """
    One text that can be found.

    Attributes:
        identity: the ``_id`` of the corpus.
        title: may be empty.
        text: may be empty.
        metadata: whatever JSON object the corpus carries beside the texts.
    """

    identity: str
    title: str
    text: str
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def full_text(self) -> str:
        """
        Title and text as one passage, ``"title. text"``; only the one present when the other is empty.

        >>> Document("d1", "Dry cooling", "Uses no water.").full_text
        'Dry cooling. Uses no water.'
        """
        title, text = self.title.strip(), self.text.strip()
        if not (title and text):
            return title or text
        return f"{title} {text}" if title.endswith(TITLE_ENDINGS) else f"{title}. {text}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """
    Documents, the queries that have judgements, and the judgements.

    Attributes:
        name: the folder's name.
        documents: identity → document, in the order of the corpus.
        queries: query → text, in the order of the queries' file; the same keys as ``qrels``.
        qrels: query → document → grade, an integer from 0 (judged irrelevant) upwards.
    """

    name: str
    documents: dict[str, Document]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class _Record:
    """One JSON object of a JSON Lines file, with the place it was read from."""

    file: Path
    line: int
    values: dict[str, Any]

    def text(self, field: str) -> str:
        if field not in self.values:
            raise _misread(self, "dataset.key_missing", field)
        value = self.values[field]
        if not isinstance(value, str):
            raise _misread(self, "dataset.not_a_string", field)
        return value

    def optional_text(self, field: str) -> str:
        return "" if self.values.get(field) is None else self.text(field)

    def identity(self, taken: Collection[str]) -> str:
        identity = self.text("_id")
        if not identity:
            raise _misread(self, "dataset.empty_identity", "_id")
        if identity in taken:
            raise _misread(self, "dataset.duplicate", "_id", identity=identity)
        return identity

    def metadata(self) -> dict[str, Any]:
        value = self.values.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise _misread(self, "dataset.not_an_object", "metadata")
        return value


def _misread(record: _Record, key: str, field: str, **values: object) -> DatasetError:
    return DatasetError(key, record.file, line=record.line, field=field, **values)


def read_beir(folder: Path, queries: Path | None = None, qrels: Path | None = None) -> Dataset:
    """
    Read a BEIR folder; with both ``queries`` and ``qrels`` only its ``corpus.jsonl`` is needed.

    Titles and metadata may be null or left out; blank lines are skipped. Queries without judgements are
    dropped, queries with nothing but grade 0 are kept.

    Args:
        folder: holds ``corpus.jsonl``; its name becomes the data set's.
        queries: in place of ``queries.jsonl`` in the folder.
        qrels: in place of the only ``.tsv`` file in ``qrels/``, or of ``test.tsv`` when there are several.

    Raises:
        DatasetError: a file that is absent, empty or ambiguous, a line that is not what the layout asks for,
            an identifier used twice, or a judgement of a query or document that does not exist.
    """
    corpus = require_file(folder / "corpus.jsonl")
    queries_file = _queries_in(folder) if queries is None else require_file(queries)
    qrels_file = _qrels_in(folder) if qrels is None else require_file(qrels)
    documents = read_documents(corpus)
    texts = _read_queries(queries_file)
    grades = _read_qrels(qrels_file, texts, documents)
    judged = {query: text for query, text in texts.items() if query in grades}
    return Dataset(folder.resolve().name, documents, judged, grades)


def require_file(file: Path) -> Path:
    """
    The same path, once it is known to be a file.

    Raises:
        DatasetError: there is none.
    """
    if not file.is_file():
        raise DatasetError("dataset.no_file", file)
    return file


def numbered_lines(file: Path) -> Iterator[tuple[int, str]]:
    """
    The lines that are not blank, without their ends, each with its number counted from 1.

    Lines end in LF or CR LF; a leading byte-order mark is dropped.

    Raises:
        DatasetError: a line that is not UTF-8.
    """
    with file.open("rb") as lines:
        for number, raw in enumerate(lines, start=1):
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise DatasetError("dataset.not_utf8", file, line=number) from error
            if text.strip():
                yield number, text


def _queries_in(folder: Path) -> Path:
    file = folder / "queries.jsonl"
    if file.is_file():
        return file
    found = ", ".join(sorted(path.name for path in folder.glob("queries*.jsonl")))
    if found:
        raise DatasetError("dataset.other_queries", file, found=found)
    raise DatasetError("dataset.no_queries", file)


def _qrels_in(folder: Path) -> Path:
    found = sorted((folder / "qrels").glob("*.tsv"))
    chosen = found if len(found) == 1 else [file for file in found if file.name == DEFAULT_QRELS]
    if chosen:
        return chosen[0]
    names = ", ".join(file.name for file in found)
    if found:
        raise DatasetError("dataset.several_qrels", folder / "qrels", expected=DEFAULT_QRELS, found=names)
    raise DatasetError("dataset.no_qrels", folder / "qrels")


def read_documents(file: Path) -> dict[str, Document]:
    """
    The documents of a ``corpus.jsonl``, by identity.

    Raises:
        DatasetError: naming the line that cannot be used.
    """
    documents: dict[str, Document] = {}
    for record in _records(file):
        identity = record.identity(documents)
        documents[identity] = Document(identity, record.optional_text("title"), record.text("text"), record.metadata())
    return documents


def _read_queries(file: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for record in _records(file):
        queries[record.identity(queries)] = record.text("text")
    return queries


def _records(file: Path) -> Iterator[_Record]:
    line = None
    for line, text in numbered_lines(file):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DatasetError("dataset.not_json", file, line=line) from error
        if not isinstance(values, dict):
            raise DatasetError("dataset.not_json", file, line=line)
        yield _Record(file, line, values)
    if line is None:
        raise DatasetError("dataset.empty_json", file)


def _read_qrels(file: Path, queries: Collection[str], documents: Collection[str]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for line, query, document, grade in _judgements(file):
        for column, known, value in (("query-id", queries, query), ("corpus-id", documents, document)):
            if value not in known:
                raise DatasetError("dataset.unknown", file, line=line, field=column, value=value)
        if qrels.setdefault(query, {}).setdefault(document, grade) != grade:
            raise DatasetError("dataset.judged_twice", file, line=line, field="score", query=query, document=document)
    if not qrels:
        raise DatasetError("dataset.no_judgement", file)
    return qrels


def _judgements(file: Path) -> Iterator[tuple[int, str, str, int]]:
    lines = numbered_lines(file)
    layout = ", ".join(QRELS_HEADER)
    number, header = next(lines, (None, ""))
    if number is None:
        raise DatasetError("dataset.no_header", file, columns=layout)
    if header.split("\t") != QRELS_HEADER:
        raise DatasetError("dataset.no_header", file, line=number, columns=layout)
    for number, text in lines:
        columns = text.split("\t")
        if len(columns) != len(QRELS_HEADER):
            raise DatasetError("dataset.tabs", file, line=number, count=len(columns), columns=layout)
        yield number, columns[0], columns[1], _grade(columns[2], file, number)


def _grade(text: str, file: Path, line: int) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 4 and int(digits) <= LARGEST_GRADE:
        return int(digits)
    raise DatasetError("dataset.grade", file, line=line, field="score", value=text, largest=LARGEST_GRADE)
