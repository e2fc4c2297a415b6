"""The laws of the house: queries over all stores that must return no row, one `laws.py` a domain.

Tests run them after what they do, `stoa laws` runs them on a live database, and so does a nightly job. They run as
the reader, who sees every store and can change nothing.
"""

from stoa.laws.checking import Finding, Law, check, laws

__all__ = ["Finding", "Law", "check", "laws"]
