"""`python -m tests.fire COMMAND`: the long forms of the proofs under fire."""

import click

from tests.fire.chaos import chaos
from tests.fire.garbage import garbage
from tests.fire.kills import backlog, kills


@click.group()
def main() -> None:
    """Otklik under fire. Each ends with an error if anything was lost, crashed or grew."""


main.add_command(chaos)
main.add_command(garbage)
main.add_command(kills)
main.add_command(backlog)
main()
