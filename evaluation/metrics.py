"""How good a run is: the usual measures of ranked retrieval, query by query, and how sure their means are."""

from collections.abc import Mapping

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import AP, RR, Measure, R, nDCG

from evaluation.runs import ranked

__all__ = ["METRICS", "bootstrap_interval", "per_query", "summarise", "useful_in_first"]

METRICS = ("nDCG@10", "MRR@10", "R@10", "R@100", "MAP")

RESAMPLES = 10_000
SEED = 20_240_229
CONFIDENCE = 0.95
# Keeps the drawn positions of one block of resamples near 16 MB, whatever the number of queries.
BLOCK = 2_000_000


def per_query(
    run: Mapping[str, Mapping[str, float]], qrels: Mapping[str, Mapping[str, int]], relevant_from: int = 1
) -> dict[str, dict[str, float]]:
    """
    Score every judged query on every name of ``METRICS``.

    The values are those of trec_eval (``ndcg_cut_10``, ``recip_rank`` cut at 10, ``recall_10``,
    ``recall_100``, ``map``): nDCG takes the grade as gain over log2(rank + 1) (Järvelin and Kekäläinen, TOIS
    2002), and a document without a judgement is irrelevant. Ties are broken by
    :func:`evaluation.runs.ranked` for every measure alike.

    Args:
        run: query → document → score; queries without judgements are left out.
        qrels: query → document → grade, 0 or more.
        relevant_from: the lowest grade, 1 or more, that counts as relevant for all measures but nDCG.

    Returns:
        measure → query → value in [0, 1], with every query of ``qrels`` under every measure. A query without
        results, or without a relevant document, scores 0.

    Raises:
        ValueError: a score that is not a number.
    """
    names = _names(relevant_from)
    values = {name: dict.fromkeys(qrels, 0.0) for name in METRICS}
    judged = {query: _strictly_falling(scores) for query, scores in run.items() if query in qrels}
    grades = {query: dict(documents) for query, documents in qrels.items()}
    for metric in ir_measures.evaluator(names, grades).iter_calc(judged):
        values[names[metric.measure]][metric.query_id] = float(metric.value)
    return values


def summarise(
    values: Mapping[str, Mapping[str, float]],
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """
    Mean of each measure over the queries, and the 95 % interval of that mean.

    Args:
        values: measure → query → value, as :func:`per_query` gives it.

    Returns:
        measure → mean, and measure → ``[low, high]`` as :func:`bootstrap_interval` gives it.

    Raises:
        ValueError: a measure without queries.
    """
    means: dict[str, float] = {}
    intervals: dict[str, list[float]] = {}
    for name, scores in values.items():
        sample = np.array([scores[query] for query in sorted(scores)], dtype=np.float64)
        intervals[name] = list(bootstrap_interval(sample))
        means[name] = float(sample.mean())
    return means, intervals


def bootstrap_interval(sample: npt.NDArray[np.float64]) -> tuple[float, float]:
    """
    Percentile bootstrap of the mean (Efron and Tibshirani 1993, chapter 13): 10,000 resamples, fixed seed.

    Samples of the same length are resampled at the same positions. The interval of a difference between two
    systems is that of the differences ``a - b`` query by query.

    Args:
        sample: shape ``(n,)``, one value per query, n ≥ 1.

    Returns:
        The 2.5th and 97.5th percentiles of the resampled means; both are the mean when n is 1.

    Raises:
        ValueError: an empty sample.
    """
    size = len(sample)
    if size == 0:
        raise ValueError("there are no queries to average over")
    generator = np.random.default_rng(SEED)
    means = np.empty(RESAMPLES)
    rows = max(1, BLOCK // size)
    for start in range(0, RESAMPLES, rows):
        block = means[start : start + rows]
        block[:] = sample[generator.integers(0, size, size=(len(block), size))].mean(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def useful_in_first(
    run: Mapping[str, Mapping[str, float]],
    qrels: Mapping[str, Mapping[str, int]],
    k: int = 10,
    grade: int = 2,
) -> float:
    """
    Share of the judged queries with a document of at least ``grade`` among their first ``k``.

    Queries that have no such document at all count as failed, as do those without results.

    Returns:
        A share in [0, 1].

    Raises:
        ValueError: no judged query, or a score that is not a number.
    """
    if not qrels:
        raise ValueError("there are no queries to average over")
    served = sum(
        any(documents.get(document, 0) >= grade for document in ranked(run.get(query, {}))[:k])
        for query, documents in qrels.items()
    )
    return served / len(qrels)


def _names(relevant_from: int) -> dict[Measure, str]:
    measures = (
        nDCG @ 10,
        RR(rel=relevant_from) @ 10,
        R(rel=relevant_from) @ 10,
        R(rel=relevant_from) @ 100,
        AP(rel=relevant_from),
    )
    return dict(zip(measures, METRICS, strict=True))


def _strictly_falling(scores: Mapping[str, float]) -> dict[str, float]:
    # The providers behind the measures break ties each in its own way, and trec_eval compares float32 scores.
    order = ranked(scores)
    return {document: float(len(order) - position) for position, document in enumerate(order)}
