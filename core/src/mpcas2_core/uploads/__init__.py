"""Files of any size that come in over several requests, and the room that a tenant's files may take."""
