"""Imports and exports: what comes from elsewhere, and what goes there."""
