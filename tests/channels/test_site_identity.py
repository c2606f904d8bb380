"""Signed identities: whoever the company's server vouches for is that person, and nobody else is."""

import base64
import hashlib
import hmac
import json
import logging
import warnings

import jwt
import pytest

from bridge.channels.site.identity import Identity
from bridge.model import Profile
from tests.turned_clock import START, TurnedClock

SECRET = "secret-of-the-shop-0123456789abcdef"
NOW = int(START.timestamp())
HOUR = 3600


def claims(**more: object) -> dict[str, object]:
    return {"sub": "42", "exp": NOW + HOUR, **more}


def as_jwt(claims: object, secret: str = SECRET, algorithm: str = "HS256") -> str:
    with warnings.catch_warnings(action="ignore", category=jwt.warnings.InsecureKeyLengthWarning):
        return jwt.PyJWS().encode(json.dumps(claims).encode(), secret, algorithm=algorithm)


def as_plain(claims: object, secret: str = SECRET) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return payload + "." + hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


FORMS = pytest.mark.parametrize("sign", [as_jwt, as_plain])


@pytest.fixture
def identity():
    return Identity(SECRET, TurnedClock())


@FORMS
def test_a_good_one_is_believed(identity, sign):
    person = identity.read(sign(claims(name=" Анна\n Петрова", email="anna@example.ru", phone="+7 900 000-00-00")))
    assert person.id == "user:" + hashlib.sha256(b"42").hexdigest()
    assert person.profile == Profile(
        name="Анна Петрова", email="anna@example.ru", phone="+7 900 000-00-00", verified=True
    )


def test_both_forms_and_both_kinds_of_number_name_the_same_person(identity):
    ids = {identity.read(sign(claims(sub=sub))).id for sign in (as_jwt, as_plain) for sub in ("42", 42, 42.0)}
    assert len(ids) == 1
    assert identity.read(as_jwt(claims(sub="43"))).id not in ids


def test_what_other_libraries_make_is_taken(identity):
    token = jwt.encode({"sub": "42", "exp": NOW + HOUR, "iat": NOW, "aud": "chat", "iss": "shop"}, SECRET)
    assert identity.read(token) is not None


@FORMS
def test_what_is_not_known_may_be_left_out_or_empty(identity, sign):
    person = identity.read(sign(claims(name=None, email=["x"], phone=79000000000)))
    assert person.profile == Profile(phone="79000000000", verified=True)


@FORMS
@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": NOW - 30},
        {"exp": NOW - HOUR},
        {"exp": NOW + 30 * 86_400 + 60},
        {"exp": 1e999},
        {"exp": float("nan")},
        {"exp": str(NOW + HOUR)},
        {"exp": True},
        {"exp": None},
        {"nbf": NOW + HOUR},
        {"nbf": "now"},
        {"sub": ""},
        {"sub": None},
        {"sub": True},
        {"sub": 1.5},
        {"sub": ["42"]},
        {"sub": "x" * 129},
        {"sub": "\ud800"},
        {"sub": 10**200},
    ],
)
def test_a_claim_that_is_wrong_is_not_believed(identity, sign, wrong):
    assert identity.read(sign(claims(**wrong))) is None


@FORMS
@pytest.mark.parametrize("missing", ["sub", "exp"])
def test_a_claim_that_is_missing_is_not_believed(identity, sign, missing):
    assert identity.read(sign({name: value for name, value in claims().items() if name != missing})) is None


@FORMS
def test_it_is_good_until_it_ends_and_for_the_moment_that_clocks_differ(sign):
    clock = TurnedClock()
    token = sign(claims(exp=NOW + 60))
    clock.passes(60 + 29)
    assert Identity(SECRET, clock).read(token) is not None
    clock.passes(1)
    assert Identity(SECRET, clock).read(token) is None


@FORMS
def test_another_secret_is_not_believed(identity, sign):
    assert identity.read(sign(claims(), "secret-of-another-0123456789abcdef")) is None


@pytest.mark.parametrize("algorithm", ["none", "HS512", "HS384"])
def test_another_algorithm_is_not_believed(identity, algorithm):
    assert identity.read(as_jwt(claims(), SECRET if algorithm != "none" else "", algorithm)) is None


@FORMS
def test_what_was_changed_after_signing_is_not_believed(identity, sign):
    parts, forged = sign(claims()).split("."), as_plain(claims(sub="1")).split(".")[0]
    parts[0 if len(parts) == 2 else 1] = forged
    assert identity.read(".".join(parts)) is None


def test_the_signature_of_one_form_is_none_of_the_other(identity):
    head, payload, _ = as_jwt(claims()).split(".")
    over_payload = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).digest()
    written = base64.urlsafe_b64encode(over_payload).decode().rstrip("=")
    assert identity.read(f"{head}.{payload}.{written}") is None


@pytest.mark.parametrize(
    "token",
    [
        *("", ".", "..", "a.b", "a.b.c", "....", "я.я", "x" * 10_000, as_plain(claims()) + "\n", as_jwt([1, 2])),
        *(as_plain("42"), as_plain(claims()).upper(), "a." + "0" * 64, as_jwt(claims(name="x" * 5000))),
        base64.urlsafe_b64encode(b'{"alg":["HS256"]}').decode().rstrip("=") + ".e30.e30",
    ],
)
def test_what_is_no_token_is_not_believed(identity, token):
    assert identity.read(token) is None


def test_tokens_stay_out_of_the_log(identity, caplog):
    caplog.set_level(logging.DEBUG)
    for token in (as_jwt(claims()), as_plain(claims(), "another-secret-0123456789abcdef!!")):
        identity.read(token)
        assert token not in caplog.text
        assert token.split(".")[-1] not in caplog.text
