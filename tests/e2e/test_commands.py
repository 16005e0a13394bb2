"""The commands, end to end with the real encoder, as somebody at a terminal uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from evaluation import sample
from matchmaker.cli.app import app
from tests.sets import write_sets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that already holds the sample world, left behind by the demo."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def demo(home: Path) -> dict[str, Any]:
    """What the demo prints for machines."""
    result = _run(home, "demo", "--keep", str(home), "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_demo_answers_a_spanish_need_with_an_english_offer(demo: dict[str, Any]) -> None:
    first = demo["matches"]["Cremas que se separan con el calor de la paquetería"][0]

    assert demo["needs"] == 160
    assert demo["offers"] == 416
    assert len(demo["matches"]) == 3
    assert first["language"] == "en"
    assert first["reference"] == "O3-19"
    assert {factor["name"] for factor in first["factors"]} == {
        "nearness",
        "sector",
        "readiness",
        "licence",
        "legal_state",
    }
    assert first["evidence"][0]["need"]
    assert first["evidence"][0]["offer"]


def test_the_demo_lists_idle_assets_with_evidence(demo: dict[str, Any]) -> None:
    flags = demo["abandoned"]

    assert {flag["flag"] for flag in flags} >= {"rescue", "free"}
    for flag in flags:
        assert flag["evidence"]["date"]
        assert flag["needs"]
        assert flag["disclaimer"]


def test_idle_assets_say_nothing_that_tells_a_private_or_an_anonymous_company(demo: dict[str, Any]) -> None:
    private = {row["title"] for row in sample.rows("needs") if row["visibility"] == "private"}
    anonymous = {row["owner"] for row in sample.rows("needs") if row["visibility"] == "anonymous"}
    public = {row["owner"] for row in sample.rows("needs") if row["visibility"] == "public"}
    shown = [need for flag in demo["abandoned"] for need in flag["needs"]]

    assert not private & {need["title"] for need in shown}
    assert not (anonymous - public) & {need["owner"] for need in shown}
    veiled = [need for need in shown if need["visibility"] == "anonymous"]
    assert veiled
    for need in veiled:
        facts = {factor["name"]: factor for factor in need["factors"]}
        assert "municipality" not in need
        assert facts["nearness"]["value"] == "unknown"
        assert facts["readiness"].keys() == {"name", "value", "text"}


@pytest.mark.usefixtures("demo")
def test_importing_the_same_offers_again_changes_nothing(home: Path) -> None:
    result = _run(home, "import", str(sample.FOLDER / "offers.jsonl"), "--json")

    assert json.loads(result.stdout)["unchanged"] == 416


@pytest.mark.usefixtures("demo")
def test_doctor_finds_database_and_indexes_in_agreement(home: Path) -> None:
    result = _run(home, "doctor", "--json")
    report = json.loads(result.stdout)

    assert result.exit_code == 0
    assert report["healthy"]
    assert report["database"]["offers"] == 416
    assert report["encoder"]["calibrated"]
    assert "MATCHMAKER_HOME" in report["settings"]
    encoder = json.loads(result.stdout)["encoder"]
    assert (encoder["precision"] == "bfloat16") == (encoder["instructions"] == "AMX")


@pytest.mark.usefixtures("demo")
def test_doctor_never_prints_a_secret(home: Path) -> None:
    result = _run(home, "doctor", "--json", MATCHMAKER_API_TOKEN="do-not-print-me")

    assert "do-not-print-me" not in result.output


@pytest.mark.usefixtures("demo")
def test_matching_a_text_names_facts_and_sentences(home: Path) -> None:
    text = "La crema se corta cuando viaja en paquetería con calor y somos cosmética natural"

    result = _run(home, "match", "--text", text, "--state", "Morelos", "--sector", "3256", "-k", "4", "--json")
    matches = json.loads(result.stdout)["matches"]

    assert [match["rank"] for match in matches] == [1, 2, 3, 4]
    assert "O3-19" in {match["reference"] for match in matches}
    for match in matches:
        assert match.keys() >= {"offer_id", "reference", "title", "owner", "score", "probability"}


@pytest.mark.usefixtures("demo")
def test_matching_a_stored_need_by_its_reference(home: Path) -> None:
    result = _run(home, "match", "--need", "N3-07", "-k", "1", "--json")

    assert json.loads(result.stdout)["matches"][0]["reference"] == "O3-19"


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["match"], "--text"),
        (["match", "--text", "agua", "--need", "N1-01"], "--text"),
        (["match", "--text", "agua", "--state", "Jalsico"], "Jalisco"),
        (["match", "--text", "agua", "--sector", "abc"], "SCIAN"),
        (["match", "--offer", "O3-19", "--state", "Jalisco"], "--offer"),
        (["evaluate", "sample", "--qrels", "otros.tsv"], "--qrels"),
    ],
)
def test_bad_usage_is_named_and_exits_with_2(home: Path, arguments: list[str], said: str) -> None:
    result = _run(home, *arguments)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.usefixtures("demo")
def test_an_unknown_need_is_said_in_the_readers_language(home: Path) -> None:
    spanish = _run(home, "match", "--need", "N9-99")
    english = _run(home, "match", "--need", "N9-99", MATCHMAKER_LANGUAGE="en")

    assert spanish.exit_code == english.exit_code == 1
    assert "N9-99" in spanish.stderr
    assert "there is no need N9-99" in english.stderr
    assert spanish.stderr != english.stderr


@pytest.mark.usefixtures("demo")
def test_reindex_rebuilds_what_was_deleted(home: Path) -> None:
    for path in (home / "index").rglob("*"):
        if path.is_file():
            path.unlink()

    result = _run(home, "reindex", "--json")

    assert json.loads(result.stdout) == {"needs": 160, "offers": 416}


@pytest.mark.usefixtures("demo")
def test_a_damaged_index_heals_by_itself(home: Path) -> None:
    vectors = next((home / "index" / "offer").glob("generation-*/vectors.faiss"))
    vectors.write_bytes(vectors.read_bytes()[:1000])

    sick = _run(home, "doctor", "--json")
    match = _run(home, "match", "--need", "N3-07", "-k", "1", "--json")
    healthy = _run(home, "doctor", "--json")

    assert sick.exit_code == 1
    assert json.loads(match.stdout)["matches"][0]["reference"] == "O3-19"
    assert healthy.exit_code == 0


@pytest.mark.usefixtures("demo")
def test_evaluate_writes_figures_and_a_run(home: Path, tmp_path: Path) -> None:
    figures, run = tmp_path / "figures.json", tmp_path / "dense.run"

    result = _run(home, "evaluate", "sample", "--json", str(figures), "--run", str(run))
    report = json.loads(figures.read_text(encoding="utf-8"))

    assert result.exit_code == 0
    assert report["system"] == "dense"
    assert report["queries"] == 80
    assert report["documents"] == 416
    assert report["metrics"].keys() == report["ci95"].keys() == {"nDCG@10", "MRR@10", "R@10", "R@100", "MAP"}
    low, high = report["ci95"]["nDCG@10"]
    assert low <= report["metrics"]["nDCG@10"] <= high
    assert len(run.read_text(encoding="utf-8").splitlines()) == 80 * 200


def test_evaluate_measures_a_folder_of_all_sets_against_their_bars(home: Path, tmp_path: Path) -> None:
    write_sets(tmp_path)
    figures = tmp_path / "figures.json"

    result = _run(home, "evaluate", str(tmp_path), "--json", str(figures), MATCHMAKER_LANGUAGE="en")
    report = json.loads(figures.read_text(encoding="utf-8"))

    assert result.exit_code == 0
    assert {"needs-mx", "corfo", "sample test"} < report["sets"].keys()
    assert report["sets"]["needs-mx"]["nDCG@10"] == 1.0
    assert report["bars"]["needs-mx useful"] == {"value": 1.0, "bar": 0.85, "holds": True}
    assert report["bars"]["cordis parity"]["value"] == 1.0
    assert sum(part["needs"] for name, part in report["slices"].items() if name in ("es", "en")) == 160
    assert "needs-mx" in result.output
    assert "places lower" in result.output


@pytest.mark.parametrize("option", [("--queries", "q.jsonl"), ("--run", "a.run"), ("--system", "lexical")])
def test_a_folder_of_all_sets_is_measured_whole(home: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    write_sets(tmp_path)
    result = _run(home, "evaluate", str(tmp_path), *option)

    assert result.exit_code == 2
    assert "--queries" in result.stderr


def test_evaluate_reads_held_out_projects(home: Path, tmp_path: Path) -> None:
    write_sets(tmp_path)
    figures = tmp_path / "figures.json"

    result = _run(home, "evaluate", str(tmp_path / "corfo"), "--json", str(figures))

    assert result.exit_code == 0
    assert json.loads(figures.read_text(encoding="utf-8"))["documents"] == 1


@pytest.mark.parametrize(
    "command",
    ["serve", "demo", "import", "match", "abandoned", "evaluate", "bench", "train", "reindex", "doctor"],
)
def test_every_command_explains_itself_with_an_example(tmp_path: Path, command: str) -> None:
    result = _run(tmp_path, command, "--help")

    assert result.exit_code == 0
    assert f"matchmaker {command}" in result.output


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    result = _run(tmp_path, "match", "--text", "agua con arsénico", MATCHMAKER_LANGUAGE="en")

    assert result.exit_code == 0
    assert "matchmaker import" in result.output


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    result = _run(tmp_path, "doctor", MATCHMAKER_DATABASE_URL="mysql://nowhere/x", MATCHMAKER_LANGUAGE="en")

    assert result.exit_code == 1
    assert "MATCHMAKER_DATABASE_URL" in result.stderr


def test_the_program_starts_as_installed(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("matchmaker")
    environment = {**os.environ, "MATCHMAKER_HOME": str(tmp_path)}

    ran = subprocess.run([program, "--version"], capture_output=True, text=True, env=environment, check=True)

    assert ran.stdout.startswith("matchmaker ")


def _run(home: Path, *arguments: str, **settings: str) -> Result:
    environment = {"MATCHMAKER_HOME": str(home), "MATCHMAKER_LANGUAGE": "es", "MATCHMAKER_DATABASE_URL": "", **settings}
    return CliRunner().invoke(app, list(arguments), env=environment)
