"""`python -m tests.bench COMMAND`."""

import click

from tests.bench.burst import burst
from tests.bench.desks import desks
from tests.bench.everything import everything
from tests.bench.memory import memory
from tests.bench.pipe import pipe
from tests.bench.site import site
from tests.bench.store import store
from tests.bench.widget import widget


@click.group()
def main() -> None:
    """Measure Otklik."""


main.add_command(everything)
main.add_command(burst)
main.add_command(desks)
main.add_command(memory)
main.add_command(pipe)
main.add_command(site)
main.add_command(store)
main.add_command(widget)
main()
