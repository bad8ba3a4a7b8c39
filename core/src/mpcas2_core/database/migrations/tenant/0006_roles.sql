-- First comments, what is public but not as wished, and what a new post is compared with.

-- 'comment': the first comment below the post, which comes last and never makes the post fail.
ALTER TABLE publish_parts
    ADD COLUMN role text NOT NULL DEFAULT 'post' CHECK (role IN ('post', 'comment'));

ALTER TABLE publish_jobs
    -- Sentences for people, by the position of the part: {"0": ["…"]}.
    ADD COLUMN warnings jsonb NOT NULL DEFAULT '{}',
    -- SHA-256 over texts and files; NULL for a post from before this column.
    ADD COLUMN fingerprint bytea;
-- It does what the index over the account alone did.
DROP INDEX publish_jobs_account;
CREATE INDEX publish_jobs_slot ON publish_jobs (social_account_id, scheduled_at);
CREATE INDEX publish_jobs_same ON publish_jobs (social_account_id, fingerprint, scheduled_at)
    WHERE fingerprint IS NOT NULL;
