"""What a decision of the episodes service means for an attempt. Doubt is no answer: a refusal is final."""

from typing import Literal, assert_never

from contracts.disclosure import Decision

Verdict = Literal["send", "withhold", "wait"]


def verdict(decision: Decision) -> Verdict:
    """`withhold` only if the rules of consent refuse; `wait` if nothing is decided, or it contradicts itself.

    An event that is unknown there is doubt too: we were told of it, so another environment, an older copy
    or a damaged index answers.
    """
    match decision.reason:
        case "consented":
            return "send" if decision.allowed else "wait"
        case "no_consent" | "not_shared" | "redacted":
            return "wait" if decision.allowed else "withhold"
        case "unknown_event" | "unreadable":
            return "wait"
        case _:
            assert_never(decision.reason)
