"""The addresses of the services: the usual ports of this machine, or those given in the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """Base addresses; `webhooks` is the partner's endpoint as the notifications service reaches it."""

    episodes: str
    notifications: str
    partner: str
    webhooks: str

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read EPISODES_URL and the like; the default is EPISODES_PORT and the like on this machine."""

        def address(name: str, usual: int) -> str:
            port = environment.get(f"{name}_PORT", usual)
            return environment.get(f"{name}_URL", f"http://{HOST}:{port}")

        partner = address("PARTNER", 8002)
        webhooks = environment.get("PARTNER_WEBHOOKS_URL", f"{partner}/webhooks")
        return cls(address("EPISODES", 8000), address("NOTIFICATIONS", 8001), partner, webhooks)
