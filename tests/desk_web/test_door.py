"""Who is let in: by Telegram's word, by a link from the bot, and only while they are in a group."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import pytest

from bridge.desks.web.services import NotChecked
from bridge.desks.web.throttle import ENTERED, FAILED, KNOWN, Throttle
from tests.desk_web.doors import (
    ANNA,
    BORIS,
    BOT,
    COOKIE,
    FOREIGN_BOT,
    HOST_COOKIE,
    SALES,
    SUPPORT,
    Scene,
    introduction,
    sign,
)
from tests.turned_clock import TurnedClock

MINUTES = 60.0
HOURS = 3600.0
DAYS = 24 * HOURS


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path) as opened:
        yield opened


# from Telegram, as a Mini App


async def test_a_member_comes_in_from_telegram(scene: Scene):
    answer = await scene.enter(init_data=introduction(ANNA, scene.now))
    assert answer.status == 200
    told = answer.json
    assert (told["id"], told["name"], told["local"]) == (ANNA.id, ANNA.name, False)
    assert told["groups"] == [{"name": "sales", "title": "Продажи"}]
    assert (await scene.me(answer.cookies[HOST_COOKIE][0])).json == told


async def test_whoever_is_in_no_group_stays_outside(scene: Scene):
    answer = await scene.enter(init_data=introduction(BORIS, scene.now))
    assert (answer.status, answer.error) == (403, "not-a-member")
    assert answer.cookies == {}


@pytest.mark.parametrize("token", [FOREIGN_BOT, BOT.partition(":")[2], ""])
async def test_what_another_bot_signed_lets_nobody_in(scene: Scene, token: str):
    answer = await scene.enter(init_data=introduction(ANNA, scene.now, token))
    assert (answer.status, answer.error, answer.cookies) == (403, "signature", {})


async def test_what_was_altered_lets_nobody_in(scene: Scene):
    """Boris, who has a good one of his own, writes Anna's number into it."""
    fields = dict(parse_qsl(introduction(BORIS, scene.now)))
    fields["user"] = fields["user"].replace(str(BORIS.id), str(ANNA.id))
    answer = await scene.enter(init_data=urlencode(fields, quote_via=quote))
    assert (answer.status, answer.error) == (403, "signature")


async def test_two_users_in_one_introduction_let_nobody_in(scene: Scene):
    good = introduction(BORIS, scene.now)
    (user,) = (value for name, value in parse_qsl(introduction(ANNA, scene.now)) if name == "user")
    for written in (f"user={quote(user)}&{good}", f"{good}&user={quote(user)}"):
        assert (await scene.enter(init_data=written)).error == "signature"


@pytest.mark.parametrize(("age", "error"), [(301, "old"), (7200, "old"), (-61, "old")])
async def test_too_old_or_of_a_time_to_come_it_lets_nobody_in(scene: Scene, age: float, error: str):
    answer = await scene.enter(init_data=introduction(ANNA, scene.now - age))
    assert (answer.status, answer.error) == (403, error)


async def test_an_introduction_works_once(scene: Scene):
    init_data = introduction(ANNA, scene.now)
    assert (await scene.enter(init_data=init_data)).status == 200
    again = await scene.enter(init_data=init_data)
    assert (again.status, again.error, again.cookies) == (403, "old", {})


async def test_nor_does_it_work_again_in_another_spelling(scene: Scene):
    init_data = introduction(ANNA, scene.now)
    assert (await scene.enter(init_data=init_data)).status == 200
    turned = urlencode(parse_qsl(init_data)[::-1], quote_via=quote)
    assert turned != init_data
    assert (await scene.enter(init_data=turned)).error == "old"


async def test_nor_at_the_last_moment_at_which_it_is_good(scene: Scene):
    init_data = introduction(ANNA, scene.now)
    assert (await scene.enter(init_data=init_data)).status == 200
    for seconds in (299, 1, 1, 60):
        scene.clock.passes(seconds)
        assert (await scene.enter(init_data=init_data)).error == "old"


async def test_nor_at_the_same_time(scene: Scene):
    init_data = introduction(ANNA, scene.now)
    answers = await asyncio.gather(*(scene.enter(init_data=init_data) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [200, 403, 403, 403, 403, 403]


async def test_a_page_that_is_loaded_anew_has_its_session_still(scene: Scene):
    init_data = introduction(ANNA, scene.now)
    token = (await scene.enter(init_data=init_data)).cookies[HOST_COOKIE][0]
    again = await scene.enter(init_data=init_data, token=token)
    assert again.status == 200
    assert (await scene.me(again.cookies[HOST_COOKIE][0])).status == 200


async def test_but_nobody_elses_session_makes_it_good_again(scene: Scene):
    scene.telegram.members.add((SALES, BORIS.id))
    by_link = await scene.inside(ANNA)
    boris = (await scene.enter(init_data=introduction(BORIS, scene.now))).cookies[HOST_COOKIE][0]
    init_data = introduction(ANNA, scene.now)
    assert (await scene.enter(init_data=init_data)).status == 200
    for token in (boris, by_link, "x" * 43):
        assert (await scene.enter(init_data=init_data, token=token)).error == "old"


async def test_without_a_bot_nothing_is_signed(tmp_path: Path):
    async with Scene(tmp_path, bot_token=None) as scene:
        for token in ("", BOT):
            answer = await scene.enter(init_data=introduction(ANNA, scene.now, token))
            assert (answer.status, answer.error) == (403, "signature")


# by a link


async def test_a_link_from_the_bot_lets_its_operator_in(scene: Scene):
    answer = await scene.enter(link=await scene.link(ANNA))
    assert answer.status == 200
    assert answer.json["id"] == ANNA.id


async def test_a_link_works_once(scene: Scene):
    token = await scene.link()
    answers = await asyncio.gather(*(scene.enter(link=token) for _ in range(6)))
    assert sorted(answer.status for answer in answers) == [200, 403, 403, 403, 403, 403]
    assert {answer.error for answer in answers if answer.status == 403} == {"link"}


async def test_a_link_is_good_for_ten_minutes(scene: Scene):
    first = await scene.link()
    scene.clock.passes(10 * MINUTES - 1)
    assert (await scene.enter(link=first)).status == 200
    second = await scene.link()
    scene.clock.passes(10 * MINUTES)
    assert (await scene.enter(link=second)).error == "link"


async def test_the_newest_link_is_the_one_that_counts(scene: Scene):
    first, second = await scene.link(), await scene.link()
    assert (await scene.enter(link=first)).error == "link"
    assert (await scene.enter(link=second)).status == 200


@pytest.mark.parametrize("guess", ["", "x", "x" * 43, "x" * 5000, "' or 1=1 --", "\ud800", "é" * 43, "\0" * 43])
async def test_a_link_that_was_guessed_lets_nobody_in(scene: Scene, guess: str):
    await scene.link()
    assert (await scene.enter(link=guess)).error == "link"


async def test_a_link_lets_nobody_in_who_has_left_the_group(scene: Scene):
    token = await scene.link()
    scene.telegram.members.clear()
    assert (await scene.enter(link=token)).error == "not-a-member"


async def test_nor_does_a_link_that_was_sent_a_moment_after_they_left(scene: Scene):
    await scene.inside()
    token = await scene.link()
    scene.telegram.members.clear()
    assert (await scene.enter(link=token)).error == "not-a-member", "whatever Telegram said a moment ago"


async def test_a_link_is_not_used_up_where_nobody_can_tell_who_is_a_member(scene: Scene):
    token = await scene.link()
    scene.telegram.reachable = False
    assert (await scene.enter(link=token)).error == "not-checked"
    scene.telegram.reachable = True
    assert (await scene.enter(link=token)).status == 200
    assert (await scene.enter(link=token)).error == "link", "and works once all the same"


async def test_the_store_knows_neither_links_nor_sessions_by_their_tokens(scene: Scene):
    link, session = await scene.link(BORIS), await scene.inside()
    init_data = introduction(ANNA, scene.now)
    assert (await scene.enter(init_data=init_data)).status == 200
    secrets = [link, session, dict(parse_qsl(init_data))["hash"]]
    kept = scene.kept()
    assert ANNA.name.encode() in kept, "so that the search can find"
    assert [secret for secret in secrets if secret.encode() in kept] == []


async def test_without_an_address_of_our_own_there_is_no_link(tmp_path: Path):
    async with Scene(tmp_path, public_url=None) as scene:
        with pytest.raises(ValueError, match="address"):
            await scene.store.write(lambda tx: scene.door.offer(tx, ANNA))


# who asks for what is no way in


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"link": None},
        {"link": 5},
        {"link": ["x"]},
        {"init_data": {}},
        {"local_name": True},
        {"name": "x"},
        {"link": "x", "local_name": "Анна"},
    ],
)
async def test_what_is_no_way_in_is_refused(scene: Scene, told: dict[str, object]):
    answer = await scene.enter(**told)
    assert (answer.status, answer.error) == (400, "form")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b'"x"', b"\xff", b"[" * 20_000, b'{"link":"' + b"x" * 40_000 + b'"}']
)
async def test_what_is_no_small_object_is_refused(scene: Scene, body: bytes):
    answer = await scene.ask("POST", "/desk/enter", data=body)
    assert (answer.status, answer.error) == (400, "form")


async def test_both_of_them_are_told_where_to_ask(scene: Scene, tmp_path: Path):
    answer = await scene.me()
    assert (answer.status, answer.error) == (401, "enter")
    assert (answer.json["bot"], answer.json["local"]) == ("otklik_bot", False)
    assert "@otklik_bot" in answer.json["message"]
    (tmp_path / "other").mkdir()
    async with Scene(tmp_path / "other", bot_name=lambda: "") as nameless:
        assert "@" not in (await nameless.me()).json["message"]


async def test_entering_by_get_is_no_way(scene: Scene):
    assert (await scene.ask("GET", f"/desk/enter?link={await scene.link()}")).status == 405


# membership


async def test_each_sees_only_the_own_groups(scene: Scene):
    scene.telegram.members |= {(SUPPORT, BORIS.id), (SALES, BORIS.id)}
    anna, boris = await scene.inside(ANNA), await scene.inside(BORIS)
    assert [group["name"] for group in (await scene.me(anna)).json["groups"]] == ["sales"]
    assert [group["name"] for group in (await scene.me(boris)).json["groups"]] == ["sales", "support"]
    assert await scene.door.groups_of(ANNA.id) == {SALES}


async def test_whoever_leaves_the_group_is_outside_within_a_minute(scene: Scene):
    token = await scene.inside()
    scene.telegram.members.clear()
    scene.clock.passes(60)
    answer = await scene.me(token)
    assert (answer.status, answer.error) == (403, "not-a-member")
    assert await scene.door.groups_of(ANNA.id) == frozenset()


async def test_whoever_asks_afresh_knows_at_once(scene: Scene):
    await scene.inside()
    scene.telegram.members.clear()
    assert await scene.door.groups_of(ANNA.id) == {SALES}
    assert await scene.door.groups_of(ANNA.id, fresh=True) == frozenset()
    assert await scene.door.groups_of(ANNA.id) == frozenset()


async def test_whoever_joins_a_group_has_it_within_seconds(scene: Scene):
    token = await scene.inside()
    scene.telegram.members.add((SUPPORT, ANNA.id))
    scene.clock.passes(5)
    assert len((await scene.me(token)).json["groups"]) == 2


async def test_while_telegram_is_out_of_reach_members_work_on_for_a_quarter_of_an_hour(scene: Scene):
    token = await scene.inside()
    scene.telegram.reachable = False
    for _ in range(14):
        scene.clock.passes(60)
        assert (await scene.me(token)).status == 200
    scene.clock.passes(60)
    answer = await scene.me(token)
    assert (answer.status, answer.error) == (503, "not-checked")
    assert answer.headers["Retry-After"]
    with pytest.raises(NotChecked):
        await scene.door.groups_of(ANNA.id)
    scene.telegram.reachable = True
    scene.clock.passes(15)
    assert (await scene.me(token)).status == 200


async def test_asking_in_vain_makes_that_time_no_longer(scene: Scene):
    await scene.inside()
    scene.telegram.reachable = False
    for _ in range(89):
        scene.clock.passes(10)
        assert await scene.door.groups_of(ANNA.id, fresh=True)
    scene.clock.passes(10)
    with pytest.raises(NotChecked):
        await scene.door.groups_of(ANNA.id, fresh=True)


async def test_a_no_is_not_forgotten_when_telegram_goes_out_of_reach(scene: Scene):
    token = await scene.inside()
    scene.telegram.members.clear()
    scene.clock.passes(60)
    assert (await scene.me(token)).status == 403
    scene.telegram.reachable = False
    scene.clock.passes(60)
    assert (await scene.me(token)).status == 503


async def test_nobody_comes_in_on_a_membership_that_nobody_could_tell(scene: Scene):
    scene.telegram.reachable = False
    for _ in range(2 * FAILED.times):
        answer = await scene.enter(init_data=introduction(ANNA, scene.now, chat_instance=str(_)))
        assert (answer.status, answer.error) == (503, "not-checked"), "which is nobody's fault"
    assert answer.cookies == {}


async def test_many_pages_ask_telegram_once(scene: Scene):
    token = await scene.inside()
    scene.clock.passes(60)
    asked = scene.telegram.asked
    await asyncio.gather(*(scene.door.groups_of(ANNA.id) for _ in range(20)))
    await scene.me(token)
    assert scene.telegram.asked - asked == 2, "once for each group"


async def test_a_membership_that_fails_is_one_that_nobody_can_tell(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def breaks(*_: object) -> bool:
        raise RuntimeError("a bug")

    token = await scene.inside()
    monkeypatch.setattr(scene.telegram, "is_member", breaks)
    scene.clock.passes(60)
    assert (await scene.me(token)).status == 200
    assert "could not be asked" in caplog.text
    scene.clock.passes(15 * MINUTES)
    assert (await scene.me(token)).status == 503


# sessions


async def test_a_session_nobody_uses_is_over_after_half_a_day(scene: Scene):
    token = await scene.inside()
    scene.clock.passes(12 * HOURS)
    assert (await scene.me(token)).status == 401


async def test_a_session_that_is_used_goes_on(scene: Scene):
    token = await scene.inside()
    for _ in range(10):
        scene.clock.passes(11 * HOURS)
        assert (await scene.me(token)).status == 200


async def test_but_not_for_more_than_a_month(scene: Scene):
    token = await scene.inside()
    for _ in range(30 * 24 // 10 - 1):
        scene.clock.passes(10 * HOURS)
        assert (await scene.me(token)).status == 200
    scene.clock.passes(10 * HOURS - 1)
    assert (await scene.me(token)).status == 200
    scene.clock.passes(1)
    assert (await scene.me(token)).status == 401


async def test_a_page_that_is_only_left_open_is_no_use_of_it(scene: Scene):
    request = scene.request(await scene.inside())
    for _ in range(11):
        scene.clock.passes(HOURS)
        assert await scene.door.enter_by_cookie(request, used=False) is not None
    scene.clock.passes(HOURS)
    assert await scene.door.enter_by_cookie(request, used=False) is None


async def test_an_operator_who_works_in_it_goes_on(scene: Scene):
    request = scene.request(await scene.inside())
    for _ in range(48):
        scene.clock.passes(HOURS)
        assert await scene.door.enter_by_cookie(request) is not None


async def test_whoever_leaves_is_outside_and_the_cookie_goes(scene: Scene):
    token = await scene.inside()
    answer = await scene.ask("POST", "/desk/leave", token=token)
    assert answer.status == 200
    assert answer.cookies[HOST_COOKIE][0] == ""
    assert "Max-Age=0" in answer.cookies[HOST_COOKIE][1]
    assert (await scene.me(token)).status == 401
    assert await scene.door.enter_by_cookie(scene.request(token)) is None, "so that open connections learn it"


async def test_leaving_ends_one_session_and_not_those_in_other_browsers(scene: Scene):
    here, there = await scene.inside(), await scene.inside()
    await scene.ask("POST", "/desk/leave", token=here)
    assert (await scene.me(there)).status == 200


async def test_leaving_without_a_session_is_harmless(scene: Scene):
    assert (await scene.ask("POST", "/desk/leave")).status == 200
    assert (await scene.ask("POST", "/desk/leave", token="x" * 43)).status == 200


async def test_each_entrance_has_a_token_of_its_own_and_the_one_before_is_over(scene: Scene):
    first = await scene.inside()
    answer = await scene.enter(link=await scene.link(), token=first)
    second = answer.cookies[HOST_COOKIE][0]
    assert second != first
    assert (await scene.me(first)).status == 401
    assert (await scene.me(second)).status == 200


async def test_a_cookie_that_was_set_before_entering_opens_nothing(scene: Scene):
    """Session fixation: somebody puts a token of their choice into the browser, and waits for the operator."""
    chosen = "A" * 43
    answer = await scene.enter(link=await scene.link(), token=chosen)
    assert answer.cookies[HOST_COOKIE][0] != chosen
    assert (await scene.me(chosen)).status == 401


async def test_the_hash_that_is_kept_opens_nothing(scene: Scene):
    entered = await scene.door.enter_by_cookie(scene.request(await scene.inside()))
    assert entered is not None
    assert (await scene.me(entered.session)).status == 401


@pytest.mark.parametrize("token", ["", "x", "x" * 44, "../" * 14 + "x", "%00" * 14 + "x", '"' + "x" * 43 + '"'])
async def test_a_cookie_that_is_none_of_ours_opens_nothing(scene: Scene, token: str):
    assert (await scene.me(token)).status == 401


async def test_of_two_cookies_with_different_tokens_neither_counts(scene: Scene):
    """Another host of the same domain may have set one; which of them comes first nobody can tell."""
    token, other = await scene.inside(), await scene.inside()
    for another in ("x" * 43, "", other):
        for pair in ((token, another), (another, token)):
            cookies = "; ".join(f"{HOST_COOKIE}={one}" for one in pair)
            assert (await scene.me(Cookie=cookies)).status == 401
    assert (await scene.me(Cookie=f"a=b; {HOST_COOKIE}={token}; {HOST_COOKIE}={token}")).status == 200


async def test_with_tls_only_the_cookie_counts_that_nobody_else_can_set(scene: Scene):
    token = await scene.inside()
    assert (await scene.me(Cookie=f"{COOKIE}={token}")).status == 401


async def test_sessions_live_through_a_restart(tmp_path: Path):
    async with Scene(tmp_path) as scene:
        token = await scene.inside()
    async with Scene(tmp_path) as scene:
        assert (await scene.me(token)).status == 200


async def test_a_session_can_be_read_while_the_disk_is_full(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    async def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    token = await scene.inside()
    scene.clock.passes(HOURS)
    monkeypatch.setattr(scene.store, "write", full)
    assert (await scene.me(token)).status == 200


async def test_when_nothing_can_be_stored_everybody_is_told_to_try_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
):
    async def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    token, link = await scene.inside(), await scene.link()
    monkeypatch.setattr(scene.store, "write", full)
    for answer in (await scene.enter(link=link), await scene.ask("POST", "/desk/leave", token=token)):
        assert (answer.status, answer.error, answer.cookies) == (503, "try-later", {})
        assert answer.headers["Retry-After"]
        assert "space" not in answer.text


# too many tries


async def test_an_address_that_guesses_has_to_wait(scene: Scene):
    guesser = {"X-Forwarded-For": "203.0.113.9"}
    for _ in range(FAILED.times):
        assert (await scene.enter(link="x" * 43, headers=guesser)).status == 403
    answer = await scene.enter(link=await scene.link(), headers=guesser)
    assert (answer.status, answer.error) == (429, "too-many")
    wait = int(answer.headers["Retry-After"])
    assert 0 < wait <= FAILED.interval
    assert (await scene.enter(link=await scene.link())).status == 200, "others need not"
    scene.clock.passes(wait)
    assert (await scene.enter(link=await scene.link(), headers=guesser)).status == 200


async def test_guessing_at_the_same_time_is_no_way_round(scene: Scene):
    answers = await asyncio.gather(*(scene.enter(link="x" * 43) for _ in range(4 * FAILED.times)))
    assert sorted(answer.status for answer in answers).count(403) == FAILED.times


async def test_behind_a_proxy_nobody_gets_round_it_by_inventing_addresses(scene: Scene):
    for number in range(FAILED.times):
        invented = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
        assert (await scene.enter(link="x" * 43, headers=invented)).status == 403
    assert (await scene.enter(link="x" * 43, headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"})).status == 429


async def test_from_no_proxy_of_ours_no_address_is_taken(tmp_path: Path):
    async with Scene(tmp_path, trusted_proxies=["192.0.2.1"]) as scene:
        for number in range(FAILED.times):
            invented = {"X-Forwarded-For": f"203.0.113.{number}"}
            assert (await scene.enter(link="x" * 43, headers=invented)).status == 403
        assert (await scene.enter(link="x" * 43, headers={"X-Forwarded-For": "203.0.113.99"})).status == 429


async def test_a_network_of_ipv6_is_one_address(scene: Scene):
    for number in range(FAILED.times):
        assert (await scene.enter(link="x", headers={"X-Forwarded-For": f"2001:db8::{number}"})).status == 403
    assert (await scene.enter(link="x", headers={"X-Forwarded-For": "2001:db8::ffff:1"})).status == 429


async def test_another_sites_page_cannot_use_up_an_operators_tries(scene: Scene):
    for _ in range(2 * FAILED.times):
        answer = await scene.enter(link="x" * 43, headers={"Origin": "https://evil.example"})
        assert (answer.status, answer.error) == (403, "foreign")
    assert (await scene.enter(link=await scene.link())).status == 200


async def test_an_office_behind_one_address_enters_in_the_morning(scene: Scene):
    for _ in range(50):
        assert (await scene.enter(link=await scene.link())).status == 200


def test_those_who_are_quiet_are_forgotten():
    clock = TurnedClock()
    throttle = Throttle(clock)
    for number in range(100):
        throttle.begin(f"203.0.113.{number}")
    assert len(throttle) == 100
    clock.passes(FAILED.seconds)
    throttle.begin("198.51.100.1")
    assert len(throttle) == 1


def test_a_million_addresses_take_no_more_room_than_some_thousands():
    throttle = Throttle(TurnedClock())
    for number in range(KNOWN + 500):
        throttle.begin(f"address {number}")
    assert len(throttle) == KNOWN


def test_whoever_enters_all_the_time_has_to_wait_too():
    throttle = Throttle(TurnedClock())
    for _ in range(ENTERED.times):
        assert throttle.begin("203.0.113.9") == 0
        throttle.succeeded("203.0.113.9")
    assert throttle.begin("203.0.113.9") > 0


# what is told, and what is not


async def test_neither_the_log_nor_an_answer_has_a_secret(scene: Scene, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    link, init_data, foreign = await scene.link(), introduction(ANNA, scene.now), introduction(ANNA, 5, FOREIGN_BOT)
    told = []
    for way in ({"link": link}, {"init_data": init_data}):
        for _ in range(2):
            told.append(await scene.enter(**way))
    scene.clock.passes(MINUTES)
    told.append(await scene.enter(init_data=foreign))
    scene.clock.passes(MINUTES)
    told.append(await scene.enter(init_data=sign({"user": "{}"})))
    session = told[0].cookies[HOST_COOKIE][0]
    told += [await scene.me(session), await scene.me("x" * 43)]
    marks = [dict(parse_qsl(one))["hash"] for one in (init_data, foreign)]
    secrets = [BOT, BOT.partition(":")[2], link, session, *marks, "x" * 43]
    texts = [caplog.text, *(answer.text for answer in told)]
    assert "not let in" in caplog.text
    assert "entered the web desk" in caplog.text
    assert [secret for secret in secrets for text in texts if secret in text] == []
    assert ANNA.name not in caplog.text


async def test_the_log_has_a_line_a_minute_for_those_outside(scene: Scene, caplog: pytest.LogCaptureFixture):
    for _ in range(FAILED.times):
        await scene.enter(link="x" * 43)
    assert caplog.text.count("not let in") == 1
    scene.clock.passes(MINUTES)
    await scene.enter(link="x" * 43)
    assert "9 more before it" in caplog.text


async def test_no_answer_is_kept_by_anybody(scene: Scene):
    for answer in (
        await scene.me(),
        await scene.me(await scene.inside()),
        await scene.enter(link="x"),
        await scene.ask("POST", "/desk/leave"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
