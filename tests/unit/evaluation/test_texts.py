import json
from pathlib import Path

import pytest

from evaluation import sample
from evaluation.datasets import DatasetError
from evaluation.texts import evaluation_texts
from models.encoder.training.material import is_corfo_training

CODES = [f"19CFR-{number}" for number in range(100)]
TRAINING = next(code for code in CODES if is_corfo_training(code))
HELD_OUT, NO_TITLE, NO_OBJECTIVE = [code for code in CODES if not is_corfo_training(code)][:3]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("cordis", "sbir", "ipc-es-en", "needs-mx"):
        (tmp_path / folder).mkdir()
        names = ["queries.jsonl", "queries.es-mt.jsonl", "corpus.jsonl", "queries.code.jsonl", "queries.title.jsonl"]
        for name in [*names, "train.jsonl"]:
            row = {"_id": "1", "title": f"{folder} title", "text": f"{folder} {name}"}
            (tmp_path / folder / name).write_text(json.dumps(row) + "\n", encoding="utf-8")
    (tmp_path / "corfo").mkdir()
    projects = f"codigo,titulo,objetivo\n{TRAINING},Abierto,Aprendido\n{HELD_OUT},Oculto,Guardado\n"
    projects += f"{NO_TITLE},,Sin título\n{NO_OBJECTIVE},Sin objetivo,\n"
    (tmp_path / "corfo" / "projects.csv").write_text(projects, encoding="utf-8")
    return tmp_path


def test_documents_and_queries_of_every_set_are_there_as_a_whole_and_by_field(data: Path) -> None:
    texts = evaluation_texts(data)
    assert {"cordis title. cordis corpus.jsonl", "cordis title", "cordis corpus.jsonl"} <= set(texts["cordis"])
    assert "sbir queries.es-mt.jsonl" in texts["sbir"]
    assert "needs-mx queries.jsonl" in texts["needs-mx"]


def test_what_is_for_training_is_not_there(data: Path) -> None:
    texts = evaluation_texts(data)
    assert [text for part in texts.values() for text in part if "train.jsonl" in text] == []
    assert texts["corfo"] == ["Oculto", "Guardado", "Sin título", "Sin objetivo"]


def test_both_halves_of_the_sample_world_are_there(data: Path) -> None:
    texts = set(evaluation_texts(data)["sample"])
    for kind in ("needs", "offers"):
        for row in sample.rows(kind):
            assert set(filter(None, (row["title"], row["description"]))) <= texts


@pytest.mark.parametrize("missing", ["cordis/corpus.jsonl", "needs-mx/queries.jsonl", "corfo/projects.csv"])
def test_a_set_that_is_not_there_is_named(data: Path, missing: str) -> None:
    (data / missing).unlink()
    with pytest.raises(DatasetError) as caught:
        evaluation_texts(data)
    assert caught.value.file == data / missing


def test_projects_without_their_columns_are_refused(data: Path) -> None:
    (data / "corfo" / "projects.csv").write_text("codigo,nombre\n1,A\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="titulo"):
        evaluation_texts(data)
