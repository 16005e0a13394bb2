"""
Choosing which word pieces Spanish and English need, and cutting the tokenizer to them.

A unigram tokenizer falls back on shorter pieces where a long one is missing, so a cut vocabulary still reads
every text whose characters it knows: it only spends more pieces on words that were rare to begin with.
"""

import copy
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer

_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
# Letters of other scripts appear in formulas and units (µ, Ω, Δ, °C, ½): single characters of these categories stay.
_KEPT_CATEGORIES = ("L", "N", "P", "S")
_KEPT_SCRIPTS = ("LATIN", "GREEK")


def count_pieces(tokenizer: dict[str, Any], texts: Iterable[str]) -> Counter[int]:
    """Count how often each piece id of ``tokenizer`` is used over ``texts``."""
    reader = Tokenizer.from_str(_dumps(tokenizer))
    counts: Counter[int] = Counter()
    chunk: list[str] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == 4096:
            counts.update(_ids(reader, chunk))
            chunk.clear()
    counts.update(_ids(reader, chunk))
    return counts


def choose_pieces(tokenizer: dict[str, Any], domain: Counter[int], common_words: Sequence[str], size: int) -> list[int]:
    """
    Return ``size`` piece ids, ascending, that serve the two languages.

    In order: the special tokens; every single Latin or Greek character, digit and sign; pieces used twice or more in
    the domain's texts, most used first; then the pieces of ``common_words`` (most frequent word first).
    """
    vocabulary: list[list[Any]] = tokenizer["model"]["vocab"]
    kept: dict[int, None] = {}
    for identity, (piece, _) in enumerate(vocabulary):
        if piece in _SPECIALS or _is_basic_character(piece):
            kept[identity] = None
    for identity, count in domain.most_common():
        if count >= 2 and len(kept) < size:
            kept[identity] = None
    reader = Tokenizer.from_str(_dumps(tokenizer))
    for encoding in reader.encode_batch_fast(list(common_words), add_special_tokens=False):
        for identity in encoding.ids:
            if len(kept) < size:
                kept[identity] = None
    return sorted(kept)


def cut(tokenizer: dict[str, Any], kept: Sequence[int]) -> dict[str, Any]:
    """Return the tokenizer with only the pieces ``kept`` (ids of the old vocabulary, ascending), renumbered."""
    smaller = copy.deepcopy(tokenizer)
    old: list[list[Any]] = tokenizer["model"]["vocab"]
    smaller["model"]["vocab"] = [old[identity] for identity in kept]
    renumbered = {old_id: new_id for new_id, old_id in enumerate(kept)}
    smaller["model"]["unk_id"] = renumbered[tokenizer["model"]["unk_id"]]
    for token in smaller["added_tokens"]:
        token["id"] = renumbered[token["id"]]
    for token in smaller["post_processor"]["special_tokens"].values():
        token["ids"] = [renumbered[identity] for identity in token["ids"]]
    return smaller


def _is_basic_character(piece: str) -> bool:
    bare = piece.removeprefix("▁") or piece
    if len(bare) != 1:
        return False
    category = unicodedata.category(bare)[0]
    if category not in _KEPT_CATEGORIES:
        return False
    if category != "L":
        return bare.isascii() or category != "N"
    return unicodedata.name(bare, "").startswith(_KEPT_SCRIPTS)


def _ids(reader: Tokenizer, texts: list[str]) -> Iterable[int]:
    for encoding in reader.encode_batch_fast(texts, add_special_tokens=False):
        yield from encoding.ids


def _dumps(tokenizer: dict[str, Any]) -> str:
    return json.dumps(tokenizer, ensure_ascii=False)
