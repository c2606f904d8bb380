"""The widget's benchmark works, and counts what it says."""

import json

import pytest
from click.testing import CliRunner

from tests.bench.others import NoOthers, fetch
from tests.bench.trace import TASK, Work, work
from tests.bench.widget import CHROMIUM, OTKLIK, Figures, Load, figures, ratios, widget

PAGE = "http://localhost:1/page"
MAIN = {"pid": 1, "tid": 1, "ph": "X"}


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_the_benchmark_measures_what_the_widget_costs(tmp_path):
    result = CliRunner().invoke(
        widget, ["--quick", "--json", str(tmp_path / "figures.json")], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "main thread at load, ms" in result.output
    found = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert set(found["sizes"]) == {"loader", "app, ru", "app, en"}
    ours = found["widgets"][OTKLIK]
    assert ours["requests"] == 1
    assert ours["requests_open"] >= 1  # the app; a busy machine may be late with the socket
    assert 0 < ours["bytes"] < ours["bytes_open"]
    assert ours["shift"] == 0
    assert ours["script"] > 0
    assert ours["opening"] > 0


def event(name, at, took, cpu, **more):
    return {**MAIN, "name": name, "ts": at, "dur": took, "tdur": cpu, "args": {}, **more}


def test_a_main_threads_work_is_that_of_the_page_and_counts_nothing_twice():
    commit = event("CommitLoad", 10_500, 0, 0, args={"data": {"url": PAGE}})
    events = [
        event(TASK, 0, 9_000, 9_000),  # the page before it
        event(TASK, 10_000, 1_000, 900),
        commit,
        event(TASK, 20_000, 8_000, 5_000),
        event(TASK, 21_000, 3_000, 3_000),  # a loop in a task
        event("EvaluateScript", 21_000, 4_000, 3_500),
        event("Layout", 22_000, 1_000, 900),  # that the script forces
        event("v8.compile", 21_100, 500, 400),
        event("Layout", 26_000, 1_000, 800),
        event(TASK, 30_000, 2_000, 2_000, tid=2),  # another thread
        event(TASK, 2_020_000, 1_000, 1_000),  # too late
    ]
    trace = json.dumps({"traceEvents": events}).encode()
    assert work(trace, PAGE, 2.0) == Work(cpu=5.9, script=3.5, render=0.8, clock=9.0)


def test_what_counts_is_how_much_more_than_for_the_page_alone():
    loads = [
        Load(Work(cpu, 3, 2, 9), 1, 3_000, 2, 17_000, shift, 20) for cpu, shift in ((13, 0), (50, 0.1), (12, 0))
    ]
    plain = [Load(Work(cpu, 0, 1, 7)) for cpu in (8, 9, 30)]
    ours = Figures(1, 3_000, 2, 17_000, shift=0.1, opening=20, cpu=4, script=3, render=1, clock=2)
    assert figures(loads, plain) == ours
    free = Figures(1, 3_000, 2, 17_000, shift=0, opening=20, cpu=-0.1, script=0, render=0, clock=0)
    assert ratios({OTKLIK: ours, "b": free})["b"]["bytes"] == 1
    assert ratios({OTKLIK: free, "b": ours})["b"]["cpu"] is None


def test_without_npm_there_is_a_reason_why_nothing_stands_beside_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoOthers, match="npm is not installed"):
        fetch(tmp_path)
