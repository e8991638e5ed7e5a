"""The lake over HTTP: the same calls as in process. Start with `http.connect_http`."""
