"""The store API: a file per resource."""
