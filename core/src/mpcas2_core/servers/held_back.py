"""Holds back what a restored database would post although it may have gone out already."""

__all__ = ("HOLD_BACK",)

# A job that was due between the backup and the restore was perhaps posted after the backup. The
# network would take it again under another key, so a person has to look. A part that was marked
# before its send is left alone: looking for it at the network (`find`) tells what became of it.
HOLD_BACK = """
DO $hold$
DECLARE tenant_schema text;
BEGIN
    IF to_regclass('public.due_jobs') IS NULL THEN RETURN; END IF;
    FOR tenant_schema IN
        SELECT schema_name FROM public.tenants
        WHERE to_regclass(format('%I.publish_jobs', schema_name)) IS NOT NULL
    LOOP
        EXECUTE format($sql$
            WITH held AS (
                UPDATE %1$I.publish_jobs j
                SET state = 'missed', needs_attention = true, next_attempt_at = NULL,
                    error_code = 'RESTORED', error_message = 'This post may have gone out after the '
                    'backup was made. Look at the network, then use `retry` or leave it.',
                    updated_at = now()
                WHERE (state = 'processing' OR state IN ('scheduled', 'retrying')
                        AND coalesce(next_attempt_at, scheduled_at) <= now())
                    AND EXISTS (SELECT FROM %1$I.publish_parts p
                        WHERE p.job_id = j.id AND p.state = 'pending')
                    AND NOT EXISTS (SELECT FROM %1$I.publish_parts p
                        WHERE p.job_id = j.id AND p.state IN ('sent', 'accepted'))
                RETURNING id, error_message
            ), told AS (
                INSERT INTO %1$I.publish_events (id, job_id, kind, message)
                SELECT gen_random_uuid(), id, 'restored', error_message FROM held
            )
            DELETE FROM public.due_jobs d USING held WHERE d.job_id = held.id
        $sql$, tenant_schema);
    END LOOP;
END
$hold$
"""
