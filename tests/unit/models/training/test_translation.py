import shutil
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.encoder.sources import SourceUnavailable
from models.encoder.training import translation
from models.encoder.training.translation import translate


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the translator that turns capitals into small letters."""
    file = tmp_path / "apertium"
    file.write_text("#!/bin/sh\n/usr/bin/env tr A-Z a-z\n", encoding="utf-8")
    file.chmod(0o755)
    monkeypatch.setattr(translation, "_PROGRAM", str(file))
    return file


def test_each_text_comes_back_in_its_place(program: Path) -> None:
    assert program.exists()
    assert translate(["ONE", "", "TWO\n\nLINES  AND SPACES", " "], "en", "es") == [
        "one",
        "",
        "two lines and spaces",
        "",
    ]
    assert translate([], "es", "en") == []


def test_a_program_that_loses_a_text_is_refused(program: Path) -> None:
    program.write_text("#!/bin/sh\necho one\n", encoding="utf-8")
    with pytest.raises(SourceUnavailable, match="eng-spa gave 0 of 2"):
        translate(["ONE", "TWO"], "en", "es")


def test_a_program_that_fails_is_quoted(program: Path) -> None:
    program.write_text("#!/bin/sh\ncat\necho no such mode >&2\nexit 1\n", encoding="utf-8")
    with pytest.raises(SourceUnavailable, match="no such mode"):
        translate(["ONE"], "es", "en")


def test_a_missing_program_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "_PROGRAM", "no-such-program")
    for ask in (lambda: translate(["ONE"], "en", "es"), translation.version):
        with pytest.raises(SourceUnavailable, match="apt-get install apertium-eng-spa"):
            ask()


@pytest.mark.skipif(not shutil.which("apertium"), reason="the translator is needed to build the encoder only")
class TestTheProgram:
    def test_it_translates_both_ways(self) -> None:
        assert translate(["The pump is broken."], "en", "es") == ["La bomba está rota."]
        assert "water" in translate(["El agua está sucia."], "es", "en")[0]
        assert translation.version().startswith("Apertium 3")

    @settings(deadline=None, max_examples=15)
    @example(["water", "\xad"])
    @example(["\x00", "water", "\x00", "pump", "\x00"])
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5))
    def test_no_text_is_lost_whatever_it_holds(self, texts: list[str]) -> None:
        assert len(translate(texts, "en", "es")) == len(texts)
