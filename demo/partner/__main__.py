"""`python -m demo.partner`: subscribes, verifies webhooks, and shows those it received."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from demo.addresses import HOST, Addresses
from demo.partner.endpoint import DemoPartner
from demo.partner.ledger import Ledger
from demo.partner.subscribing import Subscribing
from demo.setting import read_setting
from demo.tokens import token


def _token() -> str:
    file = os.environ.get("PARTNER_TOKEN_FILE")
    return Path(file).read_text().strip() if file else token("partner", read_setting())


def main() -> None:
    """Serve until told to stop. PARTNER_DIR is for what it receives, PARTNER_HOST is where it listens.

    Its token is in PARTNER_TOKEN_FILE; without that one is issued here, with the key for development.
    """
    addresses = Addresses.of()
    files = Path(os.environ.get("PARTNER_DIR", "var/partner"))
    files.mkdir(parents=True, exist_ok=True)
    subscribing = Subscribing(
        addresses.notifications,
        addresses.webhooks,
        _token,
        files / "subscription.json",
    )
    app = DemoPartner(Ledger(files / "received.jsonl"), subscribing).app()
    port = urlsplit(addresses.partner).port
    web.run_app(app, host=os.environ.get("PARTNER_HOST", HOST), port=port, print=None, access_log=None)


if __name__ == "__main__":
    main()
