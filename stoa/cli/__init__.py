"""Stoa's commands: one file for each group, loaded when it is called."""
