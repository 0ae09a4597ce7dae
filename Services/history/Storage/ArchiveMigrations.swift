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
        Migration(
            3, "batches of several partitions",
            [
                // As history.hold of one partition, which stays for instances of the version before this one. In
                // order of number, as take-overs lock too; the tokens are compared again once a lock is there.
                """
                CREATE FUNCTION history.hold(held smallint[], tokens bigint[]) RETURNS void
                LANGUAGE plpgsql AS $$
                DECLARE
                    found integer;
                BEGIN
                    PERFORM 1 FROM history.partitions p
                    JOIN unnest(held, tokens) AS ours (partition, token)
                        ON p.partition = ours.partition AND p.token = ours.token
                    ORDER BY p.partition FOR SHARE OF p;
                    GET DIAGNOSTICS found = ROW_COUNT;
                    IF found < cardinality(held) THEN
                        RAISE EXCEPTION 'partition taken over' USING ERRCODE = '\(takenOver)';
                    END IF;
                    IF current_setting('synchronous_commit') = 'off' THEN
                        PERFORM set_config('synchronous_commit', 'on', true);
                    END IF;
                END $$
                """,
                // A page wants a room's rows by seq; a place is unique whatever the order of its columns: one index
                // serves both. Nobody reads by reply_to. And what has to be found is not to be put in order: the
                // collation of a language makes each comparison in an index dearer.
                "DROP INDEX history.messages_page",
                "DROP INDEX history.messages_replies",
                """
                DO $$
                DECLARE
                    month name;
                BEGIN
                    FOR month IN
                        SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                        WHERE inhparent = 'history.messages'::regclass
                    LOOP
                        EXECUTE format('DROP INDEX IF EXISTS history.%I', month || '_place');
                    END LOOP;
                    ALTER TABLE history.messages
                        ALTER COLUMN room TYPE text COLLATE "C", ALTER COLUMN epoch TYPE text COLLATE "C",
                        ALTER COLUMN sender TYPE text COLLATE "C",
                        ALTER COLUMN client_msg_id TYPE text COLLATE "C";
                    FOR month IN
                        SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                        WHERE inhparent = 'history.messages'::regclass
                    LOOP
                        EXECUTE format(
                            'CREATE UNIQUE INDEX %I ON history.%I (room, seq, epoch)', month || '_place', month);
                    END LOOP;
                END $$
                """,
                "ALTER TABLE history.heads ALTER COLUMN room TYPE text COLLATE \"C\"",
                // Each batch rewrites the rows of its rooms: with room in the page they need no entry in the index.
                "ALTER TABLE history.heads SET (fillfactor = 50)",
            ]),
        Migration(
            4, "the content once",
            [
                // It stands in the envelope; nobody read it here, and it was a fifth of what a row took. Changes the
                // catalogue only: rows that are there keep their bytes.
                "ALTER TABLE history.messages DROP COLUMN content"
            ]),
    ]
}
