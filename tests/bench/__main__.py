"""`python -m tests.bench COMMAND`."""

import click

from tests.bench.site import site
from tests.bench.store import store
from tests.bench.widget import widget


@click.group()
def main() -> None:
    """Measure Otklik."""


main.add_command(site)
main.add_command(store)
main.add_command(widget)
main()
