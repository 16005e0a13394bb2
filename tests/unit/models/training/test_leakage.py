import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoder.training.leakage import NEAR, Evaluated, TrainingLeak, check, clean
from models.encoder.training.material import Example, Manner, Query, Source

PUMP = "The pump of the third line loses pressure when the seal is worn and the bearing runs hot at night."
OVEN = "El horno de la panadería gasta demasiado gas porque la puerta ya no cierra bien y nadie la ajusta."


def example(document: str, query: str = "algo que nadie evalúa en ninguna parte") -> Example:
    return Example(Source.NEEDS, document, "en", (Query(query, "es", Manner.OWN_WORDS),))


def test_the_same_text_leaks() -> None:
    (leak,) = Evaluated([OVEN, PUMP]).leaks([PUMP])
    assert leak is not None
    assert (leak.learned, leak.evaluated, leak.similarity) == (PUMP, PUMP, 1.0)


@pytest.mark.parametrize(
    "copy",
    [
        PUMP.upper(),
        PUMP.replace(" ", "  ").replace(".", "!"),
        PUMP.replace("third", "fourth"),
        PUMP + " It is new.",
        OVEN.replace("í", "i").replace("ó", "o"),
    ],
)
def test_a_near_copy_leaks(copy: str) -> None:
    evaluated = Evaluated([OVEN, PUMP])
    for leak in (*evaluated.leaks([copy]), evaluated.sketch().leak(copy)):
        assert leak is not None
        assert NEAR <= leak.similarity <= 1


@pytest.mark.parametrize(
    "text", ["", "…", "The pump loses pressure.", "La puerta del horno no cierra bien.", PUMP[:40]]
)
def test_a_text_of_its_own_does_not_leak(text: str) -> None:
    evaluated = Evaluated([OVEN, PUMP, ""])
    assert evaluated.leaks([text]) == [None]
    assert evaluated.sketch().leak(text) is None


def test_a_title_of_two_words_leaks_when_it_is_the_same() -> None:
    evaluated = Evaluated(["Heat pumps"])
    found, other = evaluated.leaks(["heat pumps", "heat exchangers"])
    assert found is not None
    assert other is None


def test_examples_are_dropped_for_their_document_or_for_a_query() -> None:
    kept = example("Something else altogether, about shoes and leather.")
    examples = [example(PUMP), kept, example("Another text about boats and nets.", OVEN)]
    assert clean(examples, Evaluated([OVEN, PUMP])) == [kept]


def test_the_check_names_what_leaks() -> None:
    evaluated = Evaluated([OVEN, PUMP])
    check([example("Something else altogether.")], evaluated)
    with pytest.raises(TrainingLeak, match=r"1 texts.*The pump") as caught:
        check([example(PUMP)], evaluated)
    assert caught.value.leaks[0].evaluated == PUMP


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc ", max_size=40), max_size=6), st.text(alphabet="abc ", max_size=40))
def test_what_is_cleaned_passes_the_second_look(evaluated: list[str], text: str) -> None:
    index = Evaluated(evaluated)
    check(clean([example(text)], index), index)


@settings(deadline=None)
@given(st.text(alphabet="abcde ", min_size=1, max_size=60).filter(lambda text: text.strip()))
def test_any_text_leaks_into_itself(text: str) -> None:
    evaluated = Evaluated(["something long that stands beside it", text])
    assert evaluated.leaks([text]) != [None]
    assert evaluated.sketch().leak(text) is not None


def test_many_pairs_at_the_bar_are_found_both_ways() -> None:
    # Twenty words have eighteen sequences. One more word in the middle breaks two of them and makes three new ones:
    # 16 / 21 = 0.76; two more words apart from each other: 14 / 24 = 0.58, under the bar.
    chance = random.Random(4)
    texts = [[f"w{chance.randrange(10**6)}" for _ in range(20)] for _ in range(300)]
    once = [" ".join([*words[:9], "nueva", *words[9:]]) for words in texts]
    twice = [" ".join([*words[:5], "nueva", *words[5:14], "otra", *words[14:]]) for words in texts]
    evaluated = Evaluated(map(" ".join, texts))
    sketches = evaluated.sketch()
    assert all(leak and leak.similarity == pytest.approx(16 / 21) for leak in evaluated.leaks(once))
    assert all(sketches.leak(text) for text in once)
    assert evaluated.leaks(twice) == [None] * 300
    assert not any(sketches.leak(text) for text in twice)


def test_a_sentence_that_stands_in_an_evaluated_text_is_left_out_however_long_that_is() -> None:
    inside = "la película de alcohol se seca sobre la lámina en media hora"
    evaluated = Evaluated([f"{PUMP} {inside.title()}. " + "otra cosa que no viene al caso y sigue. " * 20])
    kept = Example(Source.SENTENCES, "esta frase no está en ningún texto que se evalúe aquí", "es", ())
    held = replace(kept, document=inside)
    as_document = replace(held, source=Source.ABSTRACTS)
    assert clean([kept, held, as_document], evaluated) == [kept, as_document]
    assert evaluated.holds([inside, kept.document]) == [True, False]


def test_a_sentence_that_was_missed_is_found_at_the_second_look() -> None:
    inside = "La película de alcohol se seca sobre la lámina en media hora."
    evaluated = Evaluated([f"Otra cosa. {inside} " + "Y algo más que no viene al caso. " * 20])
    missed = Example(Source.SENTENCES, inside, "es", ())
    with pytest.raises(TrainingLeak):
        check([missed], evaluated)


def test_a_translation_leaks_like_any_other_text() -> None:
    translated = Example(Source.ABSTRACTS, "a text about nothing at all", "en", (), PUMP)
    assert clean([translated], Evaluated([PUMP])) == []
    with pytest.raises(TrainingLeak):
        check([translated], Evaluated([PUMP]))


def test_a_need_leaks_through_its_translation() -> None:
    translated = replace(example("a text about nothing at all").queries[0], translation=PUMP.replace("third", "fourth"))
    asked = Example(Source.NEEDS, "a text about nothing at all", "en", (translated,))
    kept = replace(asked, queries=(replace(translated, translation="something that nobody evaluates anywhere"),))
    assert clean([asked, kept], Evaluated([PUMP])) == [kept]
    check([kept], Evaluated([PUMP]))
    with pytest.raises(TrainingLeak, match="fourth"):
        check([asked], Evaluated([PUMP]))


def test_nothing_evaluated_leaks_nothing() -> None:
    assert Evaluated([]).leaks([PUMP]) == [None]
