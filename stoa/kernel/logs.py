"""How every process writes its log: to stderr, a line for what happened, and tracebacks without the values in them.

Left to itself structlog shows each frame's local variables, which are passwords, addresses and database URLs.
"""

import sys

import structlog


def log_plainly() -> None:
    """Set structlog up for this process. Safe to call again."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        # The stderr of the moment: standard output belongs to commands, which may print JSON.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
