"""The relay as a process that tests can kill, pause and watch. Run as a module, this is that process."""

import sys
from pathlib import Path
from uuid import uuid4

from tests.support.episodes.role_process import Watched

PUBLIC_URL = "http://127.0.0.1:8000"


class RelayProcess(Watched):
    """One relay on one database."""

    def __init__(
        self, url: str, bootstrap: str, networks: list[str], keys_dir: Path, page: int = 500
    ) -> None:
        place = ("tests.support.episodes.relay_process", url, bootstrap, ",".join(networks), str(keys_dir))
        super().__init__(keys_dir, (*place, str(page)))


def _main(url: str, bootstrap: str, networks: str, keys_dir: str, page: str) -> None:
    import structlog

    from care_platform.postgres.grants import of_role
    from care_platform.transport.kafka import Brokers
    from episodes.event_log.keyring import keyring
    from episodes.migrations.grants import GRANTS, RELAY
    from episodes.publishing.process import run_relay

    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()])
    run_relay(
        database_url=url,
        grants=of_role(GRANTS, RELAY),
        brokers=Brokers(bootstrap),
        networks=networks.split(","),
        unwrap=keyring(Path(keys_dir), uuid4, may_create=False).unwrap,
        public_url=PUBLIC_URL,
        retention_days=7,
        log=structlog.get_logger(),
        page=int(page),
    )


if __name__ == "__main__":
    _main(*sys.argv[1:])
