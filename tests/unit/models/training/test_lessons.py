import hypothesis
from hypothesis import strategies as st

from models.encoder.training.lessons import Kind, Lesson, lessons
from models.encoder.training.material import Example, Manner, Query, Source

DOCUMENT = "A gripper  that holds\nglass without scratching it."
GRIPPER = "A gripper that holds glass without scratching it."
TITLES = (Query("Gripper", "en", Manner.TITLE), Query("Pinza", "es", Manner.TRANSLATED))
NEED = Query("Se nos raya el vidrio.", "es", Manner.OWN_WORDS, "Our glass gets scratched.")
ABSTRACT = Example(Source.NEEDS, DOCUMENT, "en", (NEED, *TITLES), "Una pinza que no raya el vidrio.")


def of(kind: Kind, *examples: Example) -> list[tuple[str, str]]:
    return [(lesson.text, lesson.english) for lesson in lessons(examples) if lesson.kind is kind]


def test_an_abstract_with_a_need_gives_these_lessons_and_no_others() -> None:
    assert lessons([ABSTRACT]) == [
        Lesson(Kind.DOCUMENTS, GRIPPER, GRIPPER),
        Lesson(Kind.TRANSLATIONS, "Una pinza que no raya el vidrio.", GRIPPER),
        Lesson(Kind.TITLES, "Gripper", "Gripper"),
        Lesson(Kind.TITLES, "Pinza", "Gripper"),
        Lesson(Kind.WORDS, "Se nos raya el vidrio.", "Our glass gets scratched."),
        Lesson(Kind.NEEDS, "Se nos raya el vidrio.", GRIPPER),
        Lesson(Kind.WORDS, "Our glass gets scratched.", "Our glass gets scratched."),
        Lesson(Kind.NEEDS, "Our glass gets scratched.", GRIPPER),
    ]


def test_a_spanish_document_and_its_translation_lie_where_the_translations_beginning_does() -> None:
    words = [f"word{number}" for number in range(120)]
    spanish = " ".join(f"palabra{number}" for number in range(120))
    offer = Example(Source.NEEDS, spanish, "es", (NEED,), " ".join(words))
    beginning = " ".join(words[:100])
    ((text, english),) = of(Kind.DOCUMENTS, offer)
    assert (text.split(), english) == (spanish.split()[:100], beginning)
    ((text, english),) = of(Kind.TRANSLATIONS, offer)
    assert (text.split(), english) == (words[:105], beginning)
    assert {english for _, english in of(Kind.NEEDS, offer)} == {beginning}


def test_a_need_is_shown_in_both_languages_whichever_it_was_written_in() -> None:
    english = Query("Our glass gets scratched.", "en", Manner.OWN_WORDS, "Se nos raya el vidrio.")
    turned = Example(Source.NEEDS, DOCUMENT, "en", (english, *TITLES), ABSTRACT.translation)
    assert set(lessons([turned])) == set(lessons([ABSTRACT]))


def test_a_need_without_a_translation_is_drawn_to_its_document_alone() -> None:
    bare = Example(Source.NEEDS, DOCUMENT, "en", (Query("Se raya.", "es", Manner.OWN_WORDS), TITLES[0]))
    assert of(Kind.NEEDS, bare) == [("Se raya.", GRIPPER)]
    assert of(Kind.WORDS, bare) == []


def test_classifications_and_sentences_lie_where_their_english_side_does() -> None:
    english = Example(Source.CLASSIFICATION, "Pumps", "en", (Query("Bombas", "es", Manner.TITLE),))
    assert of(Kind.CLASSIFICATION, english) == [("Pumps", "Pumps"), ("Bombas", "Pumps")]
    sentence = (Query("The pump is worn.", "en", Manner.TRANSLATED),)
    spanish = Example(Source.SENTENCES, "La bomba está gastada.", "es", sentence)
    pairs = [("La bomba está gastada.", "The pump is worn."), ("The pump is worn.", "The pump is worn.")]
    assert of(Kind.SENTENCES, spanish) == pairs
    assert len(lessons([english, spanish])) == 4


def test_a_title_that_nobody_has_in_english_teaches_nothing() -> None:
    project = Example(Source.PROJECTS, "Secar sin gas.", "es", (Query("Secado", "es", Manner.TITLE),), "Dry, no gas.")
    assert of(Kind.TITLES, project) == []
    assert of(Kind.DOCUMENTS, project) == [("Secar sin gas.", "Dry, no gas.")]


def test_a_document_that_answers_two_needs_is_shown_once() -> None:
    other = Query("Se nos caen las botellas.", "es", Manner.OWN_WORDS, "We drop bottles.")
    twice = [ABSTRACT, Example(Source.NEEDS, DOCUMENT, "en", (other, *TITLES), ABSTRACT.translation)]
    assert len(of(Kind.DOCUMENTS, *twice)) == len(of(Kind.TRANSLATIONS, *twice)) == 1
    assert len(of(Kind.TITLES, *twice)) == 2
    assert len(of(Kind.NEEDS, *twice)) == 4


def texts(words: int = 0) -> st.SearchStrategy[str]:
    """Of ``words`` or a few more: the same come up again and again, and now and then an empty one."""
    return st.lists(st.sampled_from(["uno", "two", "three"]), min_size=words, max_size=3).map(" ".join)


def languages() -> st.SearchStrategy[str]:
    return st.sampled_from(["es", "en"])


def examples() -> st.SearchStrategy[Example]:
    queries = [st.builds(Query, texts(), languages(), st.just(manner), texts()) for manner in Manner]
    prose = st.sampled_from([Source.ABSTRACTS, Source.PROJECTS, Source.NEEDS])
    single = st.sampled_from([Source.CLASSIFICATION, Source.SENTENCES])
    return st.one_of(
        st.builds(Example, prose, texts(1), languages(), st.tuples(*queries), texts()),
        st.builds(Example, single, texts(1), languages(), st.tuples(queries[0])),
    )


@hypothesis.given(st.lists(examples(), max_size=5))
def test_no_lesson_is_empty_or_shown_twice_and_each_need_has_its_document_among_them(given: list[Example]) -> None:
    found = lessons(given)
    assert len(set(found)) == len(found)
    assert all(lesson.text.strip() and lesson.english.strip() for lesson in found)
    documents = {lesson.english for lesson in found if lesson.kind is Kind.DOCUMENTS}
    assert {lesson.english for lesson in found if lesson.kind is Kind.NEEDS} <= documents
