"""What may be spent only once, so often or so much: discount codes, and what else becomes a budget."""

from stoa.budgets.codes import Code, create_code, end_code, list_codes, usable_code
from stoa.budgets.giving_back import give_back

__all__ = ["Code", "create_code", "end_code", "give_back", "list_codes", "usable_code"]
