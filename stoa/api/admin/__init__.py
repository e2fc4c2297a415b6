"""The admin API: a file per resource."""
