-- Which network a due job is for: each network has a lane of its own, so that one that hangs holds up
-- nobody else. Rows of before the upgrade have '' and go through the common lane.
ALTER TABLE due_jobs ADD COLUMN platform text NOT NULL DEFAULT '';
-- Whose turn it is when more is due than can be offered at once, network by network and tenant by tenant.
CREATE INDEX due_jobs_turn ON due_jobs (platform, tenant_id, next_at);

-- What was used of a network's quotas, by the network's account or by the app that is shared. The
-- network counts across tenants, hence here.
CREATE TABLE quota_windows (
    subject text NOT NULL,
    name text NOT NULL,
    used integer NOT NULL,
    -- How much there is, as an answer told; NULL means as declared.
    told_limit integer,
    resets_at timestamptz NOT NULL,
    -- Whether an answer told that time; otherwise it is reckoned from the first use.
    reset_told boolean NOT NULL DEFAULT false,
    -- The network refused, whatever our count says.
    held_until timestamptz,
    PRIMARY KEY (subject, name)
);
