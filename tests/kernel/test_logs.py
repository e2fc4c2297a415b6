"""What goes wrong is logged with where, and never with what somebody typed."""

import pytest
import structlog

from stoa.kernel.logs import log_plainly


def test_a_logged_fault_tells_where_and_none_of_the_values_there(capsys: pytest.CaptureFixture[str]) -> None:
    log_plainly()
    try:
        _sign_in(password="-".join(["a", "secret"]))
    except ValueError:
        structlog.get_logger(__name__).exception("fault", path="/sign-in")

    out, err = capsys.readouterr()
    assert out == ""
    assert ("fault" in err, "path=/sign-in" in err, "in _sign_in" in err) == (True, True, True)
    assert "a-secret" not in err


def _sign_in(*, password: str) -> None:
    raise ValueError(len(password))
