"""
Giving an English vocabulary the words of Spanish.

The tokenizer takes the longest piece that fits, so a word that is put in is read whole. A common English word that
begins with one, and would be cut in another place than before, is put in as well. A Spanish word starts where its
English translation lies: texts are then read like a word-by-word translation before anything is learned (in the manner
of Minixhofer et al., "WECHSEL", NAACL 2022, with a dictionary in place of aligned vectors).
"""

import copy
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

Float32 = npt.NDArray[np.float32]

_UNUSED = re.compile(r"\[unused\d+\]")
_WORD = re.compile(r"[^\W\d_]+")
_CONTINUES = "##"
# How the names of the letters begin that are kept: the two languages' own, and those of units (µ, Ω, Δ, nº).
_KEPT_LETTERS = ("LATIN", "GREEK", "MICRO", "FEMININE", "MASCULINE", "SUPERSCRIPT", "SCRIPT", "MODIFIER")
# Signs stand alone: a word with one that the vocabulary does not know, as in ya🙂, would be lost whole.
_SIGNS: dict[str, Any] = {"type": "Split", "pattern": {"Regex": r"\p{S}"}, "behavior": "Isolated", "invert": False}


def plain(word: str) -> str:
    """A word as the tokenizer sees it: lower case, without accents."""
    bare = unicodedata.normalize("NFD", word.lower())
    return "".join(character for character in bare if not unicodedata.combining(character))


def spellings(texts: Iterable[str]) -> Counter[str]:
    """How often each word, in lower case and with its accents, stands in the texts."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_WORD.findall(unicodedata.normalize("NFC", text.lower())))
    return counts


def choose(tokenizer: Mapping[str, Any], domain: Counter[str], common: Sequence[str], size: int) -> dict[str, str]:
    """
    The Spanish words to put in: at most ``size``, none that the vocabulary has already.

    Args:
        tokenizer: content of ``tokenizer.json``.
        domain: spelling → how often the domain's texts have it; what they have twice or more comes first.
        common: words of the language, most frequent first, for what is left.
        size: how many.

    Returns:
        the word as the tokenizer sees it → how it is most often spelt.
    """
    known = tokenizer["model"]["vocab"]
    counts: Counter[str] = Counter()
    for word, count in domain.items():
        counts[plain(word)] += count
    wanted = [form for form, count in counts.most_common() if count > 1]
    wanted += [plain(word) for word in common if _WORD.fullmatch(word)]
    fresh = [form for form in dict.fromkeys(wanted) if form not in known and len(form) > 1]
    spelt: dict[str, str] = {}
    for word in (*(word for word, count in domain.most_common() if count > 1), *common):
        spelt.setdefault(plain(word), word)
    return {form: spelt.get(form, form) for form in fresh[:size]}


def disturbed(tokenizer: Mapping[str, Any], words: Collection[str], english: Iterable[str]) -> list[str]:
    """
    Which of the ``english`` words, as the tokenizer sees them, would be cut in another place once ``words`` are put in:
    those that begin with one of them and are not whole in the vocabulary.
    """
    known = tokenizer["model"]["vocab"]
    forms = dict.fromkeys(form for word in english if _WORD.fullmatch(form := plain(word)))
    return [
        form for form in forms if form not in known and form not in words and _beginning(form, known, words) in words
    ]


def _beginning(word: str, *vocabularies: Collection[str]) -> str:
    """The longest beginning of a word that is in one of the vocabularies, or nothing."""
    beginnings = (word[:end] for end in range(len(word), 0, -1))
    return next((part for part in beginnings if any(part in known for known in vocabularies)), "")


def reduce(tokenizer: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
    """
    The tokenizer without the pieces that no text in Spanish or English needs, and the ids that were kept, in order:
    row ``i`` of the new word table is row ``kept[i]`` of the old one.
    """
    smaller: dict[str, Any] = copy.deepcopy(dict(tokenizer))
    pieces = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    kept = [(piece, identity) for piece, identity in pieces if _is_needed(piece)]
    smaller["model"]["vocab"] = {piece: row for row, (piece, _) in enumerate(kept)}
    return _renumbered(smaller), [identity for _, identity in kept]


def extend(tokenizer: Mapping[str, Any], words: Iterable[str]) -> dict[str, Any]:
    """The tokenizer with ``words`` (as it sees them) at the end of its vocabulary, reading signs one by one."""
    larger: dict[str, Any] = copy.deepcopy(dict(tokenizer))
    for word in words:
        larger["model"]["vocab"].setdefault(word, len(larger["model"]["vocab"]))
    larger["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [_SIGNS, larger["pre_tokenizer"]]}
    larger["truncation"] = larger["padding"] = None
    return larger


def rows(table: Float32, tokenizer: Mapping[str, Any], translations: Sequence[str]) -> Float32:
    """
    Where new words start: for each translation the sum of its pieces' vectors over the root of their number, which
    leaves the length of a vector about as it is.

    Args:
        table: ``(v, d)`` word table of the English vocabulary.
        tokenizer: that vocabulary's.
        translations: English, one or more words each.

    Returns:
        ``(n, d)`` float32.
    """
    reader = Tokenizer.from_str(json.dumps(tokenizer))
    reader.no_truncation()
    reader.no_padding()
    read = [encoding.ids for encoding in reader.encode_batch(list(translations), add_special_tokens=False)]
    unknown = tokenizer["model"]["vocab"][tokenizer["model"]["unk_token"]]
    start = np.zeros((len(read), table.shape[1]), np.float32)
    for row, ids in enumerate(read):
        start[row] = table[ids or [unknown]].sum(axis=0) / max(1, len(ids)) ** 0.5
    return start


def _is_needed(piece: str) -> bool:
    if _UNUSED.fullmatch(piece):
        return False
    bare = piece.removeprefix(_CONTINUES) or piece
    letters = [character for character in bare if unicodedata.category(character)[0] in "LM"]
    return all(unicodedata.name(letter, "").startswith(_KEPT_LETTERS) for letter in letters)


def _renumbered(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """Special tokens by the numbers that they have in the vocabulary."""
    vocabulary = tokenizer["model"]["vocab"]
    for token in tokenizer["added_tokens"]:
        token["id"] = vocabulary[token["content"]]
    for name, token in tokenizer["post_processor"]["special_tokens"].items():
        token["ids"] = [vocabulary[name]]
    return tokenizer
