"""A stand-in for Stripe, as its own process: what of its API we use, as its reference describes it."""
