"""Who is told of what: the jobs that follow an event, by name, so that nothing is imported from above.

A job gets `store_id`, `subject_id` and `event_id`, and may be run more than once for the same event.
"""

JOBS_OF: dict[str, tuple[str, ...]] = {
    "order.placed": ("notices.send_order_confirmation",),
    # Sent once: by then, where the order waited for a provider.
    "order.confirmed": ("notices.send_order_confirmation",),
    "payment.attempt_opened": ("payments.talk_to_provider",),
    "webhook.endpoint_disabled": ("webhooks.tell_switched_off",),
}

# Jobs that let others go first, however long they have waited: where thousands of mails wait for their carrier, money
# that is asked for and holds that run out do not wait behind them.
LAST = frozenset({"notices.send_order_confirmation"})

# What writes rows of its own for events, in the relay's transaction: see `following.py`.
FOLLOWERS: tuple[str, ...] = ("stoa.webhooks.fan_out:deliveries",)
