"""An appended event says whose it is where the database can see it, and is the next of its episode.

The header begins with the event's id, type, episode and version, in clear JSON from byte 6 on. Only events
appended from now on are compared: an old one that is damaged must not stop the migration, and is noticed
when it is read.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

HEADER = """
ALTER TABLE stored_events ADD CONSTRAINT header_of_its_row CHECK (
    (
        substring(state FROM 6 FOR 13) = convert_to('{"event_id":"', 'UTF8')
        AND position(
            convert_to(
                '","type":"' || topic || '","episode_id":"' || originator_id || '","version":'
                || originator_version || ',',
                'UTF8'
            ) IN substring(state FROM 55 FOR 512)
        ) = 1
    ) IS TRUE  -- the library's columns may be null, and a check that is null holds
) NOT VALID;
"""

NEXT = """
CREATE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- LIMIT keeps this a look-up of each row in the index, however many rows the planner expects.
    IF EXISTS (
        SELECT FROM added WHERE originator_version <> 1 AND (
            SELECT true FROM public.stored_events AS earlier
            WHERE earlier.originator_id = added.originator_id
                AND earlier.originator_version = added.originator_version - 1 LIMIT 1
        ) IS NULL
    ) THEN
        RAISE EXCEPTION 'an event is not the next of its episode'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER next_of_its_episode AFTER INSERT ON stored_events
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_gap();
"""


def upgrade() -> None:
    for statements in (HEADER, NEXT):
        op.execute(statements)
