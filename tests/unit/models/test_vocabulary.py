import json
import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from models.encoder.vocabulary import choose, disturbed, extend, plain, reduce, rows, spellings
from tests.tiny_model import WORDPIECE

# The base model's tokenizer comes with these settings, and no text of a search or a training is to be read by them.
BASE = WORDPIECE | {
    "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0},
    "padding": {
        "strategy": {"Fixed": 4},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    },
}
ADDED = ["bomba", "pinon", "horno", "presion"]
# Of any case, with accents or without, and not only Spanish ones.
latin = st.text(st.characters(categories=["Ll", "Lu"], max_codepoint=0x24F), min_size=1, max_size=12)
english = st.text("abehkmnoprstwgi", min_size=1, max_size=10)


@cache
def loaded(content: str) -> Tokenizer:
    tokenizer = Tokenizer.from_str(content)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def read(tokenizer: Mapping[str, Any], text: str) -> Encoding:
    return loaded(json.dumps(tokenizer)).encode(text, add_special_tokens=False)


def tokens(tokenizer: Mapping[str, Any], text: str) -> list[str]:
    found: list[str] = read(tokenizer, text).tokens
    return found


class TestSpellings:
    @settings(deadline=None)
    @given(latin)
    def test_a_word_is_seen_as_the_tokenizer_sees_it(self, word: str) -> None:
        assert plain(word) == loaded(json.dumps(WORDPIECE)).normalizer.normalize_str(word)

    def test_words_are_counted_with_their_accents_in_any_case(self) -> None:
        counts = spellings(["El piñón; EL PIÑÓN", "¿el pinon?"])
        assert counts == {"el": 3, "piñón": 2, "pinon": 1}

    def test_numbers_and_signs_are_no_words_and_end_one(self) -> None:
        assert spellings(["25°C, 3.5 mm_x bomba🙂 CO2"]) == Counter(["c", "mm", "x", "bomba", "co"])


class TestChoose:
    def test_what_the_domain_uses_twice_or_more_comes_first_most_used_first(self) -> None:
        domain = Counter({"horno": 2, "bomba": 5, "quizá": 1})
        assert list(choose(BASE, domain, ["casa", "perro"], 3)) == ["bomba", "horno", "casa"]

    def test_a_word_that_the_domain_uses_once_is_taken_for_being_common(self) -> None:
        domain = Counter({"horno": 1, "bomba": 1})
        assert list(choose(BASE, domain, ["casa", "horno"], 9)) == ["casa", "horno"]

    def test_what_the_vocabulary_has_and_single_letters_are_left_out(self) -> None:
        assert choose(BASE, Counter({"la": 9, "pump": 9, "y": 9}), ["kiln", "á", "horno"], 9) == {"horno": "horno"}

    def test_what_is_common_but_no_word_is_left_out(self) -> None:
        assert choose(BASE, Counter(), ["25", "3d", "o'clock", "horno"], 9) == {"horno": "horno"}

    def test_a_word_stands_by_its_most_frequent_spelling_and_its_spellings_count_together(self) -> None:
        domain = Counter({"presion": 2, "presión": 3, "horno": 4})
        assert list(choose(BASE, domain, ["piñón"], 9).items()) == [
            ("presion", "presión"),
            ("horno", "horno"),
            ("pinon", "piñón"),
        ]

    @settings(deadline=None)
    @given(st.dictionaries(latin, st.integers(1, 5)), st.lists(latin), st.integers(0, 10))
    def test_at_most_so_many_are_put_in_and_each_is_the_plain_form_of_its_spelling(
        self, domain: dict[str, int], common: list[str], size: int
    ) -> None:
        chosen = choose(BASE, Counter(domain), common, size)
        assert len(chosen) <= size
        assert all(plain(spelt) == form for form, spelt in chosen.items())
        assert not chosen.keys() & BASE["model"]["vocab"].keys()

    def test_a_slip_that_the_domain_has_once_does_not_stand_for_the_common_spelling(self) -> None:
        assert choose(BASE, Counter({"pinon": 1}), ["piñón"], 9) == {"pinon": "piñón"}


class TestDisturbed:
    def test_an_english_word_that_begins_with_one_put_in_is_disturbed(self) -> None:
        assert disturbed(BASE, ["bomba"], ["Bombast", "bombing", "pump"]) == ["bombast"]

    def test_what_is_whole_in_the_vocabulary_or_put_in_itself_is_not(self) -> None:
        assert disturbed(BASE, ["wate", "horno"], ["water", "horno"]) == []

    def test_what_begins_with_a_longer_piece_of_before_is_not(self) -> None:
        assert disturbed(BASE, ["bo"], ["bombing"]) == []

    @settings(deadline=None)
    @given(st.lists(english, max_size=8), st.sets(english, max_size=4))
    def test_with_the_disturbed_put_in_every_english_word_is_read_as_before_or_whole(
        self, words: list[str], added: set[str]
    ) -> None:
        fresh = sorted(word for word in added if word not in BASE["model"]["vocab"])
        larger = extend(BASE, [*fresh, *disturbed(BASE, fresh, words)])
        for word in words:
            assert tokens(larger, word) in (tokens(BASE, word), [word])


class TestReduce:
    def test_pieces_of_other_scripts_and_unused_ones_go(self) -> None:
        smaller, kept = reduce(BASE)
        before = BASE["model"]["vocab"]
        gone = {"[unused0]", "[unused1]", "水", "ж", "##ж", "פ", "ポ", "##ポ"}
        assert before.keys() - smaller["model"]["vocab"].keys() == gone
        assert kept == [number for piece, number in before.items() if piece not in gone]

    @pytest.mark.parametrize("piece", ["µ", "##µ", "ω", "##ω", "º", "##º", "°", "±", "7", "¿", "[MASK]"])
    def test_letters_of_units_and_signs_stay(self, piece: str) -> None:
        assert piece in reduce(BASE)[0]["model"]["vocab"]

    def test_special_tokens_are_known_by_their_new_numbers(self) -> None:
        smaller, _ = reduce(WORDPIECE)
        numbers = smaller["model"]["vocab"]
        reader = loaded(json.dumps(smaller))
        assert reader.encode("la[MASK]").ids == [numbers[name] for name in ("[CLS]", "la", "[MASK]", "[SEP]")]
        assert reader.encode("ポ").tokens == ["[CLS]", "[UNK]", "[SEP]"]
        assert {token["content"]: token["id"] for token in smaller["added_tokens"]} == {
            name: numbers[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        }

    @settings(deadline=None)
    @given(st.text(st.sampled_from("abhkmnoprstwáéñÑ 0123456789.,¿?°±µΩº"), max_size=40))
    def test_other_texts_are_read_by_the_same_rows_as_before(self, text: str) -> None:
        smaller, kept = reduce(BASE)
        assert [kept[number] for number in read(smaller, text).ids] == read(BASE, text).ids

    def test_the_tokenizer_itself_is_left_as_it_was(self) -> None:
        before = json.dumps(BASE)
        reduce(BASE)
        assert json.dumps(BASE) == before


EXTENDED = extend(reduce(BASE)[0], ADDED)


class TestExtend:
    def test_words_stand_at_the_end_in_their_order_each_once(self) -> None:
        before = reduce(BASE)[0]["model"]["vocab"]
        after = extend(reduce(BASE)[0], [*ADDED, "bomba", "pump"])["model"]["vocab"]
        assert list(after.items()) == list((before | {word: len(before) + at for at, word in enumerate(ADDED)}).items())

    @pytest.mark.parametrize("text", ["bomba", "BOMBA", "Bómba", "(bomba)", "¿bomba?", "piñón", "PIÑÓN", "pin\u0303on"])
    def test_words_that_were_put_in_are_read_whole_whatever_their_accents(self, text: str) -> None:
        assert [token for token in tokens(EXTENDED, text) if token in ADDED] == [plain(text.strip("()¿?"))]
        assert not any(token.startswith("##") for token in tokens(EXTENDED, text))

    @settings(deadline=None)
    @given(st.lists(english, max_size=8), st.sets(english, max_size=4))
    def test_a_word_that_begins_with_none_of_them_is_read_as_before(self, words: list[str], added: set[str]) -> None:
        fresh = sorted(word for word in added if word not in BASE["model"]["vocab"])
        larger = extend(BASE, fresh)
        others = " ".join(word for word in words if not word.startswith(tuple(fresh)))
        assert read(larger, others).ids == read(BASE, others).ids
        for word in fresh:
            assert tokens(larger, word) == [word]

    def test_a_plural_is_read_by_its_singular_and_what_is_left(self) -> None:
        assert tokens(EXTENDED, "bombas hornos") == ["bomba", "##s", "horno", "##s"]

    def test_a_word_that_is_not_there_is_read_by_its_pieces(self) -> None:
        assert tokens(EXTENDED, "tela bombing") == ["t", "##e", "##l", "##a", "bomb", "##ing"]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("25°C", ["2", "##5", "°", "c"]),
            ("bomba±2", ["bomba", "±", "2"]),
            ("bomba🙂", ["bomba", "[UNK]"]),
            ("🔥bomba🔥🔥horno", ["[UNK]", "bomba", "[UNK]", "[UNK]", "horno"]),
            ("bomba™", ["bomba", "[UNK]"]),
            ("horno→bomba", ["horno", "[UNK]", "bomba"]),
            ("bomba+horno", ["bomba", "[UNK]", "horno"]),
        ],
    )
    def test_a_sign_stands_alone_and_swallows_no_word(self, text: str, expected: list[str]) -> None:
        assert tokens(EXTENDED, text) == expected

    @settings(deadline=None)
    @given(st.characters(categories=["Sm", "Sc", "Sk", "So"]), st.sampled_from(ADDED), st.sampled_from(ADDED))
    def test_whatever_the_sign_the_words_around_it_are_read(self, sign: str, before: str, after: str) -> None:
        found = tokens(EXTENDED, f"{before}{sign}{after}")
        assert (found[0], found[-1]) == (before, after)

    def test_a_long_text_is_read_whole_and_a_short_one_is_not_padded(self) -> None:
        reader = Tokenizer.from_str(json.dumps(EXTENDED))
        assert reader.encode("bomba " * 9).tokens == ["[CLS]", *["bomba"] * 9, "[SEP]"]
        assert reader.encode("bomba").tokens == ["[CLS]", "bomba", "[SEP]"]

    def test_the_tokenizer_itself_is_left_as_it_was(self) -> None:
        before = json.dumps(BASE)
        extend(BASE, ADDED)
        assert json.dumps(BASE) == before


NUMBERS: dict[str, int] = BASE["model"]["vocab"]
TABLE: npt.NDArray[np.float32] = np.random.default_rng(5).standard_normal((len(NUMBERS), 8)).astype(np.float32)


class TestRows:
    def test_a_translation_of_one_word_starts_at_that_word(self) -> None:
        assert (rows(TABLE, BASE, ["pump", "Oven"]) == TABLE[[NUMBERS["pump"], NUMBERS["oven"]]]).all()

    def test_one_of_several_pieces_starts_at_their_sum_over_the_root_of_their_number(self) -> None:
        (found,) = rows(TABLE, BASE, ["the water pumps"])
        pieces = [NUMBERS[piece] for piece in ("the", "water", "pump", "##s")]
        assert found == pytest.approx(TABLE[pieces].sum(axis=0) / 2, abs=1e-6)

    def test_without_words_there_are_no_rows(self) -> None:
        assert rows(TABLE, BASE, []).shape == (0, TABLE.shape[1])

    @pytest.mark.parametrize("translation", ["", " "])
    def test_no_translation_starts_where_the_unknown_lies(self, translation: str) -> None:
        assert (rows(TABLE, BASE, [translation]) == TABLE[[NUMBERS["[UNK]"]]]).all()

    @settings(deadline=None)
    @given(st.lists(st.lists(st.sampled_from(["the", "pump", "water", "oven"]), min_size=1, max_size=12), min_size=1))
    def test_each_translation_has_its_own_row_however_long_it_is(self, texts: list[list[str]]) -> None:
        found = rows(TABLE, BASE, [" ".join(words) for words in texts])
        assert found.shape == (len(texts), TABLE.shape[1])
        assert found.dtype == np.float32
        for row, words in zip(found, texts, strict=True):
            total = TABLE[[NUMBERS[word] for word in words]].sum(axis=0)
            assert row * math.sqrt(len(words)) == pytest.approx(total, abs=1e-4)
