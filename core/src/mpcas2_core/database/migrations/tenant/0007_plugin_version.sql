-- The version of the plugin that wrote the part's journal, staged value or handle; only that version
-- certainly understands them.
ALTER TABLE publish_parts ADD COLUMN plugin_version text;
