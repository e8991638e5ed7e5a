"""Values, decisions, errors and protocols. Imports no engine and does no work."""
