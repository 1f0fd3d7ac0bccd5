"""An address is proved before its first delivery, by a challenge that `deliver` makes and sends.

Subscriptions that exist count as proved: their columns are filled by the defaults of this moment, which no
row-level policy hides. New ones are not: `rests_until` then keeps `deliver` of the release before from them,
which does not know `proved_at`. It is a date that drivers can represent, unlike infinity.
"""

from alembic import op

revision = "v0006"
down_revision = "v0005"

CHANGES = """
ALTER TABLE subscriptions
    ADD COLUMN proved_at            timestamptz DEFAULT now(),
    ADD COLUMN made_by_partner      boolean NOT NULL DEFAULT false,
    ADD COLUMN challenge            bytea,
    ADD COLUMN challenged_at        timestamptz,
    ADD COLUMN challenge_expires_at timestamptz,
    ADD COLUMN challenge_attempts   integer NOT NULL DEFAULT 0,
    ADD COLUMN challenge_due_at     timestamptz DEFAULT now(),
    ADD COLUMN wrong_confirmations  integer NOT NULL DEFAULT 0;
ALTER TABLE subscriptions
    ALTER COLUMN proved_at DROP DEFAULT,
    ALTER COLUMN rests_until SET DEFAULT '9000-01-01 00:00:00+00';
CREATE INDEX subscriptions_to_challenge ON subscriptions (network_id, challenge_due_at)
    WHERE proved_at IS NULL AND challenge_due_at IS NOT NULL;
"""


def upgrade() -> None:
    """`challenge` is what a value is made of, once it was sent. Without `challenge_due_at` none is due."""
    op.execute(CHANGES)
