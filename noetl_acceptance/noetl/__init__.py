"""The system under test, seen from outside: API, event log, playbooks."""
