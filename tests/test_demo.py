"""The demo: it starts with nothing, and is the real thing."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.demo_program import DemoProgram
from tests.program import ROOT

pytestmark = pytest.mark.process


@pytest.fixture
async def demo(tmp_path):
    """The demo, running in an empty folder."""
    program = DemoProgram(tmp_path)
    try:
        await program.start()
        yield program
    finally:
        await program.close()


async def row_of(page, text: str) -> dict:
    """The row in the feed whose last words are these."""
    await page.watch("feed")
    while True:
        for id in page.order:
            if page.rows[id]["last"]["text"] == text:
                return page.rows[id]
        await page.until("list")


async def test_a_message_goes_to_the_desk_and_an_answer_comes_back(demo):
    visitor, operator = await demo.visitor(), await demo.operator()
    await visitor.say("Есть ли чайник «Улун»?")
    row = await row_of(operator, "Есть ли чайник «Улун»?")
    assert (row["name"], row["kind"], row["stage"]) == ("Гость №1", "site", "incoming")
    await operator.look(row["id"])
    await operator.done("accept", conversation=row["id"])
    await operator.done("reply", conversation=row["id"], text="Есть, отложить?", files=[])
    await visitor.until_texts("Есть ли чайник «Улун»?", "Есть, отложить?")
    assert visitor.messages[max(visitor.messages)]["name"] == "Оператор"


async def test_what_was_said_is_there_after_a_restart(demo):
    visitor, operator = await demo.visitor(), await demo.operator()
    await visitor.say("Помните меня?")
    row = await row_of(operator, "Помните меня?")
    await operator.done("accept", conversation=row["id"])
    assert await demo.stop() == 0
    await demo.start()
    again, visitor = await demo.operator(), await demo.visitor(visitor.secret)
    await again.watch("mine")
    assert again.names == ["Гость №1"]  # the same name is the same operator
    await again.look(row["id"])
    await again.done("reply", conversation=row["id"], text="Помним!", files=[])
    await visitor.until_texts("Помните меня?", "Помним!")


async def test_files_go_both_ways(demo):
    visitor, operator = await demo.visitor(), await demo.operator()
    welcome = next(frame for frame in visitor.frames if frame["type"] == "welcome")
    token = {"Authorization": f"Bearer {welcome['upload']['token']}", "Origin": demo.url}
    async with demo.http.post(f"{demo.url}/site/site/upload", data=b"a,b\n1,2\n", headers=token) as answer:
        assert answer.status == 201, await answer.text()
        theirs = await answer.json()
    await visitor.send("message", id="with-a-file", text="Вот список", files=[theirs["file"]])
    row = await row_of(operator, "Вот список")
    talk = await operator.look(row["id"])
    (attachment,) = talk["messages"][-1]["attachments"]
    async with demo.http.get(urljoin(demo.url, attachment["url"])) as answer:
        assert await answer.read() == b"a,b\n1,2\n"
    await operator.done("accept", conversation=row["id"])
    headers = {**demo.headers, "Cookie": f"otklik_desk={operator.cookie}", "X-File-Name": "price.txt"}
    async with demo.http.post(f"{demo.url}/desk/upload", data=b"4 500", headers=headers) as answer:
        ours = await answer.json()
    await operator.done("reply", conversation=row["id"], text="Цены", files=[ours["id"]])
    await visitor.until_texts("Вот список", "Цены")
    (file,) = visitor.messages[max(visitor.messages)]["attachments"]
    async with demo.http.get(urljoin(demo.url, file["url"])) as answer:
        assert await answer.read() == b"4 500"


async def test_both_sides_are_on_one_page_which_asks_nobody_else(demo):
    async with demo.http.get(f"{demo.url}/") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    assert 'data-src="/site?language=ru"' in page and 'data-src="/desk?language=ru"' in page
    assert not re.search(r"https?://", page)
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    for name in re.findall(r'(?:href|src)="(/demo/[^"]+)"', page):
        async with demo.http.get(demo.url + name) as answer:
            assert answer.status == 200
    for path in ("/site", "/desk"):
        async with demo.http.get(demo.url + path) as answer:
            assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


async def test_the_page_speaks_both_languages(demo):
    async with demo.http.get(f"{demo.url}/?language=en") as answer:
        assert "A customer on the site" in await answer.text()
    async with demo.http.get(f"{demo.url}/site?language=en") as answer:
        page = await answer.text()
    assert '<html lang="en">' in page and "data-open" in page


async def test_nothing_but_its_own_files_is_served(demo):
    for name in ("settings.py", "..%2fsettings.py", "%2e%2e/settings.py", "index.html", "nothing.css"):
        async with demo.http.get(f"{demo.url}/demo/{name}") as answer:
            assert answer.status == 404, name


async def test_it_says_where_it_is_and_how_to_end_it(demo):
    assert f"Клиент и оператор рядом:  {demo.url}/\n" in demo.said
    assert "otklik-demo" in demo.said
    assert demo.said.endswith("Ctrl-C — остановить.\n")


async def test_its_books_are_in_order_and_it_waits_for_no_group(demo):
    visitor = await demo.visitor()
    await visitor.say("Здравствуйте")
    config = demo.folder / "otklik-demo/demo.toml"
    command = [sys.executable, str(ROOT / "bot.py"), "audit", "--json", "--config", str(config)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
    told = json.loads(done.stdout)
    assert (done.returncode, told["good"], told["totals"]["received"]) == (0, True, 1)
    assert set(told["waiting"]) == {"downloads", "lanes"}


async def test_run_without_a_config_is_the_demo(tmp_path):
    program = DemoProgram(tmp_path)
    try:
        await program.run()
        await program.says("Ctrl-C")
        assert "Файла config.toml пока нет, поэтому запускаю демо" in program.said
        program.port = int(re.search(r"http://127\.0\.0\.1:(\d+)/\n", program.said)[1])
        assert await program.healthy()
        assert await program.stop() == 0
    finally:
        await program.close()


async def test_a_port_that_is_taken_is_told_and_nothing_is_left_behind(tmp_path):
    program = DemoProgram(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", program.port))
        taken.listen()
        await program.run("demo", "--port", str(program.port))
        assert await program.ends() == 1
    await program.close()
    assert f"Порт {program.port} занят другой программой" in program.said
    assert "Traceback" not in program.said
    assert not (Path(tmp_path) / "otklik-demo").exists()


async def test_a_second_demo_in_the_same_folder_does_not_touch_the_first(demo, tmp_path):
    second = DemoProgram(tmp_path)
    second.log = tmp_path / "second.txt"
    await second.run("demo", "--port", str(second.port))
    assert await second.ends() == 1
    await second.close()
    assert "другой" in second.said and "Traceback" not in second.said
    assert await demo.healthy()
    config = (tmp_path / "otklik-demo/demo.toml").read_text("utf-8")
    assert str(demo.port) in config  # the first one's settings are as they were
