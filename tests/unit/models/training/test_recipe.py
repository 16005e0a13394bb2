import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from models.encoder.training import recipe
from models.encoder.training.lessons import Kind

SHIPPED = recipe.SHIPPED.read_text(encoding="utf-8")


def changed(file: Path, pattern: str, new: str, count: int = 1) -> Path:
    """The shipped recipe with ``new`` for what ``pattern`` finds first."""
    text, found = re.subn(pattern, new, SHIPPED, count=count, flags=re.MULTILINE)
    assert found == count
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_recipe_says_how_often_each_kind_of_lesson_is_seen() -> None:
    assert recipe.read().passes.keys() == set(Kind)


def test_a_recipe_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = changed(tmp_path / "recipe.toml", "^temperature = .*", "temperature = 0.5")
    assert recipe.read(file) == replace(recipe.read(), temperature=0.5)
    file = changed(tmp_path / "recipe.toml", "^titles = .*\n", "")
    shipped = recipe.read()
    assert recipe.read(file).passes == {kind: number for kind, number in shipped.passes.items() if kind != "titles"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("words", "-1"),
        ("batch", "7"),
        ("tokens", "7"),
        ("temperature", "0"),
        ("temperature", "nan"),
        ("needs", "-0.1"),
        ("needs_temperature", "0"),
        ("rate", "-1e-4"),
        ("table_rate", "-1e-3"),
        ("warm_up", "1"),
        ("warm_up", "-0.1"),
        ("decay", "-0.1"),
        ("clip", "0"),
        ("averaged", "1.1"),
        ("averaged", "-0.1"),
    ],
)
def test_a_number_out_of_range_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(recipe.RecipeUnusable, match=rf"recipe\.toml: {name} out of range"):
        recipe.read(changed(tmp_path / "recipe.toml", f"^{name} = .*", f"{name} = {value}"))


def test_all_that_is_out_of_range_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(recipe.RecipeUnusable, match=r"recipe\.toml: rate, clip out of range"):
        recipe.read(changed(tmp_path / "recipe.toml", "^(rate|clip) = ", r"\1 = -", count=2))


@pytest.mark.parametrize("name", [field.name for field in fields(recipe.Recipe)])
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    line = r"^\[passes\]\n(.*\n)*" if name == "passes" else f"^{name} = .*\n"
    with pytest.raises(recipe.RecipeUnusable, match=f"'{name}'"):
        recipe.read(changed(tmp_path / "recipe.toml", line, ""))


@pytest.mark.parametrize(
    ("pattern", "new", "named"),
    [
        ("^seed = ", "seed ", "line 1"),
        ("^seed = ", "heat = 1\nseed = ", "heat"),
        ("^titles = ", "headings = ", "headings"),
        ("^titles = .*", "titles = -1", "passes out of range"),
        (r"^\[passes\]\n(.*\n)*", "[passes]\n", "passes out of range"),
        ("^tokens = .*", 'tokens = "many"', "str"),
        (r"^\[passes\]", "passes = 1\n[lot]", "int"),
    ],
)
def test_what_makes_a_recipe_unusable_is_named(tmp_path: Path, pattern: str, new: str, named: str) -> None:
    with pytest.raises(recipe.RecipeUnusable, match=named):
        recipe.read(changed(tmp_path / "recipe.toml", pattern, new))


def test_a_recipe_that_passes_over_all_kinds_no_times_is_refused(tmp_path: Path) -> None:
    passes = "".join(f"{kind} = 0\n" for kind in Kind)
    with pytest.raises(recipe.RecipeUnusable, match="passes out of range"):
        recipe.read(changed(tmp_path / "recipe.toml", r"^\[passes\]\n(.*\n)*", f"[passes]\n{passes}"))


def test_a_recipe_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        recipe.read(tmp_path / "recipe.toml")
