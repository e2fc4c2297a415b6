"""Webhooks to the outside: what happens in a store is told to its merchants' own programs, signed and retried."""
