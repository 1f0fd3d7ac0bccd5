"""Sealed states of episodes, after which only later events have to be read. Never a source of truth.

One of another form than a release reads is passed over, so that releases may run side by side. What is sealed
cannot be compressed, and is compressed before. Erasing a client deletes those of its episodes.
"""

from alembic import op

from care_platform.postgres.row_security import NAMED, forced

revision = "0016"
down_revision = "0015"

ERASE = """
CREATE OR REPLACE FUNCTION erase_client_key(network text, client uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text := coalesce(current_setting('care.networks', true), '');
    erased uuid;
BEGIN
    PERFORM set_config('care.networks', network, true);
    UPDATE public.client_keys SET wrapped = NULL
    WHERE network_id = network AND client_id = client AND wrapped IS NOT NULL RETURNING key_id INTO erased;
    IF erased IS NOT NULL THEN
        INSERT INTO public.key_erasures (network_id, client_id, key_id, erased_by, erased_at)
        VALUES (network, client, erased, session_user, now());
    END IF;
    DELETE FROM public.episode_snapshots WHERE network_id = network AND episode_id IN (
        SELECT episode_id FROM public.client_episodes WHERE network_id = network AND client_id = client
    );
    PERFORM set_config('care.networks', named, true);
    RETURN erased IS NOT NULL;
END $$;
"""
"""As in revision 0007, and the snapshots, which nobody can open any more."""


def upgrade() -> None:
    op.execute("""CREATE TABLE episode_snapshots (
        network_id text NOT NULL,
        episode_id uuid NOT NULL,
        version bigint NOT NULL CHECK (version > 0),
        form bytea NOT NULL,
        state bytea NOT NULL,
        PRIMARY KEY (episode_id, network_id)
    )""")
    op.execute("ALTER TABLE episode_snapshots ALTER COLUMN state SET STORAGE EXTERNAL")
    op.execute(f"CREATE POLICY of_the_networks_named ON episode_snapshots USING ({NAMED})")
    op.execute(forced("episode_snapshots"))
    op.execute(ERASE)
