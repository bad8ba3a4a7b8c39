-- One tenant's own tables. Rules for this folder: no enum, domain or composite types (asyncpg's
-- statement cache would mix tenants up), no table name that `public` has too.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    login_id uuid NOT NULL UNIQUE,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL
        CHECK (role IN ('owner', 'admin', 'manager', 'editor', 'viewer', 'programmer')),
    avatar_url text,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE content (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    type text NOT NULL CHECK (type IN ('video', 'image', 'audio', 'document', 'text')),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 500),
    description text,
    body text,
    alt_text text,
    tags text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'ready'
        CHECK (status IN ('draft', 'processing', 'ready', 'published', 'archived')),
    -- SHA-256 of the file: its name in the tenant's part of the store.
    file_sha256 text,
    file_name text,
    file_size bigint,
    mime_type text,
    width integer,
    height integer,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX content_newest ON content (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX content_by_type ON content (type, status, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX content_by_status ON content (status, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;
CREATE INDEX content_user ON content (user_id);
CREATE INDEX content_file ON content (file_sha256) WHERE file_sha256 IS NOT NULL;
-- Files that wait to be removed from the store; the column is emptied once they are.
CREATE INDEX content_file_left ON content (deleted_at)
    WHERE deleted_at IS NOT NULL AND file_sha256 IS NOT NULL;

CREATE TABLE social_accounts (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    platform text NOT NULL,
    platform_account_id text NOT NULL,
    username text NOT NULL,
    display_name text,
    avatar_url text,
    data jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'connected'
        CHECK (status IN ('connected', 'disconnected', 'error', 'expired')),
    status_reason text,
    -- What happens to a post whose time passed while nothing ran.
    late_within_seconds integer NOT NULL DEFAULT 3600 CHECK (late_within_seconds >= 0),
    late_otherwise text NOT NULL DEFAULT 'ask' CHECK (late_otherwise IN ('ask', 'skip', 'post')),
    connected_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (platform, platform_account_id)
);
CREATE INDEX social_accounts_newest ON social_accounts (connected_at DESC, id DESC);
CREATE INDEX social_accounts_user ON social_accounts (user_id);

-- The tokens of an account, sealed. Only the token broker reads and writes here.
CREATE TABLE grants (
    account_id uuid PRIMARY KEY REFERENCES social_accounts ON DELETE CASCADE,
    sealed bytea NOT NULL,
    version integer NOT NULL DEFAULT 1,
    expires_at timestamptz,
    fence bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    -- Set before a refresh is sent and cleared by its answer. Still set after the lease: the
    -- process died in between, and the network may have rotated the token already.
    refresh_started_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE publish_jobs (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    content_id uuid NOT NULL REFERENCES content,
    social_account_id uuid NOT NULL REFERENCES social_accounts,
    platform text NOT NULL,
    scheduled_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'scheduled' CHECK (state IN (
        'scheduled', 'processing', 'retrying', 'accepted', 'unconfirmed',
        'published', 'failed', 'missed', 'cancelled')),
    needs_attention boolean NOT NULL DEFAULT false,
    metadata jsonb NOT NULL DEFAULT '{}',
    options jsonb NOT NULL DEFAULT '{}',
    failures integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    error_code text,
    error_message text,
    platform_post_id text,
    platform_post_url text,
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publish_jobs_newest ON publish_jobs (created_at DESC, id DESC);
CREATE INDEX publish_jobs_by_state ON publish_jobs (state, created_at DESC, id DESC);
CREATE INDEX publish_jobs_scheduled ON publish_jobs (scheduled_at);
CREATE INDEX publish_jobs_content ON publish_jobs (content_id);
CREATE INDEX publish_jobs_account ON publish_jobs (social_account_id);
CREATE INDEX publish_jobs_user ON publish_jobs (user_id);

-- The parts of a post: one, or the posts of a thread in order.
CREATE TABLE publish_parts (
    job_id uuid NOT NULL REFERENCES publish_jobs ON DELETE CASCADE,
    position integer NOT NULL,
    text text NOT NULL,
    media jsonb NOT NULL DEFAULT '[]',
    -- 'sent': the pre-commit mark is written and no outcome is known yet.
    state text NOT NULL DEFAULT 'pending' CHECK (state IN (
        'pending', 'sent', 'accepted', 'unconfirmed', 'published')),
    staged jsonb,
    journal jsonb NOT NULL DEFAULT '{}',
    handle jsonb,
    post_id text,
    post_url text,
    post_data jsonb,
    published_at timestamptz,
    PRIMARY KEY (job_id, position)
);

-- The ledger: every time the engine turned to the network for a part, and how that ended.
CREATE TABLE publish_attempts (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES publish_jobs ON DELETE CASCADE,
    position integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('publish', 'find', 'poll')),
    fence bigint NOT NULL,
    worker text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    -- When the pre-commit mark was written, and until when the send may last.
    marked_at timestamptz,
    send_until timestamptz,
    finished_at timestamptz,
    outcome text,
    message text,
    code text,
    answer jsonb,
    -- What came from a worker that no longer held the job: kept, shown, never acted on blindly.
    late_outcome text,
    late_answer jsonb,
    late_at timestamptz
);
CREATE INDEX publish_attempts_job ON publish_attempts (job_id, started_at, id);

-- What people and the engine did to a job apart from attempts.
CREATE TABLE publish_events (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES publish_jobs ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    user_id uuid,
    message text NOT NULL
);
CREATE INDEX publish_events_job ON publish_events (job_id, at, id);

-- Answers to POSTs that came with an Idempotency-Key, written in the transaction of their effect.
CREATE TABLE replays (
    user_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX replays_age ON replays (created_at);
