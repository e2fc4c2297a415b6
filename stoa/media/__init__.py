"""Pictures: for now all of them are drawn by code, so that a shop looks like a shop before anybody has a camera."""

from stoa.media.drawings import MOTIFS, draw
from stoa.media.palettes import PALETTES

__all__ = ["MOTIFS", "PALETTES", "draw"]
