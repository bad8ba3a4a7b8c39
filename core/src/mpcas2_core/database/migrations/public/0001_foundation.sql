-- What belongs to the installation and not to one tenant. Secrets here are sealed, never plain.

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    schema_name text NOT NULL UNIQUE,
    -- Name of the last tenant migration that ran; the engine serves no tenant that is behind the code.
    schema_version text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'deleted')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One data key per tenant and version, sealed with the master key (envelope encryption).
CREATE TABLE tenant_keys (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    version integer NOT NULL,
    master_key_id text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, version)
);

CREATE TABLE logins (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX logins_email ON logins (lower(email));

-- Which tenants a login may enter, and as which of the tenant's users.
CREATE TABLE memberships (
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (login_id, tenant_id)
);
CREATE INDEX memberships_tenant ON memberships (tenant_id);

-- Refresh tokens as hashes. A family is one sign-in; showing an old member of it ends the family.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    family_id uuid NOT NULL,
    login_id uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_login ON refresh_tokens (login_id);
CREATE INDEX refresh_tokens_tenant ON refresh_tokens (tenant_id);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- Answers to POSTs that came with an Idempotency-Key before anybody was signed in. They hold tokens,
-- hence sealed with the installation's key.
CREATE TABLE anonymous_replays (
    key text PRIMARY KEY,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    sealed_body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX anonymous_replays_age ON anonymous_replays (created_at);

-- Every claim of a job takes the next number. One sequence for all jobs, so that no number ever
-- comes back, not even for a job that left the due index and returned to it.
CREATE SEQUENCE fences AS bigint;

-- The due index: every publish job that somebody has to look at, across all tenants. `next_at` is
-- the one time that matters: due, offered again, lease run out or retry. One index serves all four.
CREATE TABLE due_jobs (
    job_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    due_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    -- Whether a worker may claim it: set by an offer, taken away by the claim. So a bell that rings
    -- twice, or long after, claims nothing.
    offered boolean NOT NULL DEFAULT false,
    fence bigint,
    lease_until timestamptz,
    worker text
) WITH (
    fillfactor = 70,
    -- A queue table dies and is born all day: vacuum by count, not by share, and without pauses.
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.0,
    autovacuum_vacuum_insert_threshold = 100000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX due_jobs_next ON due_jobs (next_at);
CREATE INDEX due_jobs_tenant ON due_jobs (tenant_id);
