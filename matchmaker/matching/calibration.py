"""From similarity to probability: how often an offer at this score really answers the need."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.aggregation import SCORING

# From this chance on, looking at an offer is worth a company's or an office's time. A first value, until feedback tells
# what people really follow up.
WORTH_A_LOOK = 0.2

SHIPPED = Path(__file__).parent / "calibration.json"


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


def path_for(encoder: str, home: Path) -> Path:
    """Where an installation keeps what it learned for an encoder, given by its digest."""
    return home / "calibration" / f"{encoder[:16]}.json"


def load(encoder: str, home: Path) -> Calibration | None:
    """
    The calibration of an encoder, the installation's own before the shipped one, or ``None`` if there is none for it
    and for the way documents are scored: probabilities are never guessed.
    """
    for path in (path_for(encoder, home), SHIPPED):
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["encoder"] == encoder and manifest.get("scoring") == SCORING:
                return Calibration(encoder, manifest["slope"], manifest["intercept"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def fit(encoder: str, scores: Sequence[float], answers: Sequence[bool]) -> Calibration:
    """Learn the curve from the scores of judged pairs and whether each is an answer."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, max_iter=1000)
    model.fit(np.array(scores, np.float64).reshape(-1, 1), np.array(answers, bool))
    return Calibration(encoder, float(model.coef_[0, 0]), float(model.intercept_[0]))


def save(calibration: Calibration, facts: dict[str, Any], path: Path) -> None:
    """Write the calibration with the facts of its making beside it; an earlier one stays until it is complete."""
    manifest = {
        "encoder": calibration.encoder,
        "scoring": SCORING,
        "slope": calibration.slope,
        "intercept": calibration.intercept,
        **facts,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
