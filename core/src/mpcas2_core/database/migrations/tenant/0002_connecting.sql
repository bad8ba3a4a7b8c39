-- The tenant's own registrations with networks. An older one is kept: grants that were given to it
-- are renewed with it.
CREATE TABLE oauth_apps (
    platform text NOT NULL,
    client_id text NOT NULL,
    -- NULL for a public client, which has no secret.
    sealed_secret bytea,
    is_current boolean NOT NULL DEFAULT true,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (platform, client_id)
);
CREATE UNIQUE INDEX oauth_apps_current ON oauth_apps (platform) WHERE is_current;

-- A person's way to a network's consent page and back.
CREATE TABLE connect_flows (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    platform text NOT NULL,
    -- The account that shall be connected anew; NULL takes whichever the person chooses.
    wanted_account_id uuid REFERENCES social_accounts,
    client_id text NOT NULL,
    redirect_uri text NOT NULL,
    -- The PKCE verifier; later the accounts that wait for a choice, with their grants.
    sealed bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'working', 'choosing', 'connected', 'failed')),
    code text,
    message text,
    account_id uuid REFERENCES social_accounts,
    is_new boolean,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX connect_flows_age ON connect_flows (created_at);
CREATE INDEX connect_flows_user ON connect_flows (user_id);
CREATE INDEX connect_flows_wanted ON connect_flows (wanted_account_id);
CREATE INDEX connect_flows_account ON connect_flows (account_id);

-- The app that a grant was given to; NULL for one that came from a form.
ALTER TABLE grants ADD COLUMN client_id text;

ALTER TABLE publish_parts
    ADD COLUMN title text NOT NULL DEFAULT '',
    ADD COLUMN thumbnail jsonb;

-- When a person took the post down again.
ALTER TABLE publish_jobs ADD COLUMN deleted_at timestamptz;
