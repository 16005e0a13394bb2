"""Every text that retrieval is evaluated on, so that what is trained can be kept clear of it."""

from collections.abc import Iterator
from pathlib import Path

from evaluation import corfo, sample
from evaluation.datasets import read_documents, require_file

# The files of each set that must be there; further files of queries are read too.
_BEIR = {
    "cordis": ("corpus.jsonl", "queries.jsonl"),
    "sbir": ("corpus.jsonl", "queries.code.jsonl", "queries.title.jsonl"),
    "ipc-es-en": ("corpus.jsonl", "queries.jsonl"),
    "needs-mx": ("queries.jsonl",),
}
_TRAINING = "train.jsonl"
_FIELDS = ("title", "short_summary", "description", "advantages_and_innovation")


def evaluation_texts(data: Path) -> dict[str, list[str]]:
    """
    The texts of each set: documents and queries of the BEIR folders in ``data``, the held-out Corfo projects, and the
    whole sample world, its training half included, which is for what comes after the encoder. A text of several fields
    is there as a whole and field by field.

    Raises:
        DatasetError: a file that is not there or cannot be used.
    """
    return {
        **{name: list(_beir(data / name, required)) for name, required in _BEIR.items()},
        "corfo": list(_corfo(data / "corfo")),
        "sample": list(_sample()),
    }


def _beir(folder: Path, required: tuple[str, ...]) -> Iterator[str]:
    for name in required:
        require_file(folder / name)
    for file in sorted(folder.glob("*.jsonl")):
        if file.name != _TRAINING:
            for document in read_documents(file).values():
                yield from _each(document.full_text, document.title, document.text)


def _corfo(folder: Path) -> Iterator[str]:
    for _, title, goal in corfo.held_out(folder):
        yield from _each(title, goal)


def _sample() -> Iterator[str]:
    for kind in ("needs", "offers"):
        for row in sample.rows(kind):
            fields = [row.get(field) or "" for field in _FIELDS]
            yield from _each(" ".join(fields), *fields)


def _each(*texts: str) -> Iterator[str]:
    yield from filter(None, dict.fromkeys(texts))
