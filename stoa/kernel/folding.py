"""Folded text: what people mean as the same becomes the same bytes.

Folded columns (`name_folded`) are made here, before the insert, and serve equality, prefix and sorting under every
collation (database rule 5).
"""

import unicodedata

# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"})


def fold(text: str) -> str:
    """Without case, accents, compatibility forms and runs of spaces: "  Crème  BRÛLÉE" is "creme brulee".

    For finding and sorting names. Not for e-mails and codes, where an accent tells two of them apart.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in decomposed if not _is_accent(character)).translate(_PLAIN)
    return " ".join(unicodedata.normalize("NFC", bare).split())


def _is_accent(character: str) -> bool:
    # Classes 200 to 240 are the accents above, below and beside a letter. Smaller ones belong to the letter itself
    # (the dakuten of kana, the virama of Indic scripts): without them it would be another word.
    return 200 <= unicodedata.combining(character) <= 240
