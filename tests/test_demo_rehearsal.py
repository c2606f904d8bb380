"""Rehearsals: invented customers of all kinds come and answer, and nothing of them stays."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest

from bridge.app import Otklik
from bridge.catalogue import LANGUAGES
from bridge.demo.drawing import picture
from bridge.demo.plays import cast
from bridge.demo.program import Demo
from bridge.demo.settings import prepare
from bridge.media.sniff import sniff
from tests.demo_program import DemoProgram
from tests.desk_web.operator import Page
from tests.ports import free_port
from tests.turned_clock import TurnedClock, until

KINDS = {"site", "telegram", "vk", "viber", "facebook"}


def left(folder: Path) -> dict[str, int]:
    """How many customers of rehearsals, and files, the database has."""
    with closing(sqlite3.connect(folder / "otklik.db")) as database:
        (people,) = database.execute("select count(*) from customers where channel like 'rehearsal-%'").fetchone()
        (files,) = database.execute("select count(*) from media").fetchone()
    return {"customers": people, "files": files, "on the disk": len(list((folder / "media").iterdir()))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_kinds_of_customers_are_in_the_play(language):
    actors = cast(language)
    assert {actor.kind for actor in actors} == KINDS
    assert all(actor.says and actor.arrives < 600 for actor in actors)
    assert any(line.picture for actor in actors for line in actor.says)
    assert any(actor.blocks for actor in actors)


def test_the_play_is_the_same_in_both_languages():
    shapes = [[(actor.kind, actor.arrives, len(actor.answers)) for actor in cast(each)] for each in LANGUAGES]
    assert shapes[0] == shapes[1]


def test_a_picture_is_one(tmp_path):
    (tmp_path / "it").write_bytes(picture("a"))
    with (tmp_path / "it").open("rb") as file:
        assert sniff(file).mime == "image/png"
    assert picture("a") == picture("a") != picture("b")


class Stage:
    """A rehearsal in this process, with a clock that the test turns, and an operator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TurnedClock()
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self.url = ""

    async def __aenter__(self) -> "Stage":
        prepared = prepare(self.folder, "ru", free_port())
        addition = Demo(prepared.config, writes=self.folder / "real.toml", rehearse=True)
        self.otklik = Otklik(prepared.config, self.clock, addition)
        await self.otklik.start()
        self.url = f"http://127.0.0.1:{self.otklik.port}"
        headers = {"Origin": self.url, "X-Otklik": "1"}
        async with self.http.post(f"{self.url}/desk/enter", json={"local_name": "Оля"}, headers=headers) as answer:
            self.operator = Page(self.http, self.url, answer.cookies["otklik_desk"].value)
        await self.operator.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.otklik.stop()
        await self.http.close()

    async def passes(self, seconds: float) -> None:
        """Time goes on in small steps, so that everybody can do what they want to."""
        for step in range(int(seconds / 0.5)):
            if step % 20 == 0:
                await self.operator.reads()  # a page that is silent is sent away
            self.clock.passes(0.5)
            for _ in range(20):
                await asyncio.sleep(0)
            await asyncio.sleep(0.002)

    async def row(self, name: str) -> dict:
        """Whoever has come under this name."""
        await self.operator.watch("feed")
        return next(row for row in self.operator.rows.values() if row["name"] == name)

    async def texts(self, conversation: int) -> list[str]:
        """What has been said in a conversation."""
        await self.operator.look(conversation)
        return self.operator.texts


@pytest.fixture
async def stage(tmp_path):
    async with Stage(tmp_path) as stage:
        yield stage


async def test_they_come_over_minutes_from_all_channels_and_are_marked(stage):
    await stage.passes(10)
    await stage.operator.watch("feed")
    assert stage.operator.names == ["Анна Петрова"]
    await stage.passes(240)
    await stage.operator.watch("feed")
    rows = [stage.operator.rows[id] for id in stage.operator.order]
    assert Counter(row["kind"] for row in rows) == Counter(actor.kind for actor in cast("ru"))
    channels = stage.operator.welcome["channels"]
    assert all("(репетиция)" in channels[row["channel"]]["title"] for row in rows)
    assert {row["group"] for row in rows} == {"sales", "support"}


async def test_they_read_and_answer_whoever_answers_them(stage):
    await stage.passes(10)
    anna = await stage.row("Анна Петрова")
    await stage.operator.look(anna["id"])
    await stage.operator.done("accept", conversation=anna["id"])
    await stage.operator.done("reply", conversation=anna["id"], text="Есть, отложить?", files=[])
    await stage.passes(20)
    assert (await stage.texts(anna["id"]))[-2:] == [
        "Есть, отложить?",
        "Отлично, тогда отложите один, пожалуйста 🙏",
    ]
    (ours,) = [each for each in stage.operator.talk["messages"].values() if each["from"] == "operator"]
    assert ours["delivery"] == "seen"


async def test_whoever_is_not_answered_waits(stage):
    await stage.passes(60)
    anna = await stage.row("Анна Петрова")
    assert len(await stage.texts(anna["id"])) == 2


async def test_they_send_pictures(stage):
    await stage.passes(45)
    await until(lambda: left(stage.folder)["files"])  # which takes a moment to paint
    await stage.passes(1)
    igor = await stage.row("Игорь Ким")
    await stage.operator.look(igor["id"])
    *_, last = stage.operator.talk["messages"].values()
    (photo,) = last["attachments"]
    assert photo["kind"] == "photo"
    async with stage.http.get(urljoin(stage.url, photo["url"])) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")


async def test_whoever_blocks_us_is_told_as_such(stage):
    await stage.passes(180)
    agency = await stage.row("Рекламное агентство")
    await stage.operator.look(agency["id"])
    await stage.operator.done("accept", conversation=agency["id"])
    await stage.operator.done("reply", conversation=agency["id"], text="Нет, спасибо", files=[])
    await stage.passes(5)
    await stage.operator.look(agency["id"])
    (ours,) = [each for each in stage.operator.talk["messages"].values() if each["from"] == "operator"]
    assert (ours["delivery"], ours["failure"]["code"]) == ("failed", "blocked")


async def test_nothing_of_them_stays(stage, tmp_path):
    await stage.passes(60)
    await until(lambda: left(tmp_path)["files"])
    assert left(tmp_path)["customers"] > 2
    await stage.otklik.stop()
    assert left(tmp_path) == {"customers": 0, "files": 0, "on the disk": 0}


@pytest.mark.process
async def test_what_a_kill_leaves_goes_at_the_next_start(tmp_path):
    program = DemoProgram(tmp_path, "--rehearse")
    try:
        await program.start()
        visitor, operator = await program.visitor(), await program.operator()
        await visitor.say("Я настоящий")
        await operator.watch("feed")
        while "Анна Петрова" not in operator.names:
            await operator.until("list")
        await program.kill()
        program.arguments = ()
        await program.start()
        operator = await program.operator()
        await operator.watch("feed")
        assert operator.names == ["Гость №1"]
        assert await program.stop() == 0
    finally:
        await program.close()
    assert left(tmp_path / "otklik-demo") == {"customers": 0, "files": 0, "on the disk": 0}
