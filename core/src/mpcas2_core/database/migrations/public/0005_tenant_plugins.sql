-- Which plugins a tenant may use. Without a row it may.
CREATE TABLE tenant_plugins (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    plugin text NOT NULL,
    enabled boolean NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, plugin)
);

-- A job whose plugin is gone or switched off is parked: nobody looks at it until the plugin is back.
ALTER TABLE due_jobs ADD COLUMN parked boolean NOT NULL DEFAULT false;
CREATE INDEX due_jobs_parked ON due_jobs (platform) WHERE parked;
