"""What may be spent only once, so often or so much: discount codes, and what else becomes a budget."""

from stoa.budgets.codes import Code, create_code, end_code, list_codes, usable_code

__all__ = ["Code", "create_code", "end_code", "list_codes", "usable_code"]
