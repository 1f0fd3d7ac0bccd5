"""The rules that warn and those of roles, as contracts/VOCABULARY.md has them."""

from care_platform.http.rules import rules

OF_WARNINGS_AND_ROLES = (
    *rules(
        "warns",
        "logic",
        {
            "ahead-of-our-clock": "the time is up to two minutes ahead of our clock; the event is recorded",
        },
    ),
    *rules(
        "warns",
        "ours",
        {
            "long-episode": (
                "the episode has over 1,000 events or 4 MiB: close it and open one that names it in "
                "`continues`; the event is recorded"
            ),
        },
    ),
    *rules(
        "forbids",
        "the roles above",
        {
            "role-not-allowed": "your role does not permit this",
        },
    ),
    *rules(
        "forbids",
        "ours",
        {
            "attested-by-another": (
                "one attests in one's own name; only the role `service` may do so for others"
            ),
            "partner-identifier-moved": (
                "a partner's number for a client is changed or taken away by `privacy_officer` or `service` "
                "alone"
            ),
            "own-licence": "nobody sets their own licences",
            "imported-by-a-service-only": "only the role `service` may send `origin: imported`",
        },
    ),
)
"""What breaks one is recorded with a warning, or not for this role to record."""
