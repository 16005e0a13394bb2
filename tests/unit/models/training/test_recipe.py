from dataclasses import replace
from pathlib import Path

import pytest

from models.encoder.training import recipe
from models.encoder.training.material import Source


def test_the_shipped_recipe_has_a_batch_for_each_source_it_passes_over() -> None:
    shipped = recipe.read()
    assert shipped.passes.keys() == shipped.batch.keys() == set(Source)
    assert min(shipped.batch.values()) > shipped.neighbours


def test_a_recipe_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    text = recipe.SHIPPED.read_text(encoding="utf-8")
    file.write_text(text.replace("temperature = 0.03", "temperature = 0.5"), encoding="utf-8")
    assert recipe.read(file) == replace(recipe.read(), temperature=0.5)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("temperature = 0.03\n", "", "temperature"),
        ("temperature = 0.03", "temperature = 0.03\nheat = 1", "heat"),
        ("[batch]", "[lot]", "batch"),
        ("needs = ", "wishes = ", "wishes"),
        ("seed = ", "seed ", "line"),
        ("neighbours = 16", "neighbours = 0", "neighbours"),
        ("members = ", "members = -", "members"),
        ("translated = ", "translated = 1", "translated"),
        ("temperature = 0.03", "temperature = 0", "temperature"),
        ("warm_up = 0.08", "warm_up = 1", "warm_up"),
        ("[batch]\nclassification = 192", "[batch]", "batch"),
        ("classification = 192", "classification = 1", "batch"),
        ("tokens = ", 'tokens = "many" #', "tokens|str"),
        ("[passes]", "passes = 1\n[lot]", "int"),
    ],
)
def test_what_makes_a_recipe_unusable_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = tmp_path / "recipe.toml"
    text = recipe.SHIPPED.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(recipe.RecipeUnusable, match=named):
        recipe.read(file)
