"""Signatures that others published, with their keys: RFC 7515, appendix A, which has none by PS256, and for
that Project Wycheproof."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from care_platform.auth.claims import Expected
from care_platform.auth.issuer_keys import IssuerKeys
from care_platform.auth.jwks import read_jwks
from care_platform.auth.key_sources import KeyFile
from care_platform.auth.refusals import TokenFault, Unauthenticated
from care_platform.auth.tokens import Verifier

EXPECTED = Expected(
    issuer="joe", audience="care", networks=frozenset(), roles=frozenset(), representing=frozenset()
)
_CLAIMS = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"


class Vector(NamedTuple):
    """A key and a token as published, in their parts, and why its claims are refused once it is verified."""

    key: dict[str, str]
    header: str
    signature: str
    claims: str = _CLAIMS
    then: TokenFault = TokenFault.AUD_MISSING


VECTORS = {
    "A.2, RS256": Vector(
        {
            "kty": "RSA",
            "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
            "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
            "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
            "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
            "e": "AQAB",
        },
        "eyJhbGciOiJSUzI1NiJ9",
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5juj"
        "Gbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7"
        "K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np"
        "6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ),
    "A.3, ES256": Vector(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "eyJhbGciOiJFUzI1NiJ9",
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    "Wycheproof 275, PS256": Vector(
        {
            "kty": "RSA",
            "alg": "PS256",
            "kid": "PS256_2048",
            "n": "orRRoH0KpfluRVZxUTVQUUqKW0YuvvcXCU-h_ugiJOY3-XRtP3yv0xh42AMltu9aFwD2WQO0aUKeidbqyIRQl7Wr"
            "OTGJ25JRLtincRoSU_rNIPecFegkfz0-QuRuSMmOJUov6XZTE6A-_48X4aApOXofomqNzib0kO2BKZYV2YFMItph"
            "BCjgnH2WWFlCZvXAIdD87KCNlFoSvoLeTR7Oa0wDFFtdNJXU7VQR64eNrwX9evw-Ca2g8RJkIvWQl1oZaYFvSGmL"
            "y7obTZyuedRg2Pn4Xnl1AF2bwixOWsD3waRdElaaYoB9O5oC5aUw53MGb0U9H1tMLpz3ggKD90K51Q",
            "e": "AQAB",
        },
        "eyJhbGciOiJQUzI1NiIsImtpZCI6IlBTMjU2XzIwNDgifQ",
        "ALRJAfvHTz-uhHHrv7AvWCmmpMRXkhmY0WG1sLzYKf8gfnYb_wRlNIhwkwotUp3obhDPxPAm4DrDOdEMskuZeJo1"
        "nuefLya7Cgj8vaLEBVQEXwOu6x9TdUI0_PkVhEqsDkcKUvyNzx88fVbI19GSxDngl62vuXouJRu8sbUcspdZ043K"
        "43Z2LEZBlLjtygeor12g0G_oZO9zD4DWW7lk5BlwzdVhKy_1tBbMYxm-ULffWANmZM7vq7_FFprR-ZOswXlOTbR-"
        "KD1DxGNcu5ou6TG8uWiHh4owiagURyEzSLF8T1-JIKgsWL0-X5Ul74MEQrvofrl2BEz_Z78JkW1l1w",
        claims="4OHi4-Tl5ufo6err7O3u7_Dx8vP09fb3-Pn6-_z9_v8",
        then=TokenFault.CLAIMS_FORM,
    ),
}


def judged(vector: Vector, claims: str) -> TokenFault:
    keys = IssuerKeys(KeyFile(Path("none")), structlog.get_logger())
    keys.take(read_jwks(json.dumps({"keys": [vector.key]}).encode()))
    with pytest.raises(Unauthenticated) as refused:
        Verifier(keys, EXPECTED, lambda found: found).caller(
            f"Bearer {vector.header}.{claims}.{vector.signature}"
        )
    return refused.value.fault


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_is_taken_so_that_its_claims_are_judged(name: str) -> None:
    assert judged(VECTORS[name], VECTORS[name].claims) is VECTORS[name].then


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_over_other_claims_is_not(name: str) -> None:
    assert judged(VECTORS[name], "e30") is TokenFault.SIGNATURE
