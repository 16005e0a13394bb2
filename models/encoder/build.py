"""Building the shipped encoder from the base model: cut, centre, quantise, measure, write the manifest."""

import csv
import hashlib
import json
import logging
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.encoder import artefact, centring, sources, vocabulary
from models.encoder.encoder import WEIGHTS, Encoder, Role

if TYPE_CHECKING:
    from models.encoder.sources import BaseModel

Float32 = npt.NDArray[np.float32]
log = logging.getLogger(__name__)

PIECES = 40_000
BITS = 4
WINDOW = 192
BASE_WINDOW = 512
COMMON_WORDS = 150_000
TEXTS_PER_SOURCE = 1_500
SEED = 20261121

AGREEMENT_TEXTS = Path(__file__).parent / "agreement.txt"
AGREEMENT_MEAN = 0.99
AGREEMENT_MIN = 0.97


class AgreementTooLow(Exception):
    """The cut and quantised model strays from the base model more than is allowed."""


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text to learn from: its language, the data set and field it came from, and its words."""

    language: str
    source: str
    text: str


def build(data: Path, folder: Path = WEIGHTS, report: Callable[[str], None] = log.info) -> dict[str, Any]:
    """
    Build the encoder into ``folder`` and return its manifest.

    Args:
        data: folder with the training halves (``ipc-es-en/train.json``, ``sbir/train.jsonl``,
            ``corfo/projects.csv``, ``needs-mx/train.jsonl``); no evaluation file is opened.
        folder: where the model folder is written.
        report: told of each step.

    Raises:
        SourceUnavailable: a build-time package is missing.
        AgreementTooLow: the result strays too far from the base; ``folder`` is left as it was.
    """
    started = time.monotonic()
    base = sources.read_packages()
    texts = list(training_texts(data))
    report(f"{len(texts)} training texts read")
    with TemporaryDirectory(prefix="matchmaker-encoder-") as scratch:
        manifest = _build_in(Path(scratch), data, base, texts, report, started)
        shutil.copytree(Path(scratch) / "encoder", folder, dirs_exist_ok=True)
    return manifest


def _build_in(
    scratch: Path,
    data: Path,
    base: "BaseModel",
    texts: list[TrainingText],
    report: Callable[[str], None],
    started: float,
) -> dict[str, Any]:
    plain, folder = scratch / "uncentred", scratch / "encoder"
    kept = _choose(base, texts)
    weights = dict(base.weights)
    weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][kept]
    tokenizer = vocabulary.cut(base.tokenizer, kept)
    artefact.save(plain, weights, tokenizer, base.shape, None, bits=BITS, window=WINDOW)
    report(f"vocabulary cut to {len(kept)} pieces")
    agreement = measure_agreement(plain, base, scratch / "base")
    report(f"agreement with the base: mean {agreement['mean']:.4f}, min {agreement['min']:.4f}")
    if agreement["mean"] < AGREEMENT_MEAN or agreement["min"] < AGREEMENT_MIN:
        raise AgreementTooLow(f"{agreement}; allowed: mean {AGREEMENT_MEAN}, min {AGREEMENT_MIN}")
    layer = centring.fit(_encode_groups(Encoder.load(str(plain)), texts, report))
    artefact.save(folder, weights, tokenizer, base.shape, layer, bits=BITS, window=WINDOW)
    manifest = {
        "name": "matchmaker-encoder",
        "digest": Encoder.load(str(folder)).digest,
        "sources": base.provenance,
        "vocabulary": {"pieces": len(kept), "of": len(base.tokenizer["model"]["vocab"])},
        "weights": {"bits": BITS, "group": 32, "window": WINDOW},
        "centring": {
            "texts": _group_sizes(texts),
            "mean_norms": {
                "/".join(group): round(float(np.linalg.norm(mean)), 4) for group, mean in layer.means.items()
            },
        },
        "training_data": _digests(data),
        "seed": SEED,
        "agreement": agreement,
        "built_with": {name: version(name) for name in ("torch", "sentence-transformers", "tokenizers", "wordfreq")},
        "machine": platform.machine(),
        "seconds": round(time.monotonic() - started, 1),
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def build_baseline(folder: Path) -> None:
    """Write the uncut base encoder in float32 into ``folder``: what the product is measured against."""
    base = sources.read_packages()
    artefact.save(folder, base.weights, base.tokenizer, base.shape, None, bits=None, window=BASE_WINDOW)


def measure_agreement(folder: Path, base: "BaseModel", scratch: Path) -> dict[str, Any]:
    """
    Cosine between the model in ``folder`` and the uncut float32 base, on the fixed list of texts, as queries and as
    passages. ``scratch`` holds the base for the time of the measurement.
    """
    from sentence_transformers import SentenceTransformer

    artefact.save(scratch, base.weights, base.tokenizer, base.shape, None, bits=None, window=WINDOW)
    texts = AGREEMENT_TEXTS.read_text(encoding="utf-8").splitlines()
    reference = SentenceTransformer(str(scratch), device="cpu")
    ours = SentenceTransformer(str(folder), device="cpu")
    cosines = np.concatenate(
        [
            np.sum(reference.encode(texts, prompt_name=prompt) * ours.encode(texts, prompt_name=prompt), axis=1)
            for prompt in ("query", "passage")
        ]
    )
    return {
        "texts": len(texts),
        "texts_sha256": hashlib.sha256(AGREEMENT_TEXTS.read_bytes()).hexdigest(),
        "mean": round(float(cosines.mean()), 6),
        "min": round(float(cosines.min()), 6),
    }


def training_texts(data: Path) -> Iterator[TrainingText]:
    """Every text of the training halves, in file order."""
    for pair in json.loads((data / "ipc-es-en" / "train.json").read_text(encoding="utf-8")):
        yield TrainingText("es", "ipc", pair["es"])
        yield TrainingText("en", "ipc", pair["en"])
    for row in _jsonl(data / "sbir" / "train.jsonl"):
        yield TrainingText("en", "sbir-title", row["title"])
        yield TrainingText("es", "sbir-title", row["title_es_mt"])
        yield TrainingText("en", "sbir-text", row["text"])
    with (data / "corfo" / "projects.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if is_corfo_training(row["codigo"]):
                yield TrainingText("es", "corfo-title", row["titulo"])
                yield TrainingText("es", "corfo-text", row["objetivo"])
    for row in _jsonl(data / "needs-mx" / "train.jsonl"):
        yield TrainingText("es", "needs", row["need"])
        yield TrainingText("en", "needs-text", row["text"])


def is_corfo_training(code: str) -> bool:
    """Whether a Corfo project belongs to the training 70 %: its code's sha256 lies in the first 70 % of the range."""
    return int(hashlib.sha256(code.encode()).hexdigest(), 16) < 0.7 * 2**256


def _choose(base: "BaseModel", texts: list[TrainingText]) -> list[int]:
    import wordfreq

    counts = vocabulary.count_pieces(base.tokenizer, (item.text for item in texts))
    spanish = wordfreq.top_n_list("es", COMMON_WORDS, wordlist="large")
    english = wordfreq.top_n_list("en", COMMON_WORDS, wordlist="large")
    common = [word for pair in zip(spanish, english, strict=True) for word in pair]
    return vocabulary.choose_pieces(base.tokenizer, counts, common, PIECES)


def _by_source(texts: list[TrainingText]) -> dict[tuple[str, str], list[str]]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for item in texts:
        grouped.setdefault((item.language, item.source), []).append(item.text)
    generator = np.random.default_rng(SEED)
    return {
        key: [members[row] for row in generator.permutation(len(members))[:TEXTS_PER_SOURCE]]
        for key, members in grouped.items()
    }


def _encode_groups(
    encoder: Encoder, texts: list[TrainingText], report: Callable[[str], None]
) -> dict[centring.Group, list[Float32]]:
    groups: dict[centring.Group, list[Float32]] = {}
    for (language, source), members in _by_source(texts).items():
        for role in Role:
            groups.setdefault((language, role.value), []).append(encoder.encode(members, role))
        report(f"{language} {source}: {len(members)} texts encoded")
    return groups


def _group_sizes(texts: list[TrainingText]) -> dict[str, int]:
    return {"/".join(key): len(members) for key, members in _by_source(texts).items()}


def _digests(data: Path) -> Mapping[str, str]:
    names = ("ipc-es-en/train.json", "sbir/train.jsonl", "corfo/projects.csv", "needs-mx/train.jsonl")
    return {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in names}


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
