import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.text import Sentence, sentences


def split(text: str) -> list[str]:
    return [sentence.text for sentence in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["La caldera se incrusta.", "Hay que limpiarla cada dos meses."],
        ["¿Cómo le hacemos?", "¡Ayuda!", "No sabemos."],
        ["Falla la bomba.", "¿Quién la repara?", "Nadie."],
        ["Falla la bomba...", "¿Quién sabe?"],
        ["Mide 12.5 mm.", "Pesa 3 kg."],
        ["Aceros del Norte, S.A. de C.V., busca proveedor.", "Paga bien."],
        ["Does it leak?", "It does!", "We need a seal."],
        ["U.S. Patent 5,123 is cited.", "It lapsed."],
        ["sin mayúsculas ni punto"],
    ],
)
def test_a_sentence_ends_at_a_mark(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "El Ing. Pérez y la Dra. Ruiz llegan.",
        "Cuesta aprox. dos pesos.",
        "Véase la fig. 3 y la pág. 12 del vol. 2.",
        "Sr. López, Sra. Díaz y Lic. Vega firman.",
        "Lijas, brocas, etc. se gastan.",
        "Máx. 8 y mín. 2 piezas.",
        "Uses e.g. pumps, i.e. machines.",
        "See Dr. Smith, No. 5, approx. two miles away.",
    ],
)
def test_the_full_stop_of_an_abbreviation_ends_nothing(sentence: str) -> None:
    assert split(f"{sentence} Fin.") == [sentence, "Fin."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Si falla la bomba, ¿qué hacemos?",
        "Falla un motor (¿de cuántos kW?).",
        "Quema ¿verdad?",
    ],
)
def test_an_opening_mark_inside_a_sentence_does_not_cut_it(sentence: str) -> None:
    assert sentence in split(f"Uno. {sentence} Dos.")


@pytest.mark.parametrize(
    "expected",
    [
        ["Falla.", "¡¿Qué hacemos?!", "Parar."],
        ["Falla.", "¿¡Qué!?", "Parar."],
        ["¿Falla?", "¿Cuándo?", "¿Dónde?"],
        ["Falla.", "«Se rompe» dijo.", "(Otra vez.)", "“Ya.”", "[Fin.]"],
    ],
)
def test_opening_marks_stay_with_what_they_open(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n\n", "\n \t\n"])
def test_a_line_break_ends_a_sentence(line_break: str) -> None:
    expected = ["sale rebaba", "hay que quitarla a mano", "¿quién sabe?"]
    assert split(line_break.join(expected) + line_break) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\n\t \r\n", "\u00a0\u3000"])
def test_white_space_holds_no_sentence(text: str) -> None:
    assert sentences(text) == []


def test_a_sentence_says_where_it_stands() -> None:
    assert sentences("  Uno.\n  Dos más. ") == [Sentence("Uno.", 2, 6), Sentence("Dos más.", 9, 17)]


def assert_nothing_is_lost(text: str) -> None:
    at = 0
    for sentence in sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
        assert not text[at : sentence.start].strip()
        assert len(sentence.text.splitlines()) == 1
        at = sentence.end
    assert not text[at:].strip()


words = st.sampled_from(
    ["La", "bomba", "no.", "Dr.", "¿", "¡", "qué", "?", "!", ".", "...", "3.5", "(", "«", "”", "p."]
)
gaps = st.sampled_from(["", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2028"])


@given(st.text())
@example("a\u2028b\x1cc\x85d")
@example("a\0b. \x1f")
def test_no_character_of_any_text_is_lost(text: str) -> None:
    assert_nothing_is_lost(text)


@given(st.lists(st.tuples(words, gaps), max_size=30).map(lambda pairs: "".join(a + b for a, b in pairs)))
def test_no_character_of_a_text_full_of_marks_is_lost(text: str) -> None:
    assert_nothing_is_lost(text)


class TestLongTexts:
    def test_every_sentence_of_a_long_text_is_whole(self) -> None:
        sentence = "La bomba número siete pierde presión en la descarga."
        text = " ".join([sentence] * 5_000)
        assert len(text) > 250_000
        assert split(text) == [sentence] * 5_000

    def test_a_long_text_without_any_mark_loses_nothing(self) -> None:
        text = "palabra " * 31_250
        assert len(text) == 250_000
        found = sentences(text)
        assert " ".join(sentence.text for sentence in found).split() == text.split()
        assert_nothing_is_lost(text)

    def test_a_long_text_takes_seconds_at_most(self) -> None:
        text = "¿Quién la repara? La bomba, aprox. de 3.5 kW, falla.\n" * 5_000
        started = time.perf_counter()
        assert len(sentences(text)) == 10_000
        assert time.perf_counter() - started < 10
