"""What is refused about discount codes."""

from stoa.kernel.refusals import Conflict, Invalid, NotFound


class UnknownCode(NotFound):
    """The store has no such code."""

    code = "budgets.unknown_code"
    says = "There is no code “{given}” here; check its spelling."

    given: str


class CodeNotStarted(Conflict):
    """The code is valid later."""

    code = "budgets.code_not_started"
    says = "The code {given} is not valid yet; it starts on {starts_on}."

    given: str
    starts_on: str


class CodeEnded(Conflict):
    """The code was valid before."""

    code = "budgets.code_ended"
    says = "The code {given} is no longer valid; it ended on {ended_on}."

    given: str
    ended_on: str


class CodeSpent(Conflict):
    """The code was used as often as it may be."""

    code = "budgets.code_spent"
    says = "The code {given} was used as often as it may be."

    given: str


class CodeTaken(Conflict):
    """The store has that code already."""

    code = "budgets.code_taken"
    says = "There is a code {given} already; choose another."

    given: str


class BadCode(Invalid):
    """A code that could not be typed."""

    code = "budgets.bad_code"
    says = "“{given}” cannot be a code: use 3 to 40 letters A to Z, digits, hyphens and underscores."

    given: str


class BadTerms(Invalid):
    """A figure or a time of a code that cannot be meant."""

    code = "budgets.bad_terms"
    says = "{field} of a code {problem}."

    field: str
    problem: str
