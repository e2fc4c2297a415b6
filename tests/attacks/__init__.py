"""The known attacks on shops, by many clients at once and at full speed, over real HTTP against a server process."""
