import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from models.encoder.vocabulary import choose_pieces, count_pieces, cut

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = [
    ("▁", -3.01),
    ("▁de", -2.02),
    ("s", -3.53),
    ("▁bomba", -4.04),
    ("▁bomb", -4.55),
    ("▁agua", -5.06),
    ("▁agu", -5.57),
    ("a", -6.08),
    ("o", -6.29),
    ("b", -6.51),
    ("m", -7.02),
    ("u", -7.23),
    ("g", -7.41),
    ("d", -7.62),
    ("e", -7.83),
    ("Ω", -8.04),
    ("µ", -8.15),
    ("±", -8.26),
    ("7", -8.37),
    ("▁7", -8.48),
    ("水", -9.09),
    ("ж", -9.31),
    ("▁ж", -9.42),
    ("٣", -9.53),
    ("ag", -9.64),
]


def added_token(identity: int, content: str) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": identity, "content": content, "special": True, **flags}


def tiny() -> dict[str, Any]:
    """A tokenizer shaped as the base model's, with ``<mask>`` at the end of its vocabulary."""
    vocabulary = [[name, 0.0] for name in SPECIALS] + [list(piece) for piece in PIECES] + [["<mask>", 0.0]]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    start = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    end = {"SpecialToken": {"id": "</s>", "type_id": 0}}
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            *(added_token(identity, name) for identity, name in enumerate(SPECIALS)),
            added_token(len(vocabulary) - 1, "<mask>"),
        ],
        "normalizer": None,
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, end, second, end],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]},
            },
        },
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": False},
    }


TINY = tiny()
NAMES = [name for name, _ in TINY["model"]["vocab"]]
ID = {name: identity for identity, name in enumerate(NAMES)}
ALWAYS = {ID[name] for name in (*SPECIALS, "<mask>")}


def read(tokenizer: dict[str, Any], text: str) -> Encoding:
    return Tokenizer.from_str(json.dumps(tokenizer)).encode(text)


def keep(*names: str) -> list[int]:
    return sorted(ALWAYS | {ID[name] for name in names})


class TestCut:
    def test_pieces_that_stay_are_renumbered_in_their_order_with_their_scores(self) -> None:
        smaller = cut(TINY, keep("s", "▁bomba", "a"))
        assert smaller["model"]["vocab"] == [
            *([name, 0.0] for name in SPECIALS),
            ["s", -3.53],
            ["▁bomba", -4.04],
            ["a", -6.08],
            ["<mask>", 0.0],
        ]

    def test_a_text_of_pieces_that_stay_is_read_as_before(self) -> None:
        before, after = (
            read(TINY, "bombas de agua"),
            read(cut(TINY, keep("▁bomba", "s", "▁de", "▁agua")), "bombas de agua"),
        )
        assert before.tokens == after.tokens == ["<s>", "▁bomba", "s", "▁de", "▁agua", "</s>"]
        assert after.ids == [0, 6, 5, 4, 7, 2]

    def test_a_missing_piece_falls_back_on_shorter_ones(self) -> None:
        smaller = cut(TINY, keep("▁bomb", "a", "s"))
        assert read(smaller, "bombas").tokens == ["<s>", "▁bomb", "a", "s", "</s>"]

    def test_the_special_tokens_keep_their_parts(self) -> None:
        # Here the vocabulary starts with a word, so that every special token changes its number.
        shuffled = copy.deepcopy(TINY)
        vocabulary = shuffled["model"]["vocab"]
        vocabulary.insert(0, vocabulary.pop(ID["▁agua"]))
        for token in shuffled["added_tokens"][:-1]:
            token["id"] += 1
        for token in shuffled["post_processor"]["special_tokens"].values():
            token["ids"] = [token["ids"][0] + 1]
        shuffled["model"]["unk_id"] = 4
        assert read(shuffled, "agua").ids == [1, 0, 3]
        smaller = cut(shuffled, [1, 2, 3, 4, len(vocabulary) - 1])
        assert [(token["content"], token["id"]) for token in smaller["added_tokens"]] == [
            ("<s>", 0),
            ("<pad>", 1),
            ("</s>", 2),
            ("<unk>", 3),
            ("<mask>", 4),
        ]
        assert smaller["model"]["unk_id"] == 3
        assert read(smaller, "x").ids == [0, 3, 2]
        assert read(smaller, "<mask>").ids == [0, 4, 2]

    def test_the_tokenizer_it_was_cut_from_is_left_as_it_was(self) -> None:
        before = json.dumps(TINY)
        cut(TINY, keep("a"))
        assert json.dumps(TINY) == before

    def test_a_special_token_cannot_be_cut(self) -> None:
        with pytest.raises(KeyError):
            cut(TINY, [identity for identity in range(len(NAMES)) if identity != ID["<mask>"]])

    @settings(deadline=None)
    @given(
        st.sets(st.sampled_from(range(len(NAMES)))),
        st.lists(st.sampled_from([name for name, _ in PIECES]), max_size=12),
    )
    def test_any_text_read_with_pieces_that_stay_is_read_as_before(self, some: set[int], parts: list[str]) -> None:
        text = "".join(parts).replace("▁", " ")
        before = read(TINY, text)
        kept = sorted(ALWAYS | some | set(before.ids))
        after = read(cut(TINY, kept), text)
        assert after.tokens == before.tokens
        assert [kept[identity] for identity in after.ids] == before.ids


class TestCountPieces:
    def test_every_use_of_a_piece_is_counted_and_special_tokens_are_not(self) -> None:
        counts = count_pieces(TINY, iter(["bombas de agua", "agua", ""]))
        assert counts == {ID["▁agua"]: 2, ID["▁bomba"]: 1, ID["s"]: 1, ID["▁de"]: 1}

    @pytest.mark.parametrize("texts", [4095, 4096, 4097, 8192])
    def test_none_of_many_texts_is_left_out(self, texts: int) -> None:
        assert count_pieces(TINY, ["agua"] * texts) == {ID["▁agua"]: texts}

    def test_no_texts_have_no_pieces(self) -> None:
        assert count_pieces(TINY, []) == Counter()


BASIC = ["▁", "s", "a", "o", "b", "m", "u", "g", "d", "e", "Ω", "±", "7", "▁7"]


class TestChoosePieces:
    def chosen(self, domain: dict[str, int], words: list[str], size: int) -> list[str]:
        counts = Counter({ID[name]: count for name, count in domain.items()})
        kept = choose_pieces(TINY, counts, words, size)
        assert kept == sorted(set(kept))
        return [NAMES[identity] for identity in kept]

    def test_special_tokens_and_latin_and_greek_characters_digits_and_signs_always_stay(self) -> None:
        chosen = self.chosen({}, [], 100)
        assert set(chosen) == {*SPECIALS, "<mask>", *BASIC}

    def test_pieces_the_domain_uses_twice_stay_most_used_first(self) -> None:
        domain = {"▁agu": 2, "▁agua": 5, "▁bomba": 3, "ag": 1}
        base = len(SPECIALS) + 1 + len(BASIC)
        assert set(self.chosen(domain, [], base + 2)) - set(BASIC) - set(SPECIALS) == {"<mask>", "▁agua", "▁bomba"}
        assert set(self.chosen(domain, [], 100)) - set(BASIC) - set(SPECIALS) == {
            "<mask>",
            "▁agua",
            "▁bomba",
            "▁agu",
        }

    def test_the_pieces_of_common_words_fill_the_rest_in_their_order(self) -> None:
        base = len(SPECIALS) + 1 + len(BASIC)
        chosen = self.chosen({"▁agu": 2}, ["de", "bombas", "agua"], base + 3)
        assert set(chosen) - set(BASIC) - set(SPECIALS) == {"<mask>", "▁agu", "▁de", "▁bomba"}

    def test_a_foreign_character_stays_if_the_domain_uses_it(self) -> None:
        assert "ж" in self.chosen({"ж": 2}, [], 100)
