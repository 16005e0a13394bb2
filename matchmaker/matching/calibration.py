"""From similarity to probability: how often an offer at this score really answers the need."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# From this chance on, looking at an offer is worth a company's or an office's time. A first value, until feedback tells
# what people really follow up.
WORTH_A_LOOK = 0.2

CALIBRATION = Path(__file__).parent / "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    A logistic curve over the similarity score (Platt scaling), learned for one encoder.

    Attributes:
        encoder: digest of the encoder whose scores it reads.
        slope, intercept: probability = 1 / (1 + exp(-(slope * score + intercept))).
    """

    encoder: str
    slope: float
    intercept: float

    def probability(self, score: float) -> float:
        """Chance in (0, 1) that an offer with this similarity answers the need (grade 2 or 3)."""
        return 1.0 / (1.0 + math.exp(-(self.slope * score + self.intercept)))


def load(encoder: str, path: Path = CALIBRATION) -> Calibration | None:
    """The calibration of an encoder, or ``None`` if there is none for it: probabilities are never guessed."""
    if not path.is_file():
        return None
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest["encoder"] != encoder:
        return None
    return Calibration(encoder, manifest["slope"], manifest["intercept"])


def fit(encoder: str, scores: Sequence[float], answers: Sequence[bool]) -> Calibration:
    """Learn the curve from the scores of judged pairs and whether each is an answer."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, max_iter=1000)
    model.fit(np.array(scores, np.float64).reshape(-1, 1), np.array(answers, bool))
    return Calibration(encoder, float(model.coef_[0, 0]), float(model.intercept_[0]))


def save(calibration: Calibration, facts: dict[str, Any], path: Path = CALIBRATION) -> None:
    """Write the calibration with the facts of its making beside it."""
    manifest = {
        "encoder": calibration.encoder,
        "slope": calibration.slope,
        "intercept": calibration.intercept,
        **facts,
    }
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
