"""The benchmarks of the way from a customer into the group work at all; how fast it is, no test says."""

import json

import pytest
from click.testing import CliRunner

from tests.bench.burst import Load, burst, least, script
from tests.bench.everything import everything
from tests.bench.flow import Trip, percentile
from tests.bench.memory import memory, slope
from tests.bench.pipe import pipe


def run(command, tmp_path):
    path = tmp_path / "figures.json"
    result = CliRunner().invoke(command, ["--quick", "--json", str(path)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output, json.loads(path.read_text())


@pytest.mark.process
def test_a_quick_run_of_the_pipe_loses_nothing(tmp_path):
    output, figures = run(pipe, tmp_path)
    assert "messages a second" in output
    for kind in ("telegram", "site"):
        for name in ("bare", "otklik"):
            assert figures[kind][name]["lost"] == 0
            assert figures[kind][name]["backlog"] > 0
        assert figures[kind]["otklik"]["inverted"] == 0
        assert set(figures[kind]["ratio"]) >= {"backlog", "p99", "cpu"}


def test_a_quick_burst_is_within_the_limits(tmp_path):
    output, figures = run(burst, tmp_path)
    assert "seconds until all are visible" in output
    for one in figures["runs"]:
        assert (one["refused"], one["lost"], one["inverted"]) == (0, 0, 0)
        assert one["seconds"] >= one["least"] - 0.5


@pytest.mark.process
def test_memory_is_looked_at(tmp_path):
    output, figures = run(memory, tmp_path)
    assert "for each message" in output
    assert figures["lost"] == 0
    assert figures["after"] > 0


def test_what_is_run_together_is_one_table_and_one_file(tmp_path):
    path = tmp_path / "bench.json"
    result = CliRunner().invoke(
        everything, ["--quick", "--only", "burst", "--only", "store", "--json", str(path)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    table = result.output.splitlines()[-8:]
    assert any(line.startswith("burst, 4 bots: refused, lost or turned round") for line in table)
    assert any("slowest of" in line for line in table)
    figures = json.loads(path.read_text())
    assert set(figures) == {"date", "machine", "quick", "burst", "store"}


def test_a_trip_knows_what_is_missing_and_what_is_turned_round():
    trip = Trip(4, written={(1, 0): 1.0, (1, 1): 1.0, (1, 2): 1.5, (2, 0): 2.0})
    trip.show(b"text=c1n1x", 1.5)
    trip.show(b"text=c1n0x+c1n1x+c2n0x+c9n9x", 2.5)
    trip.show(b"text=c1n1x", 9.0)  # an edit says it again
    assert (trip.lost, trip.inverted, trip.calls) == (1, 1, 2)
    assert trip.delays == [500.0, 500.0, 1500.0]
    assert not trip.whole.is_set()
    trip.show(b"text=c1n2x", 3.0)
    assert trip.whole.is_set()


def test_no_burst_is_sooner_over_than_the_limits_allow():
    assert least(Load(), 1) == 120.0
    assert least(Load(), 2) == 60.0
    assert least(Load(), 4) == 10.0
    written = script(Load())
    assert len(set(written)) == 300
    assert sorted(written) == [(customer, number) for customer in range(60) for number in range(5)]


def test_what_grows_has_a_slope():
    assert slope([100, 100, 100], 10) == (0, 0)
    assert slope([100, 200, 300], 10) == (10, 1)
    assert slope([100], 10) == (0, 0)
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert percentile([], 0.5) == 0.0
