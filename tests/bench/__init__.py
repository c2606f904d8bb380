"""What can be measured by hand: `python -m tests.bench`."""
