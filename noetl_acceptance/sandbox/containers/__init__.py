"""Services as containers of docker compose."""
