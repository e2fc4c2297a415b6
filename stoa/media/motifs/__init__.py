"""The things that can be drawn, a file for each corner of the shop."""
