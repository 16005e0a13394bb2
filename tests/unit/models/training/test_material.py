import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from models.encoder import sources
from models.encoder.training import material
from models.encoder.training.material import Example, Manner, Query, Source
from models.encoder.vocabulary import plain

ROWS = [
    {"title": "Gripper", "title_es_mt": "Pinza", "text": "It grips without scratching."},
    {"title": "Sieve", "title_es_mt": "Criba", "text": "It sorts by size."},
]
NEEDS = [json.loads(line) for line in material.OWN_NEEDS.read_text(encoding="utf-8").splitlines()]
PAIRS = [json.loads(line) for line in material.OWN_OFFERS.read_text(encoding="utf-8").splitlines()]
CODES = [f"19CFR-{number}" for number in range(100)]
GIVEN = {"need": "Se oxida el portón.", "title": "Paint", "text": "A coating against rust."}
OWN: dict[str, Any] = {
    "text": "Se raya la pieza al agarrarla.",
    "language": "es",
    "translation": "The part gets scratched when we grip it.",
    "sector": "332",
    "state": "",
    "part": 1,
}
PAIR = {
    "offer": {"title": "Secador solar", "text": "Seca chile sin gas.", "language": "es", "kind": "patent"},
    "need": {"text": "Our chilies rot in the rain.", "language": "en", "sector": "111", "state": ""},
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    training = next(code for code in CODES if material.is_corfo_training(code))
    held_out = next(code for code in CODES if not material.is_corfo_training(code))
    projects = f'codigo,titulo,objetivo\n{training},"Secado, solar","Dos\nlíneas"\n{held_out},Oculto,Guardado\n'
    projects += f"{training},,Sin título\n{training},Sin objetivo, \n"
    files = {
        "ipc-es-en/train.json": json.dumps([{"es": "Bombas", "en": "Pumps"}]),
        "sbir/train.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS),
        "corfo/projects.csv": projects,
        "needs-mx/train.jsonl": json.dumps(GIVEN) + "\n",
        "own/needs.jsonl": json.dumps(OWN | {"answer": material.digest(ROWS[0]["text"])}) + "\n",
        "own/offers.jsonl": json.dumps(PAIR) + "\n",
        "own/glossary.tsv": "bomba\tpump\npinza\tgripper\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(sources, "industry_titles", lambda: [("Cultivo de soya", "Soybean Farming")])
    monkeypatch.setattr(material, "OWN_NEEDS", tmp_path / "own" / "needs.jsonl")
    monkeypatch.setattr(material, "OWN_OFFERS", tmp_path / "own" / "offers.jsonl")
    monkeypatch.setattr(material, "GLOSSARY", tmp_path / "own" / "glossary.tsv")
    return tmp_path


def translator(texts: Sequence[str], language: str, wanted: str) -> list[str]:
    return [f"{wanted}: {text}" for text in texts]


def test_every_example_comes_with_its_queries(data: Path) -> None:
    titles = (Query("Sieve", "en", Manner.TITLE), Query("Criba", "es", Manner.TRANSLATED))
    answered = (
        Query(OWN["text"], "es", Manner.OWN_WORDS, OWN["translation"]),
        Query("Gripper", "en", Manner.TITLE),
        Query("Pinza", "es", Manner.TRANSLATED),
    )
    given = (Query(GIVEN["need"], "es", Manner.OWN_WORDS), Query("Paint", "en", Manner.TITLE))
    offered = (Query(PAIR["need"]["text"], "en", Manner.OWN_WORDS), Query("Secador solar", "es", Manner.TITLE))
    examples = material.translated(material.read(data), translator)
    assert [example for example in examples if example.source is not Source.SENTENCES] == [
        Example(Source.CLASSIFICATION, "Pumps", "en", (Query("Bombas", "es", Manner.TITLE),)),
        Example(Source.CLASSIFICATION, "Soybean Farming", "en", (Query("Cultivo de soya", "es", Manner.TITLE),)),
        Example(Source.ABSTRACTS, ROWS[1]["text"], "en", titles, f"es: {ROWS[1]['text']}"),
        Example(Source.PROJECTS, "Dos\nlíneas", "es", (Query("Secado, solar", "es", Manner.TITLE),), "en: Dos líneas"),
        Example(Source.NEEDS, ROWS[0]["text"], "en", answered, f"es: {ROWS[0]['text']}"),
        Example(Source.NEEDS, GIVEN["text"], "en", given, f"es: {GIVEN['text']}"),
        Example(Source.NEEDS, "Seca chile sin gas.", "es", offered, "en: Seca chile sin gas."),
    ]


def test_of_each_document_one_sentence_of_a_usual_length_is_learned_with_its_translation(data: Path) -> None:
    sentence = "It sorts the grains by their size."
    rows = [{**ROWS[0], "text": f"Short. {sentence} Too short as well."}, ROWS[1]]
    (data / "sbir" / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (data / "own" / "needs.jsonl").write_text("", encoding="utf-8")
    examples = material.translated(material.read(data), translator)
    asked = (Query(f"es: {sentence}", "es", Manner.TRANSLATED),)
    expected = Example(Source.SENTENCES, sentence, "en", asked)
    assert [example for example in examples if example.source is Source.SENTENCES] == [expected]


def test_a_sentence_without_a_translation_is_not_learned(data: Path) -> None:
    examples = material.translated(material.read(data), lambda texts, language, wanted: [""] * len(texts))
    assert [example for example in examples if example.source is Source.SENTENCES] == []


def test_what_is_left_out_does_not_live_on_in_its_sentences(data: Path) -> None:
    left = [example for example in material.read(data) if example.document != GIVEN["text"]]
    texts = [
        text for example in material.translated(left, translator) for text in (example.document, example.translation)
    ]
    assert [text for text in texts if GIVEN["text"] in text] == []


def test_only_the_beginning_of_a_long_document_is_translated(data: Path) -> None:
    row = {**ROWS[1], "text": "word " * 500}
    (data / "sbir" / "train.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (data / "own" / "needs.jsonl").write_text("", encoding="utf-8")
    examples = material.translated(material.read(data), translator)
    (example,) = [example for example in examples if example.source is Source.ABSTRACTS]
    assert len(example.document.split()) == 500
    assert len(example.translation.split()) == 121


def test_a_need_whose_abstract_is_not_there_is_named(data: Path) -> None:
    (data / "own" / "needs.jsonl").write_text(json.dumps(OWN | {"answer": "f" * 16}) + "\n", encoding="utf-8")
    with pytest.raises(material.MaterialUnusable, match="Se raya la pieza"):
        material.read(data)


def test_a_need_that_nobody_translated_is_refused(data: Path) -> None:
    bare = {name: value for name, value in OWN.items() if name != "translation"}
    row = bare | {"answer": material.digest(ROWS[0]["text"])}
    (data / "own" / "needs.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(material.MaterialUnusable, match="line 1: there is no translation"):
        material.read(data)


def test_the_glossary_gives_each_word_its_meaning(data: Path) -> None:
    assert material.glossary() == {"bomba": "pump", "pinza": "gripper"}
    (data / "own" / "glossary.tsv").write_text("criba\tsieve\nhorno\tkiln, oven\n", encoding="utf-8")
    assert material.glossary() == {"criba": "sieve", "horno": "kiln, oven"}


@pytest.mark.parametrize("line", ["horno", "horno kiln", "horno\t", "\tkiln", ""])
def test_a_line_of_the_glossary_that_is_no_word_with_its_meaning_is_named(data: Path, line: str) -> None:
    (data / "own" / "glossary.tsv").write_text(f"bomba\tpump\n{line}\ncriba\tsieve\n", encoding="utf-8")
    with pytest.raises(material.MaterialUnusable, match=r"glossary\.tsv, line 2: a word, a tab and its meaning"):
        material.glossary()


def test_the_files_are_those_that_are_read_and_none_is_to_be_evaluated_on(data: Path) -> None:
    files = material.files(data)
    assert all(path.is_file() for path in files.values())
    assert {"needs.jsonl", "offers.jsonl", "glossary.tsv"} < files.keys()
    assert [name for name in files if "dev" in name or "queries" in name or "corpus" in name] == []


def test_seven_in_ten_projects_are_for_training() -> None:
    codes = [f"{year}CFR-{number}" for year in (15, 19, 22) for number in range(1000)]
    share = sum(map(material.is_corfo_training, codes)) / len(codes)
    assert share == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(
    ("code", "place", "training"),
    [("19CFR-131467", 0.69999, True), ("19CFR-13049", 0.70001, False), ("a", 0.79, False), ("d", 0.096, True)],
)
def test_a_project_is_for_training_if_its_digest_lies_in_the_first_seven_tenths(
    code: str, place: float, training: bool
) -> None:
    assert int(hashlib.sha256(code.encode()).hexdigest(), 16) / 2**256 == pytest.approx(place, abs=5e-3)
    assert material.is_corfo_training(code) is training


# Words that stand in almost any text of one language and hardly in the other.
SPANISH = re.compile(
    r"\b(a|al|como|con|cuando|de|del|e|el|en|es|esta|este|está|hay|la|las|le|les|lo|los|más|nadie|no|nos|o|para|pero|por|"
    r"que|se|sin|son|su|sus|u|un|una|y|ya)\b"
)
ENGLISH = re.compile(
    r"\b(an|and|are|at|be|but|by|each|for|from|has|have|if|in|is|it|no|not|of|on|one|or|our|that|the|they|this|to|us|we|"
    r"when|with)\b"
)


def language(text: str) -> str:
    words = text.lower()
    return "es" if len(SPANISH.findall(words)) > len(ENGLISH.findall(words)) else "en"


class TestOwnCorpus:
    """The needs and offers written for the project."""

    def test_needs_are_many_and_spread_over_the_sectors(self) -> None:
        assert len(NEEDS) > 2_500
        sectors = Counter(row["sector"] for row in NEEDS)
        assert len(sectors) >= 70
        assert sectors.most_common(1)[0][1] < 0.2 * len(NEEDS)

    def test_grades_are_of_needs_that_are_there_and_of_other_abstracts(self) -> None:
        answers = {material.digest(row["text"]): row["answer"] for row in NEEDS}
        judged = [json.loads(line) for line in (material.DATA / "judgements.jsonl").read_text("utf-8").splitlines()]
        assert len({row["need"] for row in judged}) == len(judged) == 700
        for row in judged:
            assert answers[row["need"]] not in row["grades"]
            assert len(row["grades"]) == 12
            assert set(row["grades"].values()) <= {0, 1, 2, 3}

    def test_no_text_stands_twice(self) -> None:
        texts = [row["text"] for row in NEEDS] + [row["need"]["text"] for row in PAIRS]
        assert len(set(texts)) == len(texts)

    def test_every_need_is_there_in_the_other_language_too(self) -> None:
        assert [row["text"] for row in NEEDS if language(row["text"]) != row["language"]] == []
        other = {"es": "en", "en": "es"}
        assert [row["text"] for row in NEEDS if language(row["translation"]) != other[row["language"]]] == []

    def test_every_translation_is_of_its_own_need_and_whole(self) -> None:
        translations = [row["translation"] for row in NEEDS]
        assert len(set(translations)) == len(translations)
        assert set(translations).isdisjoint(row["text"] for row in NEEDS)
        assert [text for text in translations if text != text.strip()] == []
        lengths = [len(row["translation"]) / len(row["text"]) for row in NEEDS]
        assert min(lengths) > 0.6
        assert max(lengths) < 1.8

    def test_figures_are_not_lost_in_translation(self) -> None:
        def figures(text: str) -> set[str]:
            return set(re.findall(r"\d+", re.sub(r"(?<=\d)[., ](?=\d)", "", text)))

        # A few are put in words: 20-odd, veintitantos.
        lost = [row for row in NEEDS if not figures(row["text"]) <= figures(row["translation"])]
        assert len(lost) < 0.01 * len(NEEDS)

    def test_six_in_seven_are_spanish_and_all_lengths_occur(self) -> None:
        spanish = sum(row["language"] == "es" for row in NEEDS) / len(NEEDS)
        assert spanish == pytest.approx(6 / 7, abs=0.03)
        lengths = [len(row["text"].split()) for row in NEEDS]
        for low, high in ((0, 29), (29, 75), (75, 400)):
            assert sum(low <= length < high for length in lengths) > 0.2 * len(lengths)

    def test_no_two_needs_share_ten_words_in_a_row(self) -> None:
        owners: dict[tuple[str, ...], set[int]] = {}
        for number, row in enumerate(NEEDS):
            words = row["text"].casefold().split()
            for start in range(len(words) - 9):
                owners.setdefault(tuple(words[start : start + 10]), set()).add(number)
        shared = [" ".join(words) for words, rows in owners.items() if len(rows) > 1]
        assert shared == []

    def test_fields_are_complete(self) -> None:
        for row in NEEDS:
            assert row.keys() == {"text", "language", "translation", "sector", "state", "answer", "part"}
            assert len(row["answer"]) == 16
            assert row["sector"].isdigit()
            assert len(row["sector"]) == 3
        for pair in PAIRS:
            assert pair.keys() == {"offer", "need"}
            assert pair["offer"]["language"] in ("es", "en")


class TestGlossary:
    """The Spanish words translated for the project."""

    LINES = material.GLOSSARY.read_text(encoding="utf-8").splitlines()

    def test_each_line_is_a_word_in_lower_case_and_its_meaning(self) -> None:
        pairs = [line.split("\t") for line in self.LINES]
        assert [pair for pair in pairs if len(pair) != 2] == []
        assert [word for word, _ in pairs if not re.fullmatch(r"[^\W\d_]+", word) or word != word.lower()] == []
        assert [word for word, meaning in pairs if not meaning or meaning != meaning.strip().lower()] == []

    def test_no_word_stands_twice_however_it_is_accented(self) -> None:
        # The vocabulary has no accents: of two that differ in nothing else, one meaning would be lost.
        words = Counter(plain(line.partition("\t")[0]) for line in self.LINES)
        assert [word for word, times in words.items() if times > 1] == []

    def test_it_is_what_the_build_is_given(self) -> None:
        assert len(material.glossary()) == len(self.LINES) > 5_000
