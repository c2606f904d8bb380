"""The benchmark of the web desk works at all; how fast it is, no test says."""

import json

import pytest
from click.testing import CliRunner

from tests.bench.desks import desks


@pytest.mark.process
def test_a_quick_run_gives_figures(tmp_path):
    path = tmp_path / "figures.json"
    result = CliRunner().invoke(desks, ["--quick", "--json", str(path)])
    assert result.exit_code == 0, result.output
    assert "shown in every desk's list" in result.output
    figures = json.loads(path.read_text())
    assert figures["desks"] == 5
    for name in ("bare", "otklik"):
        assert figures[name]["never"] == 0
        assert figures[name]["list_median"] > 0 and figures[name]["open_median"] > 0
    assert set(figures["ratio"]) == {"list_median", "list_p99", "open_median", "open_p99", "cpu", "desk_memory"}
