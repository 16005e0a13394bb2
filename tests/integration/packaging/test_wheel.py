"""The wheel holds everything and runs from an empty environment."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("matchmaker", "models", "index", "api", "evaluation")
# Not part of the product: caches of the interpreter.
_LEFT_OUT = ("__pycache__",)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built by the backend that pyproject.toml names."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_every_package(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not any(part in _LEFT_OUT for part in path.parts)
    }

    packed = set(zipfile.ZipFile(wheel).namelist())

    assert expected - packed == set()
    assert "models/encoder/weights/model.safetensors" in packed
    assert "matchmaker/locales/es.toml" in packed
    assert any(name.endswith("licenses/NOTICE") for name in packed)


@pytest.mark.slow
def test_the_wheel_runs_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # The dependencies are this environment's own; the project itself is not on the path it adds, because the file that
    # leads to the working tree is only read in a site folder of the interpreter that runs.
    own = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MATCHMAKER_", "PYTHON"))}

    ran = subprocess.run(
        [str(home / "bin" / "matchmaker"), "demo", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    where = subprocess.run(
        [str(python), "-c", "import matchmaker; print(matchmaker.__file__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["offers"] >= 400
    assert Path(where.stdout.strip()).is_relative_to(home)


@pytest.mark.parametrize("name", PACKAGES)
def test_no_other_distribution_owns_a_top_level_name_of_ours(name: str) -> None:
    owners = set(packages_distributions().get(name, []))

    # An editable installation of this project leads to the working tree and owns no name by itself.
    assert owners <= {"matchmaker"}, f"{name} also comes from {owners - {'matchmaker'}}"
