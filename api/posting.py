"""Storing a posted need or offer under the rules of a bulk import."""

from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError

from api.problems import Refusal
from matchmaker.bootstrap import Application
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.terms import OrganizationKind
from matchmaker.errors import FieldError
from matchmaker.portfolios.build import OFFER, REQUEST, Draft, draft
from matchmaker.storage.unit_of_work import UnitOfWork

_NOBODY = UUID(int=0)


def post_need(application: Application, posted: dict[str, Any]) -> tuple[Need, Organization]:
    """Store a new need; its organization is registered as a company if it is new.

    Raises:
        FieldError: a value breaks a rule; nothing was stored.
        RequestValidationError: fields that nobody knows.
        Refusal: 409, the organization has posted this reference before.
    """
    made = _check(application, posted, REQUEST)
    with application.work() as work:
        owner = _owner(work, made.owner, OrganizationKind.COMPANY)
        _refuse_twice(bool(work.needs.by_reference(owner.id, [made.reference])), made)
        need = made.build(owner.id, None, application.clock.today())
        assert isinstance(need, Need)
        work.needs.add([need])
        _commit(work, made)
    return need, owner


def post_offer(application: Application, posted: dict[str, Any]) -> tuple[Offer, Organization]:
    """Store a new offer; its organization is registered as a technology-transfer office if it is new.

    Raises:
        FieldError: a value breaks a rule; nothing was stored.
        RequestValidationError: fields that nobody knows.
        Refusal: 409, the organization has posted this reference before.
    """
    made = _check(application, posted, OFFER)
    with application.work() as work:
        owner = _owner(work, made.owner, OrganizationKind.TTO)
        _refuse_twice(bool(work.offers.by_reference(owner.id, [made.reference])), made)
        offer = made.build(owner.id, None, application.clock.today())
        assert isinstance(offer, Offer)
        work.offers.add([offer])
        _commit(work, made)
    return offer, owner


def _check(application: Application, posted: dict[str, Any], profile_type: str) -> Draft:
    """Check everything before a transaction begins. Empty values count as not given, as in a file."""
    values = {name: value for name, value in posted.items() if value not in (None, "", [], {})}
    if values.setdefault("profile_type", profile_type) != profile_type:
        raise FieldError("profile_type", "choice", value=values["profile_type"], choices=profile_type)
    made = draft(values, None)
    if made.unknown:
        # Unlike a column of a file: “visibilty” passed over would publish what was meant to be private.
        unknown = [{"type": "extra_forbidden", "loc": ("body", name)} for name in made.unknown]
        raise RequestValidationError(unknown)
    made.build(_NOBODY, None, application.clock.today())
    return made


def _owner(work: UnitOfWork, name: str, kind: OrganizationKind) -> Organization:
    found = work.organizations.by_name([name]).get(name)
    if found is not None:
        return found
    try:
        owner = Organization(name=name, kind=kind)
    except FieldError as error:
        raise FieldError("owner", error.rule, **_without_field(error)) from None
    work.organizations.add(owner)
    return owner


def _without_field(error: FieldError) -> dict[str, object]:
    return {name: value for name, value in error.values.items() if name != "field"}


def _refuse_twice(is_known: bool, made: Draft) -> None:
    if is_known:
        raise Refusal(409, "api.conflict", owner=made.owner, reference=made.reference)


def _commit(work: UnitOfWork, made: Draft) -> None:
    ...
