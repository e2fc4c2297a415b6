"""What every domain speaks: money, ids, time, refusals, cursors. No I/O, and nothing of ours is imported here."""
