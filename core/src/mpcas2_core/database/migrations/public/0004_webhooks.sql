-- What networks told by themselves. Each event is kept once, however often it is delivered, and has
-- its effect apart from the request that brought it. Rows are forgotten after 30 days.
CREATE TABLE webhook_events (
    platform text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('post-decided', 'account-gone', 'comment')),
    platform_account_id text NOT NULL,
    key text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL DEFAULT now(),
    handled_at timestamptz,
    PRIMARY KEY (platform, id)
);
CREATE INDEX webhook_events_waiting ON webhook_events (received_at) WHERE handled_at IS NULL;
CREATE INDEX webhook_events_age ON webhook_events (received_at);

-- The accepted posts that a network may tell about, by the key that its events carry. A network does
-- not know of tenants, hence here.
CREATE TABLE awaited_posts (
    platform text NOT NULL,
    key text NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    job_id uuid NOT NULL,
    PRIMARY KEY (platform, key, job_id)
);
CREATE INDEX awaited_posts_job ON awaited_posts (job_id);
CREATE INDEX awaited_posts_tenant ON awaited_posts (tenant_id);
