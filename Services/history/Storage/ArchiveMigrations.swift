import Postgres

/// The schema `history`, step by step.
enum ArchiveMigrations {
    static let schema = "history"

    /// What `history.hold` raises where another instance has taken the partition over.
    static let takenOver = "PY001"

    static let all = [
        Migration(
            1, "the archive",
            [
                // The envelope is kept as it went to clients: what is read later equals what was live. The
                // columns beside it are for finding it. Uniqueness over all months would need created_at in the
                // key, which is why each month has its own unique index over (room, epoch, seq).
                """
                CREATE TABLE history.messages (
                    room text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL, id uuid NOT NULL,
                    sender text NOT NULL, type text NOT NULL, ts bigint NOT NULL,
                    client_msg_id text, reply_to uuid, content text, envelope text NOT NULL,
                    created_at timestamptz NOT NULL,
                    PRIMARY KEY (id, created_at)
                ) PARTITION BY RANGE (created_at)
                """,
                "CREATE INDEX messages_page ON history.messages (room, seq DESC)",
                """
                CREATE INDEX messages_key ON history.messages (room, sender, client_msg_id)
                    WHERE client_msg_id IS NOT NULL
                """,
                """
                CREATE INDEX messages_replies ON history.messages (room, reply_to)
                    WHERE reply_to IS NOT NULL
                """,
                """
                CREATE TABLE history.heads (
                    room text PRIMARY KEY, epoch text NOT NULL, seq bigint NOT NULL)
                """,
                """
                CREATE TABLE history.partitions (
                    partition smallint PRIMARY KEY, token bigint NOT NULL, owner text NOT NULL,
                    since timestamptz NOT NULL DEFAULT now())
                """,
                // The lock keeps a successor from raising the token while a commit of its predecessor is under
                // way: what commits, commits before the take-over, and nothing after it. And `message_stored`
                // promises that nothing loses it, whatever the server's default is.
                """
                CREATE FUNCTION history.hold(held_partition smallint, held_token bigint) RETURNS void
                LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM 1 FROM history.partitions p
                    WHERE p.partition = held_partition AND p.token = held_token FOR SHARE;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'partition taken over' USING ERRCODE = '\(takenOver)';
                    END IF;
                    IF current_setting('synchronous_commit') = 'off' THEN
                        PERFORM set_config('synchronous_commit', 'on', true);
                    END IF;
                END $$
                """,
            ]),
        Migration(
            2, "tombstones",
            [
                // Why the entry at this place could not be taken, where a tombstone keeps the place.
                "ALTER TABLE history.messages ADD COLUMN dead text"
            ]),
    ]
}
