"""What a service says about a token that it refuses: in the problem document, the challenge, and its log."""

import json

from care_platform.auth.refusals import TokenFault


def broken(why: TokenFault) -> dict[str, str]:
    """The entry of `errors` in the problem document."""
    return {"pointer": "/headers/authorization", "rule": why.value, "detail": why.sentence}


def challenge(why: TokenFault) -> str:
    """The header `WWW-Authenticate` (RFC 6750, section 3)."""
    if why is TokenFault.NO_TOKEN:
        return "Bearer"
    return f'Bearer error="invalid_token", error_description="{why.sentence}"'


def why_none(authorization: str) -> TokenFault:
    """The reason why this header, which has no token, is refused: a second space is read as a part of one."""
    return TokenFault.FORM if authorization.lower().startswith("bearer  ") else TokenFault.NO_TOKEN


def logged_reason(log: str) -> str:
    """The reason in the newest line about a refusal."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    reason: str = next(line for line in reversed(lines) if line["event"] == "refused")["reason"]
    return reason
