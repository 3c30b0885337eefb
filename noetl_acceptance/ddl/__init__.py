"""Makes NoETL's own tables; also runs in the container of the server."""
