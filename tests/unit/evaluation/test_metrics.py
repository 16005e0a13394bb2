from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.metrics import METRICS, bootstrap_interval, per_query, summarise, useful_in_first
from evaluation.runs import Run

DOCUMENTS = [f"d{number:03}" for number in range(15)]

grades = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1)
results = st.dictionaries(st.sampled_from(DOCUMENTS), st.floats(-5, 5))


def in_order(*documents: str) -> dict[str, float]:
    return {document: -float(rank) for rank, document in enumerate(documents)}


def scores(results: dict[str, float], grades: dict[str, int], relevant_from: int = 1) -> dict[str, float]:
    values = per_query({"q": results}, {"q": grades}, relevant_from)
    return {name: values[name]["q"] for name in METRICS}


def test_measures_of_a_short_ranking_worked_by_hand() -> None:
    # Grades 3, 1, 2; the ranking is b (1), an unjudged x (0), a (3); c (2) is not found.
    # DCG = 1/log2(2) + 0/log2(3) + 3/log2(4) = 1 + 0 + 1.5 = 2.5; ideal = 3/log2(2) + 2/log2(3) + 1/log2(4)
    # MRR: first relevant at rank 1 → 1. Recall: 2 of 3. AP = (1/1 + 2/3) / 3 = 5/9.
    values = scores(in_order("b", "x", "a"), {"a": 3, "b": 1, "c": 2})
    assert values == pytest.approx(
        {
            "nDCG@10": 2.5 / (3 + 2 / log2(3) + 0.5),
            "MRR@10": 1.0,
            "R@10": 2 / 3,
            "R@100": 2 / 3,
            "MAP": 5 / 9,
        }
    )


def test_the_threshold_moves_the_binary_measures_and_leaves_ndcg() -> None:
    # From grade 2 on, a and c are relevant: a at rank 3 → MRR 1/3, recall 1 of 2, AP = (1/3) / 2 = 1/6.
    values = scores(in_order("b", "x", "a"), {"a": 3, "b": 1, "c": 2}, relevant_from=2)
    assert values == pytest.approx(
        {
            "nDCG@10": 2.5 / (3 + 2 / log2(3) + 0.5),
            "MRR@10": 1 / 3,
            "R@10": 1 / 2,
            "R@100": 1 / 2,
            "MAP": 1 / 6,
        }
    )


def test_only_recall_at_100_and_map_look_below_the_tenth_place() -> None:
    # The only relevant document stands at rank 11: AP = 1/11.
    values = scores(in_order(*DOCUMENTS), {DOCUMENTS[10]: 1})
    assert values == pytest.approx({"nDCG@10": 0, "MRR@10": 0, "R@10": 0, "R@100": 1, "MAP": 1 / 11})


def test_recall_at_100_stops_at_the_hundredth_place() -> None:
    # Relevant at ranks 100 and 101: R@100 = 1/2, AP = (1/100 + 2/101) / 2.
    ranking = [f"x{number:03}" for number in range(101)]
    values = scores(in_order(*ranking), {ranking[99]: 1, ranking[100]: 1})
    assert values["R@100"] == 0.5
    assert values["MAP"] == pytest.approx((1 / 100 + 2 / 101) / 2)


def test_equal_scores_are_ranked_by_identity_in_every_measure() -> None:
    # a comes before b: the relevant b is at rank 2. nDCG = (1/log2(3)) / 1, MRR = AP = 1/2.
    values = scores({"b": 1.0, "a": 1.0}, {"b": 1})
    assert values == pytest.approx({"nDCG@10": 1 / log2(3), "MRR@10": 0.5, "R@10": 1, "R@100": 1, "MAP": 0.5})


def test_scores_that_differ_beyond_float32_are_not_ties() -> None:
    values = scores({"a": 1.0, "b": 1.0 + 1e-12}, {"b": 1})
    assert values == dict.fromkeys(METRICS, 1.0)


def test_a_query_without_results_scores_zero() -> None:
    values = per_query({"q1": {"d": 1.0}, "q2": {}}, {"q1": {"d": 1}, "q2": {"d": 1}, "q3": {"d": 1}})
    assert values == {name: {"q1": 1.0, "q2": 0.0, "q3": 0.0} for name in METRICS}


def test_a_query_with_nothing_relevant_scores_zero() -> None:
    assert scores({"d": 1.0}, {"d": 0}) == dict.fromkeys(METRICS, 0.0)


def test_a_query_nobody_judged_is_left_out() -> None:
    values = per_query({"q1": {"d": 1.0}, "unjudged": {"d": 1.0}}, {"q1": {"d": 1}})
    assert values == {name: {"q1": 1.0} for name in METRICS}


def test_without_judgements_every_measure_is_empty() -> None:
    assert per_query({"q": {"d": 1.0}}, {}) == {name: {} for name in METRICS}


def test_a_score_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        per_query({"q": {"d": float("nan")}}, {"q": {"d": 1}})


@settings(deadline=None)
@given(results=results, grades=grades, relevant_from=st.integers(1, 3))
def test_measures_stay_between_zero_and_one(
    results: dict[str, float], grades: dict[str, int], relevant_from: int
) -> None:
    assert all(0 <= value <= 1 for value in scores(results, grades, relevant_from).values())


@settings(deadline=None)
@given(results=results, grades=grades)
def test_an_irrelevant_document_at_the_end_never_raises_a_measure(
    results: dict[str, float], grades: dict[str, int]
) -> None:
    before = scores(results, grades)
    after = scores(results | {"irrelevant": -6.0}, grades)
    assert all(after[name] <= before[name] for name in METRICS)


@settings(deadline=None)
@given(grades=grades.filter(lambda grades: any(grades.values())))
def test_the_ideal_order_scores_one(grades: dict[str, int]) -> None:
    values = scores({document: float(grade) for document, grade in grades.items()}, grades)
    relevant = sum(grade > 0 for grade in grades.values())
    assert values["nDCG@10"] == pytest.approx(1)
    assert values["MRR@10"] == values["R@100"] == 1
    assert values["R@10"] == pytest.approx(min(10, relevant) / relevant)
    assert values["MAP"] == pytest.approx(1)


@settings(deadline=None)
@given(results=results, grades=grades, factor=st.sampled_from([0.5, 2.0, 1024.0]))
def test_only_the_order_of_the_scores_counts(results: dict[str, float], grades: dict[str, int], factor: float) -> None:
    scaled = {document: score * factor for document, score in results.items()}
    if len(set(scaled.values())) == len(set(results.values())):
        assert scores(scaled, grades) == scores(results, grades)


def test_a_single_query_has_an_interval_without_width() -> None:
    assert summarise({"MAP": {"q": 0.3}}) == ({"MAP": 0.3}, {"MAP": [0.3, 0.3]})


def test_equal_queries_have_an_interval_without_width() -> None:
    low, high = bootstrap_interval(np.full(7, 0.1))
    assert low == high == pytest.approx(0.1)


def test_the_interval_of_two_queries_spans_both() -> None:
    # Of the four equally likely resamples of (0, 1), one has mean 0 and one has mean 1: each tail is 25 %.
    assert summarise({"MAP": {"q1": 0.0, "q2": 1.0}}) == ({"MAP": 0.5}, {"MAP": [0.0, 1.0]})


def test_the_interval_of_many_queries_agrees_with_the_normal_one() -> None:
    # 400 values, half 0, half 1: standard error 0.5 / sqrt(400) = 0.025, and 1.96 * 0.025 = 0.049.
    low, high = bootstrap_interval(np.tile([0.0, 1.0], 200))
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.003)


def test_the_interval_is_the_same_each_time_and_whatever_the_order_of_the_queries() -> None:
    values = {f"q{number}": 1 / (number + 1) for number in range(10)}
    backwards = dict(reversed(values.items()))
    assert summarise({"MAP": values})[1] == summarise({"MAP": backwards})[1]


def test_resamples_drawn_in_many_blocks_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    # A block holds 3 resamples, the last one 1. Standard error 0.5 / sqrt(400) = 0.025, 1.96 * 0.025 = 0.049.
    monkeypatch.setattr("evaluation.metrics.BLOCK", 1200)
    low, high = bootstrap_interval(np.tile([0.0, 1.0], 200))
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.003)


@settings(deadline=None)
@given(sample=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_interval_lies_within_the_sample(sample: list[float]) -> None:
    low, high = bootstrap_interval(np.array(sample))
    assert min(sample) - 1e-12 <= low <= high <= max(sample) + 1e-12


def test_no_queries_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no queries"):
        summarise({"MAP": {}})


@pytest.mark.parametrize(
    ("k", "grade", "share"),
    [(10, 2, 2 / 4), (1, 2, 1 / 4), (10, 1, 3 / 4), (10, 3, 1 / 4)],
)
def test_useful_queries_are_those_with_a_good_document_near_the_top(k: int, grade: int, share: float) -> None:
    qrels = {"q1": {"a": 2, "b": 1}, "q2": {"a": 3}, "q3": {"a": 1, "b": 2}, "q4": {"a": 3}}
    run: Run = {
        "q1": in_order("b", "a"),
        "q2": in_order("a"),
        "q3": in_order("x", "a"),
        "unjudged": {"a": 1.0},
        "unjudged too": {"a": 1.0},
    }
    assert useful_in_first(run, qrels, k, grade) == share


def test_only_the_first_ten_count_as_first_unless_told() -> None:
    run = {"q": in_order(*DOCUMENTS)}
    assert useful_in_first(run, {"q": {DOCUMENTS[9]: 2}}) == 1
    assert useful_in_first(run, {"q": {DOCUMENTS[10]: 2}}) == 0


def test_equal_scores_are_broken_by_identity_at_the_edge() -> None:
    run = {"q": {"b": 1.0, "a": 1.0}}
    assert useful_in_first(run, {"q": {"a": 2}}, k=1) == 1
    assert useful_in_first(run, {"q": {"b": 2}}, k=1) == 0


def test_a_share_of_no_queries_is_refused() -> None:
    with pytest.raises(ValueError, match="no queries"):
        useful_in_first({}, {})
