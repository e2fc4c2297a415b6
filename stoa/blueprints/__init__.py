"""Presets of stores: what a new store may begin with."""
