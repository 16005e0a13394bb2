"""The shipped encoder, loaded once for all the tests of this file."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from models.encoder.cache import CachedEncoder
from models.encoder.encoder import WEIGHTS, Encoder, Role

Float32 = npt.NDArray[np.float32]

NEEDS = [
    "Necesitamos quitar el sarro de la caldera, que gasta mucho gas.",
    "Buscamos un robot que quite la rebaba de las piezas de lámina.",
    "El agua de enjuague del cromado sale contaminada y nos multan.",
    "Las tortillas se ponen duras y con hongo a los tres días.",
    "Se nos va mucho cuero en el corte para los zapatos.",
    "Los insectos nos pican el frijol almacenado en la bodega.",
]
ANSWERS = [
    "Chemical descaling of steam boilers that restores heat transfer and lowers fuel use.",
    "Robotic cell that removes burrs from sheet metal parts.",
    "Removal of hexavalent chromium from electroplating rinse water by electrocoagulation.",
    "Natural preservative that extends the shelf life of corn tortillas and prevents mould.",
    "Nesting software that minimises leather waste when cutting shoe parts.",
    "Hermetic storage of beans that controls insect pests without insecticide.",
]
DISTRACTORS = [
    "Aplicación móvil para agendar citas con el dentista.",
    "Curso en línea de contabilidad para restaurantes.",
    "Robot educativo para enseñar programación a niños.",
    "Prótesis de rodilla impresa en titanio.",
    "Plataforma de venta de boletos para conciertos.",
    "Antena para satélites de órbita baja.",
    "Vacuum forming of ceramic dental crowns.",
    "A board game that teaches chess openings.",
    "Satellite images of glaciers in the Andes.",
]
ODD_TEXTS = {
    "empty": "",
    "white space": " \n\t ",
    "one letter": "a",
    "emoji": "🔥👩‍🔧🇲🇽 se quemó el motor 🙈",
    "control characters": "\x01\x02\x1b[31mbomba\x7f\x85",
    "NUL": "bomba\0de\0agua",
    "only NUL": "\0" * 50,
    "lone surrogate": "bomba \ud800 rota",
    "other scripts": "ポンプが壊れた насос сломан المضخة معطلة",
    "combining marks": "e\u0301" * 50 + "\u200b\u202e",
    "one long word": "a" * 200_000,
    "a megabyte": "la bomba pierde presión " * 42_000,
}
# A third language: nothing is promised of it, but it is encoded by what it shares with the two.
PORTUGUESE = [
    "Precisamos tirar a incrustação da caldeira, que gasta muito gás.",
    "Procuramos um robô que tire a rebarba das peças de chapa.",
    "A água de enxágue da cromagem sai contaminada e somos multados.",
    "As tortilhas ficam duras e com mofo em três dias.",
    "Perdemos muito couro no corte dos sapatos.",
    "Os insetos furam o feijão guardado no armazém.",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="module")
def plain() -> SentenceTransformer:
    """The folder as anyone would load it, with every way to the network watched."""
    tried: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        tried.append(arguments)
        raise OSError("the network is off")

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(socket, "getaddrinfo", refuse)
        patches.setattr(socket, "create_connection", refuse)
        model = SentenceTransformer(str(WEIGHTS), device="cpu")
    assert tried == []
    return model


def similar(a: Float32, b: Float32) -> float:
    return float(np.sum(a * b, axis=-1).min())


class TestLibrary:
    @pytest.mark.parametrize("role", Role)
    def test_the_library_alone_makes_the_same_vectors(
        self, encoder: Encoder, plain: SentenceTransformer, role: Role
    ) -> None:
        texts = [*NEEDS[:3], *ANSWERS[:3], "", "bomba " * 500]
        library = plain.encode(texts, prompt_name=role.value, show_progress_bar=False)
        assert encoder.encode(texts, role) == pytest.approx(library, abs=1e-2)

    def test_our_code_is_not_needed_to_load_the_folder(self, plain: SentenceTransformer) -> None:
        assert {type(module).__module__.split(".")[0] for module in plain} == {"sentence_transformers"}
        assert plain.similarity_fn_name == "cosine"
        assert plain.max_seq_length == 192
        assert set(plain.prompts) >= {"query", "document", "passage"}


class TestEncode:
    def test_vectors_are_unit_float32(self, encoder: Encoder) -> None:
        vectors = encoder.encode(NEEDS, Role.QUERY)
        assert vectors.shape == (len(NEEDS), encoder.dimension)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)

    def test_no_texts_have_no_vectors(self, encoder: Encoder) -> None:
        assert encoder.encode([], Role.QUERY).shape == (0, encoder.dimension)

    def test_a_spanish_need_finds_its_english_answer_among_distractors(self, encoder: Encoder) -> None:
        candidates = encoder.encode([*ANSWERS, *DISTRACTORS], Role.PASSAGE)
        scores = encoder.encode(NEEDS, Role.QUERY) @ candidates.T
        assert scores.argmax(axis=1).tolist() == list(range(len(NEEDS)))

    def test_an_english_need_finds_its_spanish_answer_among_distractors(self, encoder: Encoder) -> None:
        candidates = encoder.encode([*NEEDS, *DISTRACTORS], Role.PASSAGE)
        scores = encoder.encode(ANSWERS, Role.QUERY) @ candidates.T
        assert scores.argmax(axis=1).tolist() == list(range(len(ANSWERS)))

    def test_a_third_language_is_encoded_by_what_it_shares_with_the_two(self, encoder: Encoder) -> None:
        candidates = encoder.encode([*ANSWERS, *DISTRACTORS], Role.PASSAGE)
        scores = encoder.encode(PORTUGUESE, Role.QUERY) @ candidates.T
        assert sum(scores.argmax(axis=1) == np.arange(len(PORTUGUESE))) >= 4

    @pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
    def test_any_text_has_a_unit_vector(self, encoder: Encoder, text: str) -> None:
        (vector,) = encoder.encode([text], Role.PASSAGE)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)

    def test_nul_and_control_characters_are_read_as_white_space(self, encoder: Encoder) -> None:
        spoilt, clean = encoder.encode(["la\0bomba\x1fpierde", "la bomba pierde"], Role.QUERY)
        assert similar(spoilt, clean) > 0.999

    def test_a_text_is_read_the_same_whatever_stands_beside_it(self, encoder: Encoder) -> None:
        alone = np.concatenate([encoder.encode([text], Role.QUERY) for text in NEEDS[:3]])
        together = encoder.encode([*NEEDS[:3], "bomba " * 300, ""], Role.QUERY)[:3]
        assert similar(alone, together) > 0.999

    def test_what_is_asked_and_what_is_found_are_read_alike(self, encoder: Encoder) -> None:
        queries, passages = encoder.encode(NEEDS, Role.QUERY), encoder.encode(NEEDS, Role.PASSAGE)
        assert similar(queries, passages) > 0.9999

    def test_accents_and_case_may_be_left_out(self, encoder: Encoder) -> None:
        typed, hurried = encoder.encode(
            ["La tubería gotea, ¿cómo la sello?", "la tuberia gotea, ¿como la sello?"], Role.QUERY
        )
        assert similar(typed, hurried) > 0.9999

    def test_what_lies_beyond_the_window_is_not_read(self, encoder: Encoder) -> None:
        start = "la bomba pierde presión " * 100
        one, other = encoder.encode([start + "horno", start + "caldera " * 100], Role.PASSAGE)
        assert similar(one, other) > 0.999

    def test_several_threads_may_share_it(self, encoder: Encoder) -> None:
        expected = encoder.encode(NEEDS[:2], Role.QUERY)
        with ThreadPoolExecutor(4) as pool:
            for vectors in pool.map(lambda _: encoder.encode(NEEDS[:2], Role.QUERY), range(6)):
                assert similar(vectors, expected) > 0.9999


SENTENCE = "La bomba número siete pierde presión en la descarga."
LINK = "https://example.org/" + "".join(f"{number:x}-" for number in range(100, 172))


def tokens(plain: SentenceTransformer, passage: str) -> int:
    """How many tokens the model is given for a passage, its prompt and the special tokens included."""
    return len(plain.tokenizer(passage, truncation=False, verbose=False)["input_ids"])


def assert_whole(encoder: Encoder, plain: SentenceTransformer, text: str) -> list[str]:
    """That the passages of ``text`` hold each of its words and fit the window."""
    passages = encoder.passages(text)
    assert " ".join(passages).split() == text.split()
    assert max(tokens(plain, passage) for passage in passages) <= encoder.window
    return passages


class TestPassages:
    @pytest.mark.parametrize("text", ["", "La bomba pierde presión.", "Uno.\n\nDos.\tTres.", "bomba " * 180])
    def test_a_text_that_fits_is_one_passage_as_it_is(self, encoder: Encoder, text: str) -> None:
        assert encoder.passages(text) == [text]

    def test_a_long_text_is_cut_between_sentences(self, encoder: Encoder, plain: SentenceTransformer) -> None:
        passages = assert_whole(encoder, plain, " ".join([SENTENCE] * 100))
        assert len(passages) > 3
        for passage in passages:
            assert passage.replace(SENTENCE, "").strip() == ""

    def test_passages_are_of_about_the_same_length(self, encoder: Encoder, plain: SentenceTransformer) -> None:
        passages = encoder.passages(" ".join([SENTENCE] * 100))
        lengths = [tokens(plain, passage) for passage in passages]
        assert max(lengths) - min(lengths) <= 2 * tokens(plain, SENTENCE)

    def test_a_long_sentence_is_cut_between_words(self, encoder: Encoder, plain: SentenceTransformer) -> None:
        assert len(assert_whole(encoder, plain, "palabra " * 1_000)) > 4
        assert len(assert_whole(encoder, plain, "una\tpalabra\t" * 500)) > 4

    @pytest.mark.parametrize(
        "text",
        [f"{'7 ' * 70}{LINK}", f"{LINK} {'7 ' * 70}", f"{'7 ' * 35}{LINK} {'7 ' * 35}"],
        ids=["at the end", "at the start", "in the middle"],
    )
    def test_a_long_word_that_fits_is_not_cut(self, encoder: Encoder, plain: SentenceTransformer, text: str) -> None:
        assert tokens(plain, LINK) < encoder.window < tokens(plain, text)
        assert_whole(encoder, plain, text)

    def test_a_word_longer_than_the_window_is_cut_and_nothing_of_it_is_lost(
        self, encoder: Encoder, plain: SentenceTransformer
    ) -> None:
        word = "".join(f"{number:x}-" for number in range(1_000))
        passages = encoder.passages(f"inicio {word} fin")
        assert "".join(passages).replace(" ", "") == f"inicio{word}fin"
        assert max(tokens(plain, passage) for passage in passages) <= encoder.window

    def test_no_word_of_a_very_long_text_is_lost_or_cut(self, encoder: Encoder, plain: SentenceTransformer) -> None:
        assert_whole(encoder, plain, " ".join([SENTENCE] * 3_800))

    def test_control_characters_separate_words(self, encoder: Encoder) -> None:
        assert encoder.passages("la\0bomba\x1fpierde") == ["la bomba pierde"]

    @settings(deadline=None, max_examples=20)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "bomba",
                    "presión.",
                    "¿Qué",
                    "falla?",
                    "12.5",
                    "«sello»",
                    "Ω",
                    "🔥",
                    "no.",
                    "水",
                    "electroencefalografista",
                ]
            ),
            min_size=100,
            max_size=300,
        ),
        st.lists(st.sampled_from([" ", "  ", "\n", "\t", "\r\n"]), min_size=1, max_size=7),
    )
    def test_no_word_of_any_text_is_lost(
        self, encoder: Encoder, plain: SentenceTransformer, words: list[str], gaps: list[str]
    ) -> None:
        text = "".join(word + gaps[place % len(gaps)] for place, word in enumerate(words))
        assert_whole(encoder, plain, text)


def test_the_cache_gives_what_the_encoder_gives(encoder: Encoder, tmp_path: Path) -> None:
    cached = CachedEncoder(encoder, tmp_path)
    first = cached.encode([*NEEDS, NEEDS[0]], Role.QUERY)
    assert similar(first, encoder.encode([*NEEDS, NEEDS[0]], Role.QUERY)) > 0.999
    assert (cached.encode(NEEDS, Role.QUERY) == first[:-1]).all()
    assert (first[-1] == first[0]).all()
