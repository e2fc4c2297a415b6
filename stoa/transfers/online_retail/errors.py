"""What is refused about a file of trade."""

from stoa.kernel.refusals import Invalid, NotFound


class FileMissing(NotFound):
    """Nothing can be read there."""

    code = "online_retail.file_missing"
    says = "{path} cannot be read: {reason}."

    path: str
    reason: str


class NotTheFile(Invalid):
    """It is something else than the invoice lines of Online Retail."""

    code = "online_retail.not_the_file"
    says = "{path} is not a CSV file of invoice lines, plain or gzipped: {reason}."

    path: str
    reason: str


class BadRow(Invalid):
    """One row holds something that cannot be meant; nothing was sold of the file."""

    code = "online_retail.bad_row"
    says = "Line {line} of {path} cannot be meant: {reason}."

    path: str
    line: int
    reason: str
