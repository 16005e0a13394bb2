"""Every set that an encoder is judged on, in one report: queries of both languages, plain Spanish, the sample world."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from evaluation import corfo, metrics, sample
from evaluation.datasets import Dataset, read_beir
from evaluation.runs import Run, ranked
from evaluation.systems import DEPTH, System, run_system
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Encoder

__all__ = ["BARS", "SETS", "Battery", "beside_exact", "is_battery", "measure", "places_lower", "read"]

# Set → folder of its documents, its queries and its judgements.
SETS = {
    "ipc-es-en": ("ipc-es-en", "ipc-es-en/queries.jsonl", "ipc-es-en/qrels/dev.tsv"),
    "cordis": ("cordis", "cordis/queries.jsonl", "cordis/qrels/dev.tsv"),
    "cordis es-mt": ("cordis", "cordis/queries.es-mt.jsonl", "cordis/qrels/dev.tsv"),
    "sbir code": ("sbir", "sbir/queries.code.jsonl", "sbir/qrels/dev.code.tsv"),
    "sbir code es-mt": ("sbir", "sbir/queries.code.es-mt.jsonl", "sbir/qrels/dev.code.tsv"),
    "sbir title": ("sbir", "sbir/queries.title.jsonl", "sbir/qrels/dev.title.tsv"),
    "sbir title es-mt": ("sbir", "sbir/queries.title.es-mt.jsonl", "sbir/qrels/dev.title.tsv"),
    "needs-mx": ("sbir", "needs-mx/queries.jsonl", "needs-mx/qrels/dev.tsv"),
}
_PARITY = {"cordis": "cordis es-mt", "sbir title": "sbir title es-mt"}
_CORFO_SET, _SAMPLE_SET = "corfo", "sample"
_EXACT = ("ipc-es-en", "cordis", _SAMPLE_SET)

# Primary production; mining, power, water and building; the three sectors of manufacturing. The rest is trade and
# services.
_SECTIONS = ("11", "21-22-23", "31", "32", "33")

# What is asked of the encoder: at least so much nDCG@10, share of needs served, and share of the English figure in
# Spanish; at most so many places.
BARS = {
    "ipc-es-en": 0.975,
    "cordis": 0.54,
    "cordis es-mt": 0.49,
    "sbir code": 0.61,
    "sbir code es-mt": 0.55,
    "sbir title": 0.72,
    "sbir title es-mt": 0.65,
    "needs-mx": 0.66,
    "needs-mx useful": 0.85,
    "cordis parity": 0.90,
    "sbir title parity": 0.90,
    "places lower": 1.0,
}


# Sets that share their documents stand together, so that these are encoded once: documents' folder → set → content.
Battery = dict[str, dict[str, Dataset]]


def is_battery(folder: Path) -> bool:
    """Whether a folder holds the sets' folders and is not itself a set."""
    return not (folder / "corpus.jsonl").exists() and any((folder / name).is_dir() for name, *_ in SETS.values())


def read(data: Path) -> Battery:
    """
    Read the sets of ``data``, a folder with the sets' folders, and the sample world.

    Raises:
        DatasetError: a file that is not there or cannot be used.
    """
    battery: Battery = {}
    for name, (folder, queries, qrels) in SETS.items():
        group = battery.setdefault(folder, {})
        dataset = read_beir(data / folder, data / queries, data / qrels)
        # The documents of a folder are kept once.
        first = next(iter(group.values()), dataset)
        group[name] = replace(dataset, documents=first.documents)
    battery[_CORFO_SET] = {_CORFO_SET: corfo.read(data / _CORFO_SET)}
    battery[_SAMPLE_SET] = {f"{_SAMPLE_SET} {part}": sample.dataset(part) for part in ("test", "train")}
    return battery


def measure(
    battery: Battery, encoder: CachedEncoder, on_progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """
    Run every set through an encoder.

    Returns:
        ``sets`` (set → queries, documents, nDCG@10 with its 95 % interval, R@10, share of queries with a useful
        document in the first ten, ``None`` where no grade says so), ``slices`` (language or sector of the sample
        world's needs → needs, nDCG@10 with its interval), ``bars`` (what is asked → value, bar, holds), ``encoder``
        (digest).
    """
    runs: dict[str, Run] = {}
    datasets = {name: dataset for group in battery.values() for name, dataset in group.items()}
    for group in battery.values():
        runs.update(_run(group, encoder, on_progress))
    sets = {name: _figures(runs[name], dataset) for name, dataset in datasets.items()}
    values = {name: figures["nDCG@10"] for name, figures in sets.items()}
    values |= {f"{name} useful": sets[name]["useful_in_first_10"] for name in sets}
    values |= {
        f"{name} parity": sets[spanish]["nDCG@10"] / sets[name]["nDCG@10"]
        for name, spanish in _PARITY.items()
        if name in sets and sets[name]["nDCG@10"]
    }
    world = [name for name in sets if name.startswith(_SAMPLE_SET)]
    if world:
        values["places lower"] = _sample_places([(runs[name], datasets[name]) for name in world])
    slices = _slices({name: runs[name] for name in world}, datasets)
    bars = {
        name: {"value": values[name], "bar": bar, "holds": _holds(name, values[name], bar)}
        for name, bar in BARS.items()
        if name in values
    }
    return {"encoder": encoder.encoder.digest, "sets": sets, "slices": slices, "bars": bars}


def beside_exact(data: Path, vectors: Path) -> Callable[[Encoder, Encoder], dict[str, Any]]:
    """
    What measures an encoder on every set, and the same weights in float32, which are several times slower, on some:
    under ``exact`` set → nDCG@10. The sets are read at once, so that a fault in them is known before a training.

    Args:
        data: folder with the sets' folders.
        vectors: folder that keeps the vectors of the encoder to ship.

    Raises:
        DatasetError: a file that is not there or cannot be used.
    """
    everything = read(data)
    some = {name: everything[name] for name in _EXACT}
    vectors.mkdir(parents=True, exist_ok=True)

    def figures(encoder: Encoder, exact: Encoder) -> dict[str, Any]:
        report = measure(everything, CachedEncoder(encoder, vectors))
        with TemporaryDirectory(prefix="matchmaker-vectors-") as passing:
            reference = measure(some, CachedEncoder(exact, Path(passing)))
        return report | {"exact": {name: found["nDCG@10"] for name, found in reference["sets"].items()}}

    return figures


def places_lower(
    run: Mapping[str, Mapping[str, float]],
    qrels: Mapping[str, Mapping[str, int]],
    query_language: Mapping[str, str],
    document_language: Mapping[str, str],
) -> list[float]:
    """
    How many places lower documents of the other language stand than equally relevant ones of the query's own: for each
    query and grade above 0 with documents of both kinds, the difference of their mean ranks. What is not in the run
    stands behind its last document.
    """
    found = []
    for query, grades in qrels.items():
        order = ranked(run.get(query, {}))
        place = {document: rank for rank, document in enumerate(order, start=1)}
        for grade in sorted(set(grades.values()) - {0}):
            ranks: dict[bool, list[int]] = {True: [], False: []}
            for document, given in grades.items():
                if given == grade:
                    own = document_language[document] == query_language[query]
                    ranks[own].append(place.get(document, len(order) + 1))
            if ranks[True] and ranks[False]:
                found.append(fmean(ranks[False]) - fmean(ranks[True]))
    return found


def _run(
    group: Mapping[str, Dataset], encoder: CachedEncoder, on_progress: Callable[[int], None] | None
) -> Iterator[tuple[str, Run]]:
    """Set → run, all queries asked of the documents in one go."""
    documents = next(iter(group.values())).documents
    queries = {f"{name}\0{query}": text for name, own in group.items() for query, text in own.queries.items()}
    asked = Dataset("battery", documents, queries, {query: {} for query in queries})
    # Of the sample world's offers all have a rank, for the places between the languages.
    depth = len(documents) if _SAMPLE_SET in next(iter(group)) else DEPTH
    run = run_system(System.DENSE, asked, encoder, on_progress, depth).run
    for name, own in group.items():
        yield name, {query: run[f"{name}\0{query}"] for query in own.queries}


def _figures(run: Run, dataset: Dataset) -> dict[str, Any]:
    means, intervals = metrics.summarise(metrics.per_query(run, dataset.qrels))
    return {
        "queries": len(dataset.qrels),
        "documents": len(dataset.documents),
        "nDCG@10": means["nDCG@10"],
        "ci95": intervals["nDCG@10"],
        "R@10": means["R@10"],
        # Grades that say useful from relevant are given in few sets.
        "useful_in_first_10": metrics.useful_in_first(run, dataset.qrels) if _is_graded(dataset) else None,
    }


def _is_graded(dataset: Dataset) -> bool:
    return any(grade > 1 for grades in dataset.qrels.values() for grade in grades.values())


def _slices(runs: Mapping[str, Run], datasets: Mapping[str, Dataset]) -> dict[str, dict[str, Any]]:
    """The sample world's needs by their language, and by their first sector."""
    needs = {row["reference"]: row for row in sample.rows("needs")}
    scores: dict[str, dict[str, float]] = {}
    for name, run in runs.items():
        for need, score in metrics.per_query(run, datasets[name].qrels)["nDCG@10"].items():
            row = needs[need]
            for key in (row["language"], *(_section(code) for code in row["scian"][:1])):
                scores.setdefault(key, {})[need] = score
    slices = {}
    for key, own in sorted(scores.items()):
        means, intervals = metrics.summarise({"nDCG@10": own})
        slices[key] = {"needs": len(own), "nDCG@10": means["nDCG@10"], "ci95": intervals["nDCG@10"]}
    return slices


def _section(code: str) -> str:
    """The part of SCIAN that a code lies in: one sector, or several that are few in the sample world."""
    return next((f"SCIAN {section}" for section in _SECTIONS if code[:2] in section.split("-")), "SCIAN 43-93")


def _sample_places(runs: Sequence[tuple[Run, Dataset]]) -> float:
    """The mean over needs and grades of the sample world; 0 where nothing can be compared."""
    needs, offers = ({row["reference"]: row["language"] for row in sample.rows(kind)} for kind in ("needs", "offers"))
    found = [places for run, dataset in runs for places in places_lower(run, dataset.qrels, needs, offers)]
    return fmean(found) if found else 0.0


def _holds(name: str, value: float, bar: float) -> bool:
    return value <= bar if name == "places lower" else value >= bar
