"""A folder with every set that an encoder is judged on, each of two documents and a query."""

import json
from pathlib import Path

from evaluation.battery import SETS
from models.encoder.training.material import is_corfo_training

_CODES = [f"19CFR-{number}" for number in range(100)]
TRAINING = next(code for code in _CODES if is_corfo_training(code))
HELD_OUT, WITHOUT_OBJECTIVE = [code for code in _CODES if not is_corfo_training(code)][:2]


def write_sets(data: Path) -> None:
    """Write the sets; the first document of each answers its query."""
    for folder, queries, qrels in SETS.values():
        documents = [{"_id": "a", "text": "A pump for hot water."}, {"_id": "b", "text": "Shoes of leather."}]
        _write(data / folder / "corpus.jsonl", documents)
        _write(data / queries, [{"_id": "q", "text": "bomba de agua caliente"}])
        (data / qrels).parent.mkdir(parents=True, exist_ok=True)
        (data / qrels).write_text("query-id\tcorpus-id\tscore\nq\ta\t2\n", encoding="utf-8")
    projects = f"codigo,titulo,objetivo\n{TRAINING},Abierto,Aprendido\n"
    projects += f"{HELD_OUT},Secado de fruta,Secar fruta con sol\n{WITHOUT_OBJECTIVE},Sin objetivo, \n"
    (data / "corfo").mkdir()
    (data / "corfo" / "projects.csv").write_text(projects, encoding="utf-8")


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
