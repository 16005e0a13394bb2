"""The curve from scores to chances, and when it may not be used."""

import json
from pathlib import Path

import pytest

from matchmaker.matching import calibration

ENCODER = "ab" * 32


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    learned = calibration.fit(ENCODER, [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [False, False, False, True, True, True])
    file = calibration.path_for(ENCODER, tmp_path)
    calibration.save(learned, {"method": "a test"}, file)
    return file


def test_what_was_learned_is_read_again(kept: Path, tmp_path: Path) -> None:
    assert kept.is_file()
    curve = calibration.load(ENCODER, tmp_path)
    assert curve is not None
    assert curve.probability(0.9) > 0.5 > curve.probability(0.1)


def test_of_another_encoder_there_is_none(kept: Path, tmp_path: Path) -> None:
    assert kept.is_file()
    assert calibration.load("cd" * 32, tmp_path) is None


@pytest.mark.parametrize("scoring", [None, "best passage"])
def test_a_curve_learned_from_scores_of_another_formula_is_not_used(
    kept: Path, tmp_path: Path, scoring: str | None
) -> None:
    content = json.loads(kept.read_text(encoding="utf-8"))
    content["scoring"] = scoring
    kept.write_text(json.dumps(content), encoding="utf-8")
    assert calibration.load(ENCODER, tmp_path) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", "null"])
def test_a_spoilt_file_is_no_calibration(kept: Path, tmp_path: Path, content: str) -> None:
    kept.write_text(content, encoding="utf-8")
    assert calibration.load(ENCODER, tmp_path) is None
