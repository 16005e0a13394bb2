"""The house rules that a machine can check."""

import re
import tomllib
from pathlib import Path

import torch

import matchmaker
from matchmaker.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{matchmaker.__version__}]" in changelog


def test_every_setting_stands_in_the_manual() -> None:
    manual = (ROOT / "docs" / "manual.md").read_text(encoding="utf-8")

    for name in Settings.model_fields:
        assert f"MATCHMAKER_{name.upper()}" in manual


def test_every_dependency_is_pinned_and_torch_has_no_accelerator_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = {_bare(requirement) for group in groups for requirement in group}
    pinned = {
        _bare(line)
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }

    assert wanted - pinned == set()
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [name for name in pinned if name.startswith(("nvidia", "cuda", "triton"))]
    assert torch.version.cuda is None


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")

    for page in folder.glob("[0-9]*.md"):
        assert f"({page.name})" in listed


def _bare(requirement: str) -> str:
    name = re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]
    return name.lower().replace("_", "-")
