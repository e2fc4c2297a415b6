"""The tests. Passwords are hashed cheaply in them and in every process they start: bcrypt is slow on purpose."""

import os

os.environ["STOA_BCRYPT_COST"] = "4"
