-- Files that come in over several requests, and what the tenant's files take together.

CREATE TABLE uploads (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    size bigint NOT NULL CHECK (size > 0),
    file_name text NOT NULL,
    -- The content that it becomes.
    content jsonb NOT NULL,
    -- Upload-Metadata as it came, since HEAD gives it back.
    metadata text NOT NULL,
    state text NOT NULL DEFAULT 'receiving'
        CHECK (state IN ('receiving', 'checking', 'done', 'refused')),
    -- As of the last request that brought bytes; the store knows exactly.
    received bigint NOT NULL DEFAULT 0,
    -- Whoever writes or checks, until when unless it gives a sign of life.
    holder uuid,
    held_until timestamptz,
    -- The checked file, noted before it is placed in the store: whoever finishes after a crash
    -- finds it there.
    file jsonb,
    content_id uuid REFERENCES content,
    refusal jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX uploads_touched ON uploads (touched_at);
-- What counts against the tenant's limit before it is there.
CREATE INDEX uploads_open ON uploads (size) WHERE state IN ('receiving', 'checking');
CREATE INDEX uploads_user ON uploads (user_id);
CREATE INDEX uploads_content ON uploads (content_id);

-- One row. Each file counts once, however many contents show it, until it is removed.
CREATE TABLE storage_usage (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    used bigint NOT NULL
);
INSERT INTO storage_usage (used)
SELECT coalesce(sum(file_size), 0) FROM (
    SELECT DISTINCT ON (file_sha256) file_size FROM content WHERE file_sha256 IS NOT NULL
) AS files;
CREATE TRIGGER content_files_brought AFTER INSERT ON content
    REFERENCING NEW TABLE AS brought
    FOR EACH STATEMENT EXECUTE FUNCTION public.count_stored_files();
CREATE TRIGGER content_files_left AFTER UPDATE ON content
    REFERENCING OLD TABLE AS before
    FOR EACH STATEMENT EXECUTE FUNCTION public.count_stored_files();
