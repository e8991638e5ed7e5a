"""The lake over HTTP. Thin: each route is a few lines over the `Lakehouse` protocol."""
