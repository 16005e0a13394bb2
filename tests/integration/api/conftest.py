"""Installations to knock at: a small one built by hand, the sample world, and fresh empty ones."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from evaluation import sample
from matchmaker.bootstrap import Application, application, load_encoder
from matchmaker.clock import Clock, FixedClock
from matchmaker.domain.need import LIFETIME, Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.terms import NeedStatus, OfferKind, OrganizationKind, Visibility
from matchmaker.settings import Settings
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Encoder
from tests.factories import DAY, make_legal_status, make_need, make_offer, make_organization

TOKEN = "una-llave-de-prueba-ñ"
BEARER = {"Authorization": f"Bearer {TOKEN}".encode()}

# Longest wait for the engine on a busy machine, in seconds.
_PATIENCE = 60.0

Open = Callable[..., AbstractContextManager["Door"]]


@dataclass
class Door:
    """A running application with the clients of two people: one without the token, one with it."""

    installation: Application
    app: FastAPI
    client: TestClient
    operator: TestClient
    needs: dict[str, Need] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The shipped encoder, loaded once for all."""
    return load_encoder(Settings())


@pytest.fixture(scope="session")
def open_door(encoder: Encoder) -> Open:
    """Opens an installation in a folder and waits until it is ready."""

    @contextmanager
    def open_door(home: Path, clock: Clock | None = None, **settings: Any) -> Iterator[Door]:
        chosen = Settings(**{"home": home, "api_token": TOKEN, "database_url": "", **settings})
        with application(chosen, clock or FixedClock(DAY)) as installation:
            installation.__dict__["encoder"] = CachedEncoder(encoder, home / "embeddings")
            app = create_app(installation)
            with TestClient(app) as client:
                until(lambda: client.get("/readyz").status_code == 200)
                yield Door(installation, app, client, TestClient(app, headers=BEARER))

    return open_door


@pytest.fixture(scope="session")
def door(open_door: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The small world; tests that use it only read."""
    with open_door(tmp_path_factory.mktemp("small")) as door:
        fill(door)
        yield door


@pytest.fixture(scope="session")
def sample_door(open_door: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The sample world on its own day; tests that use it only read."""
    with open_door(tmp_path_factory.mktemp("sample"), FixedClock(sample.as_of())) as door:
        sample.load_into(door.installation)
        door.app.state.service.follower.catch_up()
        yield door


@pytest.fixture
def fresh_door(open_door: Open, tmp_path: Path) -> Iterator[Door]:
    """An empty installation to write to."""
    with open_door(tmp_path) as door:
        yield door


@pytest.fixture
def any_door(open_door: Open, tmp_path: Path, database_url: str) -> Iterator[Door]:
    """An empty installation to write to, on each kind of database in turn."""
    with open_door(tmp_path / "home", database_url=database_url) as door:
        yield door


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = monotonic() + _PATIENCE
    while not holds():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.05)


def fill(door: Door) -> None:
    """Store a tannery, an office, needs of every visibility and status, and a handful of offers."""
    tannery = make_organization(name="Curtidos Rivera", scian=("316110",), assimilation_level=2, municipality="León")
    office = make_organization(name="Oficina de Transferencia del Bajío", kind=OrganizationKind.TTO)
    door.organizations = {"tannery": tannery, "office": office}
    door.needs = _needs(tannery)
    door.offers = _offers(office)
    with door.installation.work() as work:
        for organization in (tannery, office):
            work.organizations.add(organization)
        work.needs.add(list(door.needs.values()))
        work.offers.add(list(door.offers.values()))
        work.commit()
    door.app.state.service.follower.catch_up()


def _needs(tannery: Organization) -> dict[str, Need]:
    place = {"state": "11", "municipality": "León"}
    hidden = {
        "private": {"visibility": Visibility.PRIVATE},
        "draft": {"status": NeedStatus.DRAFT},
        "closed": {"status": NeedStatus.CLOSED},
        "expired": {"publication_date": DAY - timedelta(days=60), "expiration_date": DAY - timedelta(days=1)},
        "forgotten": {"publication_date": DAY - LIFETIME - timedelta(days=1)},
        "coming": {"publication_date": DAY + timedelta(days=1)},
        "anonymous draft": {"visibility": Visibility.ANONYMOUS, "status": NeedStatus.DRAFT},
    }
    shown: dict[str, dict[str, Any]] = {
        "public": {
            "title": "Quitar el cromo del agua residual de la tenería",
            "annex": "Los análisis de tres meses están aquí.",
        },
        "anonymous": {"visibility": Visibility.ANONYMOUS, "hs": ("410411",)},
        "last day": {"publication_date": DAY - timedelta(days=60), "expiration_date": DAY},
        "anniversary": {"publication_date": DAY - LIFETIME},
        "english": {
            "language": "en",
            "title": "Our avocados ripen unevenly",
            "description": "Sort them by dry matter.",
        },
    }
    return {
        name: make_need(**{"organization": tannery.id, "reference": f"N-{name}", **place, **fields})
        for name, fields in (hidden | shown).items()
    }


def _offers(office: Organization) -> dict[str, Offer]:
    offers: dict[str, dict[str, Any]] = {
        "chromium": {
            "language": "en",
            "title": "Walnut-shell adsorbent that removes chromium from tannery wastewater",
            "description": "A packed column retains chromium and nickel. Citric acid regenerates it in place.",
            "annex": "Breakthrough curves of forty cycles.",
            "trl": 6,
            "state": "11",
            "municipality": "León",
            "scian": ("316110",),
            "legal_status": (make_legal_status(),),
        },
        "shrimp": {
            "language": "en",
            "title": "Spore-forming probiotic for shrimp ponds",
            "description": "Keeps vibrio out of the gut of penaeid shrimp. Broadcast over the pond as a powder.",
        },
        "avocado": {
            "title": "Espectrómetro de mano para la materia seca del aguacate",
            "description": "Mide el fruto en la rama sin cortarlo y avisa cuál va a madurar.",
        },
        "software": {
            "kind": OfferKind.SOFTWARE,
            "title": "Programa que ordena los turnos de una planta",
            "description": "Reparte turnos y descansos según la ley y las preferencias del personal.",
        },
    }
    return {
        name: make_offer(**{"organization": office.id, "reference": f"P-{name}", **fields})
        for name, fields in offers.items()
    }
