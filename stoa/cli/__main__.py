"""`python -m stoa.cli`, which bin/stoa runs."""

from stoa.cli.main import main

main()
