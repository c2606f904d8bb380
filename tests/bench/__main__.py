"""`python -m tests.bench COMMAND`."""

import click

from tests.bench.store import store


@click.group()
def main() -> None:
    """Measure Otklik."""


main.add_command(store)
main()
