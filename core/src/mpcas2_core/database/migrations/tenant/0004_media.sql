-- What the probe learns of videos and audio, and the small picture that stands for content in lists.
-- Codecs and rates are in `metadata`: {"video": {...}, "audio": {...}}.

ALTER TABLE content
    ADD COLUMN duration double precision CHECK (duration >= 0),
    -- SHA-256 of a JPEG in the tenant's part of the store.
    ADD COLUMN thumbnail_sha256 text;
CREATE INDEX content_thumbnail ON content (thumbnail_sha256) WHERE thumbnail_sha256 IS NOT NULL;
-- Thumbnails that wait to be removed from the store; the column is emptied once they are.
CREATE INDEX content_thumbnail_left ON content (deleted_at)
    WHERE deleted_at IS NOT NULL AND thumbnail_sha256 IS NOT NULL;
