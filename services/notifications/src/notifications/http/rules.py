"""The rules by which this service refuses, as contracts/INTERFACES.md has them; a test compares the two."""

from care_platform.http.rules import REFUSES, rules

RULES = (
    *rules(
        REFUSES,
        "not yours",
        {
            "not-your-partner": "a partner subscribes for another one",
            "not-your-clinic": "a clinic is named that is none of the token's, or the token has none",
        },
    ),
    *rules(
        REFUSES,
        "malformed",
        {
            "partner-required": "a coordinator does not say for which partner it subscribes",
            "address-not-valid": "the address has no host, an impossible port, a user or a fragment",
        },
    ),
    *rules(
        REFUSES,
        "refers to nothing",
        {
            "unknown-partner": "the directory has no partner with that id",
            "number-not-reached": "no event of the subscription has that number yet",
        },
    ),
    *rules(
        REFUSES,
        "ours",
        {
            "https-required": "the address does not begin with https://",
            "address-not-public": "the address is not one that the whole internet can reach",
            "port-not-permitted": "the address has a port that the operator does not permit",
            "challenge-differs": "it is not the value that the address received last",
            "challenge-expired": "the challenge is over seven days old: have a new one sent",
            "challenged-recently": "a challenge was sent less than a minute ago: wait that long",
            "address-gone": "the address answered 410, so nothing is sent there: reactivate the subscription",
        },
    ),
)
