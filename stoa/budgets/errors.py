"""What is refused about discount codes."""

from stoa.kernel.refusals import NotFound


class CodeUnknown(NotFound):
    """No such code."""

    code = "budgets.code_unknown"
    says = "“{given}” is no discount code of this shop; check how it is written."

    given: str
