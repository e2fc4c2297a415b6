"""Providers behind our protocols."""
