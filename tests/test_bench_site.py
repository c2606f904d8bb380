"""The benchmark of the site channel works at all; how fast it is, no test says."""

import json

import pytest
from click.testing import CliRunner

from tests.bench.site import site


@pytest.mark.process
def test_a_quick_run_gives_figures(tmp_path):
    path = tmp_path / "figures.json"
    result = CliRunner().invoke(site, ["--quick", "--json", str(path)])
    assert result.exit_code == 0, result.output
    assert "memory of an idle visitor" in result.output
    figures = json.loads(path.read_text())
    assert figures["visitors"] == 200
    for name in ("bare", "otklik", "ratio"):
        assert set(figures[name]) == {"memory", "reply_median", "reply_p95", "busy_median", "busy_p95"}
        assert figures[name]["reply_median"] > 0 and figures[name]["busy_median"] > 0
