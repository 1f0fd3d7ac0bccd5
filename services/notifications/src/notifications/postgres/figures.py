"""Metrics read from the database, and so correct whether or not the other roles are running."""

from dataclasses import dataclass
from typing import Any, LiteralString, Self

from prometheus_client import CollectorRegistry, Gauge

from notifications.postgres.connections import Connection

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows of figures with their labels."""

    lanes: list[Row]
    parked: list[Row]
    pending: list[Row]
    missing: list[Row]
    repeated: list[Row]
    compared: list[Row]

    @classmethod
    async def read(cls, db: Connection) -> Self:
        return cls(
            await _rows(
                db,
                "SELECT lane, extract(epoch FROM now() - caught_up_at)::float8 AS behind, deleted_unread"
                " FROM positions",
            ),
            await _rows(
                db,
                "SELECT network_id, count(*) AS number FROM parked"
                " WHERE resolved_at IS NULL GROUP BY network_id",
            ),
            await _rows(
                db,
                "SELECT d.network_id, count(*) AS number,"
                " CASE WHEN s.proved_at IS NULL THEN 'unproved' ELSE s.state END AS endpoint,"
                " extract(epoch FROM now() - min(d.owed_at))::float8 AS oldest"
                " FROM deliveries d JOIN subscriptions s USING (network_id, subscription_id)"
                " WHERE d.state = 'pending' GROUP BY d.network_id, endpoint",
            ),
            await _rows(
                db,
                "SELECT network_id, sum(up_to - after_sequence)::float8 - ("
                "  SELECT count(*) FROM held_events h"
                "  WHERE h.network_id = gaps.network_id AND h.taken_at IS NULL) AS number,"
                " count(incident_at) AS incidents,"
                " extract(epoch FROM now() - min(noticed_at))::float8 AS oldest"
                " FROM gaps WHERE ended_at IS NULL GROUP BY network_id",
            ),
            await _rows(db, "SELECT network_id, count(*) AS number FROM repeated_numbers GROUP BY 1"),
            await _rows(
                db,
                "SELECT network_id, extract(epoch FROM now() - reached_at)::float8 AS behind FROM comparisons"
                " WHERE reached_at IS NOT NULL",
            ),
        )

    def registry(self) -> CollectorRegistry:
        """The figures as gauges of a new registry."""
        registry = CollectorRegistry()
        behind = Gauge(
            "notifications_consume_behind_seconds",
            "Since the lane was last read to its end",
            ["lane"],
            registry=registry,
        )
        deleted = Gauge(
            "notifications_deleted_unread",
            "Offsets of the lane that Kafka had deleted before they were read, since the lane began",
            ["lane"],
            registry=registry,
        )
        parked = Gauge(
            "notifications_parked", "Messages that wait for an operator", ["network"], registry=registry
        )
        labels = ["network", "endpoint"]
        pending = Gauge("notifications_pending", "Deliveries not yet ended", labels, registry=registry)
        oldest = Gauge(
            "notifications_oldest_pending_seconds", "Age of the oldest pending one", labels, registry=registry
        )
        for row in self.lanes:
            behind.labels(row["lane"]).set(row["behind"])
            deleted.labels(row["lane"]).set(row["deleted_unread"])
        for row in self.parked:
            parked.labels(row["network_id"]).set(row["number"])
        for row in self.pending:
            pending.labels(row["network_id"], row["endpoint"]).set(row["number"])
            oldest.labels(row["network_id"], row["endpoint"]).set(row["oldest"])
        self._of_gaps(registry)
        return registry

    def _of_gaps(self, registry: CollectorRegistry) -> None:
        told = (
            ("missing_events", "Published events that did not arrive", self.missing, "number"),
            ("oldest_gap_seconds", "Since the oldest gap was noticed", self.missing, "oldest"),
            ("missing_incidents", "Episodes whose gap could not be healed", self.missing, "incidents"),
            ("repeated_numbers", "Events whose number another event had", self.repeated, "number"),
            ("compare_behind_seconds", "Age of what is not compared yet", self.compared, "behind"),
        )
        for name, what, rows, figure in told:
            gauge = Gauge(f"notifications_{name}", what, ["network"], registry=registry)
            for row in rows:
                gauge.labels(row["network_id"]).set(row[figure])


async def _rows(db: Connection, query: LiteralString) -> list[Row]:
    return await (await db.execute(query)).fetchall()
