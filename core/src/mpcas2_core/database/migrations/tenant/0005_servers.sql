-- Apps that were registered with one server of a network of many servers; '' for any other network.
ALTER TABLE oauth_apps ADD COLUMN server text NOT NULL DEFAULT '';
ALTER TABLE oauth_apps DROP CONSTRAINT oauth_apps_pkey;
ALTER TABLE oauth_apps ADD PRIMARY KEY (platform, server, client_id);
DROP INDEX oauth_apps_current;
CREATE UNIQUE INDEX oauth_apps_current ON oauth_apps (platform, server) WHERE is_current;

-- Who registers an app with a server at this moment: several people who connect at once get one app.
CREATE TABLE app_registrations (
    platform text NOT NULL,
    server text NOT NULL,
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (platform, server)
);

ALTER TABLE connect_flows ADD COLUMN server text NOT NULL DEFAULT '';

ALTER TABLE grants
    -- The server of the app that the grant was given to.
    ADD COLUMN server text NOT NULL DEFAULT '',
    -- False for a grant that ends at `expires_at` for good: a person has to connect again by then.
    ADD COLUMN renewable boolean NOT NULL DEFAULT true,
    -- From when on it is renewed whether somebody posts or not.
    ADD COLUMN renew_at timestamptz,
    -- How the last such renewal failed, until one succeeds.
    ADD COLUMN renewal_failed_at timestamptz,
    ADD COLUMN renewal_failure text;
CREATE INDEX grants_renewal ON grants (renew_at) WHERE renew_at IS NOT NULL;

ALTER TABLE social_accounts
    -- When name, picture and data were last told by the network; NULL: when it was connected.
    ADD COLUMN profile_read_at timestamptz,
    ADD COLUMN profile_tried_at timestamptz;
