"""An alert that proved false is taken back.

Processes of the release before cannot read items of the concern that tells so, and do not see them.
"""

from alembic import op

revision = "v0012"
down_revision = "v0011"

COLUMNS = """
ALTER TABLE inbox
    ADD COLUMN sessions      uuid[],
    ADD COLUMN event_number  bigint,
    ADD COLUMN taken_back_at timestamptz,
    ADD COLUMN taken_back_by uuid
"""
"""`sessions`: whose broken rules the item tells of, until they prove false; null for that of its event.
`event_number`: the place of its event among the published ones of the episode; null for one of before.
"""
STANDING = """
CREATE INDEX inbox_alerts_standing ON inbox (network_id, episode_id)
    WHERE concern = 'rule_of_care_broken' AND taken_back_at IS NULL
"""
KNOWN_CONCERNS = """
CREATE POLICY of_breach_taken_back_known ON inbox AS RESTRICTIVE
    USING (concern <> 'breach_taken_back' OR current_setting('care.knows_breach_taken_back', true) = 'on')
    WITH CHECK (true)
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(STANDING)
    op.execute(KNOWN_CONCERNS)
