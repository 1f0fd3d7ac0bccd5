"""Why a token is refused, as a closed word and a sentence. Neither repeats anything of the token."""

from enum import StrEnum
from typing import Literal, Self

MAX_TOKEN = 8_192
"""The maximum length of a token, in characters."""
LEEWAY = 30
"""How far, in seconds, two clocks may differ."""


class TokenFault(StrEnum):
    """What is wrong with a token, in the order in which it is judged.

    Claims are judged after the signature, so that nobody learns by trying which claims would be taken.
    """

    sentence: str
    """The rule, with the name of the claim or the header's member that breaks it."""

    def __new__(cls, word: str, sentence: str) -> Self:
        fault = str.__new__(cls, word)
        fault._value_ = word
        fault.sentence = sentence
        return fault

    @classmethod
    def of(cls, claim: str, broken: Literal["missing", "form"]) -> Self:
        """What is said of a claim that is missing, or has not the form of such a claim."""
        return next(fault for fault in cls if fault.value == f"{claim}-{broken}")

    NO_TOKEN = "no-token", "a bearer token is required"
    TOO_LONG = "too-long", f"the token is longer than {MAX_TOKEN} characters"
    FORM = "form", "the token is not three parts of base64url without padding, joined by dots"
    HEADER_FORM = "header-form", "the header is not one JSON object in UTF-8 that names each member once"
    CRIT_NOT_TAKEN = "crit-not-taken", "`crit` is not taken: this service knows no extension"
    TYP_UNKNOWN = "typ-unknown", "`typ` is neither JWT nor at+jwt"
    ALG_NOT_TAKEN = "alg-not-taken", "`alg` is not one of RS256, PS256, ES256, EdDSA, Ed25519"
    KID_FORM = "kid-form", "`kid` is not text"
    KID_UNKNOWN = "kid-unknown", "the issuer publishes no key of this `kid` that this service uses"
    ALG_NOT_OF_KEY = "alg-not-of-key", "the key of this `kid` is not for this `alg`"
    KID_AMBIGUOUS = "kid-ambiguous", "several keys of the issuer have this `kid`"
    KID_MISSING = "kid-missing", "`kid` is missing, and not exactly one key of the issuer fits the `alg`"
    HEADER_MEMBER = "header-member", "the header has an unknown member, or one without the form of RFC 7515"
    SIGNATURE = "signature", "the signature is not that of the issuer's key"
    CLAIMS_FORM = "claims-form", "the claims are not one JSON object in UTF-8 that names each claim once"
    ISS_MISSING = "iss-missing", "`iss` is missing"
    ISS_FORM = "iss-form", "`iss` is not text"
    AUD_MISSING = "aud-missing", "`aud` is missing"
    AUD_FORM = "aud-form", "`aud` is neither text nor a list of texts"
    EXP_MISSING = "exp-missing", "`exp` is missing"
    EXP_FORM = "exp-form", "`exp` is not a number of seconds since 1970"
    NBF_FORM = "nbf-form", "`nbf` is not a number of seconds since 1970"
    IAT_FORM = "iat-form", "`iat` is not a number of seconds since 1970"
    SUB_MISSING = "sub-missing", "`sub` is missing"
    SUB_FORM = "sub-form", "`sub` is not a UUID"
    ROLE_MISSING = "role-missing", "`role` is missing"
    ROLE_FORM = "role-form", "`role` is not text"
    NETWORK_MISSING = "network-missing", "`network` is missing"
    NETWORK_FORM = "network-form", "`network` is not text"
    ORGANISATION_FORM = "organisation-form", "`organisation` is not a UUID"
    CLINICS_FORM = "clinics-form", "`clinics` is not a list of UUIDs"
    ISS_UNKNOWN = "iss-unknown", "`iss` does not name the issuer that this service trusts"
    AUD_OTHER = "aud-other", "`aud` does not name this service"
    NETWORK_UNKNOWN = "network-unknown", "`network` names no network of this service"
    ROLE_UNKNOWN = "role-unknown", "`role` names no role of this service"
    ORGANISATION_MISSING = "organisation-missing", "`organisation` is missing, which this `role` must name"
    NBF_AHEAD = "nbf-ahead", f"`nbf` is more than {LEEWAY} seconds ahead"
    IAT_AHEAD = "iat-ahead", f"`iat` is more than {LEEWAY} seconds ahead"
    EXP_TOO_FAR = (
        "exp-too-far",
        "`exp` lies further after `iat`, or after now without `iat`, than a token may live",
    )
    EXP_PASSED = "exp-passed", "`exp` has passed"


class Unauthenticated(Exception):
    """There is no token, or it is not valid. The reason is shown to the caller and quotes no claim."""

    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


class KeyUnknown(Unauthenticated):
    """The token names an unknown key: the issuer may have rotated its keys."""
