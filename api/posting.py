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
from matchmaker.portfolios.build import REQUEST, Draft, draft
from matchmaker.storage.unit_of_work import UnitOfWork

_NOBODY = UUID(int=0)


def post(application: Application, posted: dict[str, Any], profile_type: str) -> tuple[Need | Offer, Organization]:
    """Store a new need or offer; an organization not known yet is registered, as an import would.

    Args:
        application: the installation.
        posted: fields as in the rows of an import; empty ones count as not given.
        profile_type: ``request`` or ``offer``.

    Raises:
        FieldError: a value breaks a rule; nothing was stored.
        RequestValidationError: there are fields that nobody knows; nothing was stored.
        Refusal: 409, the organization has posted this reference before.
    """
    today = application.clock.today()
    made = _check(posted, profile_type)
    made.build(_NOBODY, None, today)  # with a stand-in, so that every rule is checked before a writer's lock is taken
    try:
        with application.work() as work:
            repository: Any = work.needs if profile_type == REQUEST else work.offers
            owner = _owner(work, made)
            if repository.by_reference(owner.id, [made.reference]):
                raise _known(made)
            profile = made.build(owner.id, None, today)
            repository.add([profile])
            work.commit()
    except IntegrityError:
        raise _known(made) from None  # somebody else stored it since we looked
    return profile, owner


def _check(posted: dict[str, Any], profile_type: str) -> Draft:
    values = {name: value for name, value in posted.items() if value not in (None, "", [], {})}
    made = draft({"profile_type": profile_type, **values}, None)
    if made.profile_type != profile_type:
        raise FieldError("profile_type", "choice", value=made.profile_type, choices=profile_type)
    if made.unknown:
        # Unlike a column of a file: “visibilty” passed over would publish what was meant to be private.
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("body", name)} for name in made.unknown])
    return made


def _owner(work: UnitOfWork, made: Draft) -> Organization:
    found = work.organizations.by_name([made.owner]).get(made.owner)
    if found is not None:
        return found
    kind = OrganizationKind.COMPANY if made.profile_type == REQUEST else OrganizationKind.TTO
    try:
        owner = Organization(name=made.owner, kind=kind)
    except FieldError as error:
        values = {name: value for name, value in error.values.items() if name != "field"}
        raise FieldError("owner", error.rule, **values) from None
    work.organizations.add(owner)
    return owner


def _known(made: Draft) -> Refusal:
    return Refusal(409, "api.conflict", owner=made.owner, reference=made.reference)
