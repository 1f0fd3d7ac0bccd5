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


def main() -> None:
    """Serve until told to stop. PARTNER_DIR is for what it receives, PARTNER_HOST is where it listens."""
    addresses, setting = Addresses.of(), read_setting()
    files = Path(os.environ.get("PARTNER_DIR", "var/partner"))
    files.mkdir(parents=True, exist_ok=True)
    subscribing = Subscribing(
        addresses.notifications,
        addresses.webhooks,
        lambda: token("partner", setting),
        files / "subscription.json",
    )
    app = DemoPartner(Ledger(files / "received.jsonl"), subscribing).app()
    port = urlsplit(addresses.partner).port
    web.run_app(app, host=os.environ.get("PARTNER_HOST", HOST), port=port, print=None, access_log=None)


if __name__ == "__main__":
    main()
