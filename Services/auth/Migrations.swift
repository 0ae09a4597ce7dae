import Postgres

/// The history of schema `auth`.
///
/// What has been released never changes; a change is a further step.
enum Migrations {
    static let schema = "auth"

    static let all = [
        Migration(1, "accounts", accounts),
        Migration(2, "rooms", rooms),
        Migration(3, "outbox", outbox),
        Migration(4, "standing", standing),
        Migration(5, "issued", issued),
        Migration(6, "disabled", disabled),
        Migration(7, "standing of sessions elsewhere", standingElsewhere),
    ]

    /// Times of tokens are seconds, as in their claims; `revoked_before` moves the `iat` of later tokens.
    private static let accounts = [
        """
        CREATE TABLE auth.accounts (
            handle text COLLATE "C" PRIMARY KEY,
            name text NOT NULL,
            roles text[] NOT NULL,
            password text,
            revoked_before bigint NOT NULL DEFAULT 0,
            created_at timestamptz NOT NULL DEFAULT now())
        """,
        """
        CREATE TABLE auth.sessions (
            id text COLLATE "C" PRIMARY KEY,
            handle text COLLATE "C" NOT NULL REFERENCES auth.accounts ON DELETE CASCADE,
            secret bytea NOT NULL,
            expires bigint NOT NULL,
            revoked_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now())
        """,
        "CREATE INDEX sessions_handle ON auth.sessions (handle)",
        "CREATE INDEX sessions_expires ON auth.sessions (expires)",
        """
        CREATE TABLE auth.refresh_tokens (
            digest bytea PRIMARY KEY,
            session text COLLATE "C" NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
            expires bigint NOT NULL,
            rotated_ms bigint,
            child bytea,
            access_jti text,
            access_iat bigint,
            access_exp bigint)
        """,
        "CREATE INDEX refresh_tokens_session ON auth.refresh_tokens (session)",
        "CREATE INDEX refresh_tokens_expires ON auth.refresh_tokens (expires)",
        """
        CREATE TABLE auth.revocations (
            field text COLLATE "C" PRIMARY KEY,
            value text NOT NULL,
            expires bigint NOT NULL)
        """,
        """
        CREATE TABLE auth.signing_keys (
            kid text PRIMARY KEY,
            algorithm text NOT NULL,
            pem text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            retired_at timestamptz)
        """,
    ]

    /// `mv` counts the changes of the member list; `opened`: its log has been begun once.
    private static let rooms = [
        """
        CREATE TABLE auth.rooms (
            id text COLLATE "C" PRIMARY KEY,
            name text NOT NULL,
            visibility text NOT NULL CHECK (visibility IN ('public', 'private', 'direct')),
            policy text NOT NULL DEFAULT '',
            mv bigint NOT NULL DEFAULT 1,
            opened boolean NOT NULL DEFAULT false,
            created_at timestamptz NOT NULL DEFAULT now())
        """,
        """
        CREATE TABLE auth.members (
            room text COLLATE "C" NOT NULL REFERENCES auth.rooms ON DELETE CASCADE,
            handle text COLLATE "C" NOT NULL REFERENCES auth.accounts ON DELETE CASCADE,
            role text NOT NULL CHECK (role IN ('owner', 'moderator', 'member', 'guest')),
            joined_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room, handle))
        """,
        "CREATE INDEX members_handle ON auth.members (handle, room)",
        "CREATE INDEX rooms_public ON auth.rooms (id) WHERE visibility = 'public'",
    ]

    /// What other processes must still be told; written with the change itself, deleted once told.
    private static let outbox = [
        """
        CREATE TABLE auth.outbox (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            type text NOT NULL,
            data text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now())
        """
    ]

    /// What history asks while Redis is away, and all that it may ask of this schema (decision 0005).
    private static let standing = [
        """
        CREATE FUNCTION auth.room_standing(
            asked_room text, reader text, session text, issued bigint, OUT role text, OUT revoked boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
            SELECT (SELECT m.role FROM auth.members m WHERE m.room = asked_room AND m.handle = reader),
                EXISTS (SELECT FROM auth.sessions s WHERE s.id = session AND s.revoked_at IS NOT NULL)
                OR EXISTS (
                    SELECT FROM auth.accounts a WHERE a.handle = reader AND a.revoked_before > issued)
        $$
        """
    ]

    /// When the newest access token of a session was issued: who ends all of them ends that one too, whatever the clock
    /// of the instance that gave it out.
    private static let issued = [
        "ALTER TABLE auth.sessions ADD COLUMN issued bigint NOT NULL DEFAULT 0"
    ]

    /// Since when an account is shut by an operator; null: it is open.
    private static let disabled = ["ALTER TABLE auth.accounts ADD COLUMN disabled_at timestamptz"]

    /// A session that another issuer has opened stands in no table of ours; that it has ended does.
    private static let standingElsewhere = [
        """
        CREATE OR REPLACE FUNCTION auth.room_standing(
            asked_room text, reader text, session text, issued bigint, OUT role text, OUT revoked boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = auth, pg_temp AS $$
            SELECT (SELECT m.role FROM auth.members m WHERE m.room = asked_room AND m.handle = reader),
                EXISTS (SELECT FROM auth.sessions s WHERE s.id = session AND s.revoked_at IS NOT NULL)
                OR EXISTS (SELECT FROM auth.revocations r WHERE r.field = 'sid:' || session)
                OR EXISTS (
                    SELECT FROM auth.accounts a WHERE a.handle = reader AND a.revoked_before > issued)
        $$
        """
    ]
}
