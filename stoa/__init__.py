"""Stoa: one roof under which many merchants keep their shops."""

__version__ = "0.1.0"
