"""`stoa bench`: how fast it sells, measured from outside, beside what the database itself could do."""
