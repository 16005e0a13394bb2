"""Learning how a similarity score becomes a probability, from the sample world's training needs."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation import sample
from evaluation.datasets import Dataset
from evaluation.systems import System, run_system
from matchmaker.matching import calibration
from matchmaker.matching.calibration import Calibration
from models.encoder.cache import CachedEncoder

# An offer answers a need from this grade on; below it is a lead at most.
ANSWERS = 2
# Pairs per need that the curve is learned from: the page a person looks at, twice over.
_DEPTH = 20
_BINS = 10

Float64 = npt.NDArray[np.float64]


def train(encoder: CachedEncoder, path: Path) -> dict[str, Any]:
    """
    Fit the curve on ``train``, measure it on ``test``, and write it to ``path``.

    Returns:
        the figures: pairs, Brier score and expected calibration error on both parts, and the base rate's Brier score.
    """
    parts = {part: _pairs(sample.dataset(part), encoder) for part in ("train", "test")}
    scores, answers = parts["train"]
    curve = calibration.fit(encoder.encoder.digest, scores.tolist(), answers.tolist())
    facts: dict[str, Any] = {
        "method": "Platt scaling of the similarity score",
        "data": {"sample": sample.manifest()["sha256"], "grade": ANSWERS, "depth": _DEPTH},
        **{part: _figures(curve, *pairs) for part, pairs in parts.items()},
    }
    calibration.save(curve, facts, path)
    return facts


def expected_calibration_error(probabilities: Float64, answers: npt.NDArray[np.bool_]) -> float:
    """
    Mean distance between stated probability and observed share, over ten equal-width bins, weighted by their size.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015.
    """
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in range(_BINS):
        members = bins == number
        if members.any():
            error += members.mean() * abs(probabilities[members].mean() - answers[members].mean())
    return float(error)


def _pairs(dataset: Dataset, encoder: CachedEncoder) -> tuple[Float64, npt.NDArray[np.bool_]]:
    run = run_system(System.DENSE, dataset, encoder).run
    scores: list[float] = []
    answers: list[bool] = []
    for query, found in run.items():
        for document in sorted(found, key=lambda name: (-found[name], name))[:_DEPTH]:
            scores.append(found[document])
            answers.append(dataset.qrels[query].get(document, 0) >= ANSWERS)
    return np.array(scores), np.array(answers)


def _figures(curve: Calibration, scores: Float64, answers: npt.NDArray[np.bool_]) -> dict[str, Any]:
    probabilities = np.array([curve.probability(score) for score in scores])
    rate = answers.mean()
    return {
        "pairs": len(scores),
        "answers": int(answers.sum()),
        "brier": round(float(((probabilities - answers) ** 2).mean()), 4),
        "brier_of_base_rate": round(float(rate * (1 - rate)), 4),
        "ece": round(expected_calibration_error(probabilities, answers), 4),
    }
