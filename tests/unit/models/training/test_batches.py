from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder.training import recipe
from models.encoder.training.batches import Likeness, plan
from models.encoder.training.material import Example, Manner, Query, Source, digest

SUBJECTS = {
    "pump": "pump pressure seal bearing impeller flow shaft",
    "oven": "oven bread flour dough yeast crust gas",
    "shoe": "shoe leather sole glue stitching last heel",
    "fish": "fish pond feed oxygen net fry disease",
}
SPARE = ["steel", "water", "quick", "plant", "worker", "night", "cost", "machine", "paper", "field", "winter", "river"]


def example(number: int, source: Source = Source.ABSTRACTS) -> Example:
    subject = list(SUBJECTS.values())[number % len(SUBJECTS)].split()
    chance = np.random.default_rng(number)
    words = [*chance.choice(subject, 5, replace=False), *chance.choice(SPARE, 2, replace=False)]
    return Example(source, " ".join(words), "en", (Query(f"query {number}", "en", Manner.TITLE),))


def likeness(examples: list[Example]) -> Likeness:
    return Likeness(examples)


def small(batch: int, passes: float = 1.0, neighbours: int = 4) -> recipe.Recipe:
    return replace(
        recipe.read(),
        passes=dict.fromkeys(Source, passes),
        batch=dict.fromkeys(Source, batch),
        neighbours=neighbours,
    )


def test_a_document_is_the_same_as_itself_and_as_its_copy() -> None:
    rows = np.arange(41)
    same = likeness([*(example(number) for number in range(40)), example(0)]).same(rows, rows)
    assert same.diagonal().all()
    assert same[0, 40]
    assert not same[0, 1]


def test_documents_of_one_title_answer_each_others_queries() -> None:
    title = (Query("Pumps", "en", Manner.TITLE),)
    examples = [example(number) for number in range(40)]
    examples[3:5] = [replace(examples[number], queries=title) for number in (3, 4)]
    examples[7:9] = [replace(examples[number], queries=()) for number in (7, 8)]
    same = likeness(examples).same(np.arange(40), np.arange(40))
    assert same[3, 4]
    assert not same[7, 8]


def test_a_sentence_is_not_held_against_the_document_it_was_taken_from() -> None:
    examples = [example(number) for number in range(40)]
    sentence = Example(
        Source.SENTENCES, "winter river", "en", examples[5].queries[:0], origin=digest(examples[5].document)
    )
    same = likeness([*examples, sentence]).same(np.arange(41), np.arange(41))
    assert same[5, 40]
    assert same[40, 5]
    assert same[40].sum() == 2


def test_a_neighbourhood_is_of_one_subject() -> None:
    examples = [example(number) for number in range(80)]
    groups = likeness(examples).neighbourhoods(np.arange(80), 4, np.random.default_rng(3))
    subjects = [len({row % len(SUBJECTS) for row in group}) for group in groups]
    assert sorted(np.concatenate(groups)) == list(range(80))
    assert np.mean(subjects) < 1.5  # drawn by chance it would be 2.7


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 3), st.integers(30, 60))
def test_each_example_is_seen_as_often_as_the_recipe_says(batch: int, neighbours: int, passes: int, count: int) -> None:
    sources = list(Source)
    examples = [example(number, sources[number % 2]) for number in range(count)]
    batches = plan(examples, likeness(examples), small(batch, passes, neighbours), np.random.default_rng(5))
    seen = Counter(row for rows in batches for row in rows.tolist())
    assert all(1 < len(rows) <= batch for rows in batches)
    assert all(len({examples[row].source for row in rows}) == 1 for rows in batches)
    # A last batch of one teaches nothing and is left out: at most one of each source and pass.
    assert count * passes - sum(seen.values()) <= 2 * passes
    assert all(times <= passes for times in seen.values())


def test_half_a_pass_sees_half_of_the_examples_once() -> None:
    examples = [example(number) for number in range(40)]
    batches = plan(examples, likeness(examples), small(10, passes=1.5), np.random.default_rng(5))
    seen = Counter(row for rows in batches for row in rows.tolist())
    assert sorted(Counter(seen.values()).items()) == [(1, 20), (2, 20)]


def test_the_same_seed_makes_the_same_plan() -> None:
    examples = [example(number) for number in range(40)]
    first, second = (plan(examples, likeness(examples), small(8), np.random.default_rng(9)) for _ in range(2))
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in second]


@pytest.mark.parametrize("passes", [0, 0.0])
def test_a_source_that_is_not_passed_over_has_no_batches(passes: float) -> None:
    examples = [example(number) for number in range(20)]
    assert plan(examples, likeness(examples), small(8, passes), np.random.default_rng(1)) == []
