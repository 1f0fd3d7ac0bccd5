"""What operators watch. Labels are routes and statuses, never ids or values."""

from prometheus_client import Counter, Gauge, Histogram

from care_platform.http.metrics import RequestMetrics

REQUESTS = RequestMetrics("episodes")
BATCH_COMMANDS = Histogram(
    "episodes_batch_commands", "Commands recorded in one transaction", buckets=(1, 2, 5, 10, 20, 50, 100, 200)
)
BATCH_CONFLICTS = Counter("episodes_batch_conflicts_total", "Batches that had to be decided again")
LIST_LAG = Gauge(
    "episodes_list_lag_seconds", "How long the oldest event that the lists do not show yet has waited"
)
READY = Gauge("episodes_ready", "1 while the store can be reached at the right revision and tokens be judged")
ISSUER_KEYS_AGE = Gauge(
    "episodes_issuer_keys_age_seconds", "Since the token issuer's keys were last read without a fault"
)
WAITING = Gauge("episodes_waiting", "How many wait for their turn, by what they wait for", ["for"])
POLLS_WAITING = WAITING.labels("feed")
FEED_PAGES = Counter(
    "episodes_feed_pages_total",
    "Pages of the log read for the feed, each once for all who asked for it together",
)
FEED_PASSED_OVER = Gauge(
    "episodes_feed_passed_over", "Events the feed could not read and passed over, since this process began"
)
HELD_BACK = Gauge(
    "episodes_held_back", "Episodes and networks of which a follower does no more", ["follower", "kind"]
)
CLOCK_AHEAD = Gauge(
    "episodes_clock_ahead_seconds",
    "How far this process's clock is ahead of the database's, as of the last question for readiness",
)
ANOTHER_LOG = Gauge(
    "episodes_another_log",
    "1 since this process was given a position of the feed that is of another log: a backup was restored",
)
REFUSED_CALLERS = Counter(
    "episodes_refused_callers_total", "Requests answered 429 because too many of the same caller waited"
)
