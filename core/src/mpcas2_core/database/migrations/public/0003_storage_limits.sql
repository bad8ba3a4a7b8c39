-- How many bytes a tenant's files may take together. NULL: the installation's setting holds; 0: no
-- limit for this tenant.
ALTER TABLE tenants ADD COLUMN storage_limit bigint CHECK (storage_limit >= 0);

-- Keeps the one row of a tenant's storage_usage true in the transaction that changes its content,
-- whichever version of the product does it. A file counts once, however many contents name it; two
-- transactions never bring or remove the same file at once (an advisory lock sees to that).
-- Tables are named by the trigger's own schema, since nothing is known of the search path here.
CREATE FUNCTION count_stored_files() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        EXECUTE format(
            'SELECT sum(file_size) FROM (SELECT DISTINCT ON (file_sha256) file_size FROM brought '
            'WHERE file_sha256 IS NOT NULL AND NOT EXISTS (SELECT FROM %1$I.content AS other '
            'WHERE other.file_sha256 = brought.file_sha256 '
            'AND other.id NOT IN (SELECT id FROM brought))) AS files',
            TG_TABLE_SCHEMA) INTO change;
    ELSE
        EXECUTE format(
            'SELECT -sum(file_size) FROM (SELECT DISTINCT ON (file_sha256) file_size FROM before '
            'WHERE file_sha256 IS NOT NULL AND NOT EXISTS (SELECT FROM %1$I.content AS other '
            'WHERE other.file_sha256 = before.file_sha256)) AS files',
            TG_TABLE_SCHEMA) INTO change;
    END IF;
    IF change <> 0 THEN
        EXECUTE format('UPDATE %1$I.storage_usage SET used = used + $1', TG_TABLE_SCHEMA)
            USING change;
    END IF;
    RETURN NULL;
END
$$;
