"""How many random examples a property test tries: what fits the normal suite, or STOA_EXAMPLES of them."""

import os

from hypothesis import HealthCheck, settings


def examples(usual: int) -> settings:
    """`usual` examples, or as many as STOA_EXAMPLES says. No deadline: the machine may be busy with other tests."""
    return settings(
        max_examples=int(os.environ.get("STOA_EXAMPLES", usual)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
