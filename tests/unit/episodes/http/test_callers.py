"""Which caller a token's claims make."""

from typing import Any
from uuid import UUID

import pytest

from care_platform.auth.claims import Claims
from episodes.tokens import caller

SUBJECT, CLINIC, PARTNER = UUID(int=1), UUID(int=2), UUID(int=3)


def claims(role: str, **more: Any) -> Claims:
    return Claims(iss="care-local", aud="care", exp=0, sub=SUBJECT, role=role, network="demo", **more)


@pytest.mark.parametrize("role", ["service", "auditor", "privacy_officer"])
def test_who_serves_the_whole_network_sees_every_clinic_unless_some_are_named(role: str) -> None:
    assert caller(claims(role)).clinics is None
    assert caller(claims(role, clinics=[CLINIC])).clinics == frozenset({CLINIC})


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator", "partner"])
def test_others_without_named_clinics_act_for_none(role: str) -> None:
    assert caller(claims(role)).clinics == frozenset()


def test_a_partner_speaks_for_the_organisation_that_its_token_names() -> None:
    partner = caller(claims("partner", organisation=PARTNER))
    assert (partner.actor.id, partner.partner) == (SUBJECT, PARTNER)
    assert caller(claims("therapist", organisation=PARTNER)).partner is None
