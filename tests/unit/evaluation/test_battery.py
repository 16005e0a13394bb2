from pathlib import Path

import pytest

from evaluation import battery, corfo
from evaluation.datasets import DatasetError
from tests.sets import HELD_OUT, WITHOUT_OBJECTIVE, write_sets


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_sets(tmp_path)
    return tmp_path


def test_sets_of_the_same_documents_are_read_together(data: Path) -> None:
    groups = battery.read(data)
    assert set(groups["sbir"]) == {
        "sbir code",
        "sbir code es-mt",
        "sbir title",
        "sbir title es-mt",
        "needs-mx",
    }
    assert {name for group in groups.values() for name in group} == {
        *battery.SETS,
        "corfo",
        "sample test",
        "sample train",
    }


def test_of_corfo_the_held_out_projects_with_title_and_objective_are_asked(data: Path) -> None:
    (dataset,) = battery.read(data)["corfo"].values()
    assert dataset.queries == {HELD_OUT: "Secado de fruta"}
    assert [document.full_text for document in dataset.documents.values()] == ["Secar fruta con sol"]


def test_projects_with_the_same_objective_are_as_good(data: Path) -> None:
    file = data / "corfo" / "projects.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("Sin objetivo, ", "Otro título,Secar fruta con sol"), encoding="utf-8"
    )
    both = {HELD_OUT: 1, WITHOUT_OBJECTIVE: 1}
    assert corfo.read(data / "corfo").qrels == {HELD_OUT: both, WITHOUT_OBJECTIVE: both}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"codigo,nombre\n1,A\n", "titulo"),
        (b"", "titulo"),
        (b"codigo,titulo,objetivo\n", "held-out"),
        (b"codigo,titulo,objetivo\n%s\n" % HELD_OUT.encode(), "held-out"),
        ("codigo,titulo,objetivo\n1,año,año\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_file_of_projects_that_cannot_be_used_says_why(data: Path, content: bytes, said: str) -> None:
    (data / "corfo" / "projects.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        corfo.read(data / "corfo")


def test_a_file_that_is_not_there_is_named(data: Path) -> None:
    (data / "needs-mx" / "qrels" / "dev.tsv").unlink()
    with pytest.raises(DatasetError) as caught:
        battery.read(data)
    assert caught.value.file == data / "needs-mx" / "qrels" / "dev.tsv"


def test_a_folder_of_sets_is_told_from_a_set(data: Path, tmp_path: Path) -> None:
    assert battery.is_battery(data)
    assert not battery.is_battery(data / "sbir")
    assert not battery.is_battery(data / "corfo")
    assert not battery.is_battery(tmp_path / "nowhere")


LANGUAGES = {"es1": "es", "es2": "es", "en1": "en", "en2": "en"}


@pytest.mark.parametrize(
    ("order", "grades", "places"),
    [
        (["es1", "en1"], {"es1": 2, "en1": 2}, [1.0]),
        (["en1", "es1"], {"es1": 2, "en1": 2}, [-1.0]),
        (["es1", "es2", "en1"], {"es1": 1, "es2": 1, "en1": 1}, [1.5]),
        (["es1", "en1"], {"es1": 2, "en1": 1}, []),
        (["es1", "en1", "es2", "en2"], {"es1": 2, "en1": 2, "es2": 1, "en2": 1}, [1.0, 1.0]),
        (["es1"], {"es1": 2, "en1": 2}, [1.0]),
        (["es1", "en1"], {"es1": 0, "en1": 0}, []),
    ],
)
def test_places_between_equally_relevant_documents_of_both_languages(
    order: list[str], grades: dict[str, int], places: list[float]
) -> None:
    run = {"q": {document: 1.0 - place / 10 for place, document in enumerate(order)}}
    assert battery.places_lower(run, {"q": grades}, {"q": "es"}, LANGUAGES) == sorted(places)


def test_a_query_that_found_nothing_has_all_documents_in_the_same_place() -> None:
    assert battery.places_lower({}, {"q": {"es1": 1, "en1": 1}}, {"q": "es"}, LANGUAGES) == [0.0]
