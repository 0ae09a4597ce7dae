"""Accounts, logins and tokens by REST (protocol, section 6)."""

import base64
import gzip
import json
import os
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import contract
from client import Client, Closed
from cluster import BINARIES
from people import new_name
from rest import Service, is_problem
from waiting import eventually

PASSWORD = f"pw-{uuid.uuid4().hex}"


@pytest.fixture(scope="module", autouse=True)
def remember(cluster):
    cluster.secrets.add(PASSWORD)


@pytest.fixture
def web(cluster):
    return cluster.web


def parts(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def is_login(answer, status, name):
    assert answer.status == status, answer
    login = answer.json
    assert set(login) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in", "user"}
    assert (login["token_type"], login["expires_in"], login["refresh_expires_in"]) == ("Bearer", 900, 2_592_000)
    assert set(login["user"]) == {"id", "name", "roles"} and login["user"]["id"] == name
    assert answer.headers["Cache-Control"] == "no-store"
    return login


def test_who_registers_is_logged_in(web):
    name = new_name()
    answer = web.post("/auth/register", {"username": name, "password": PASSWORD, "name": "Ada Ü."})
    login = is_login(answer, 201, name)
    assert web.get(answer.headers["Location"], login["access_token"]).json == login["user"]
    assert login["user"] == {"id": name, "name": "Ada Ü.", "roles": ["member"]}
    assert web.get("/auth/me", login["access_token"]).json | login["user"] == web.get("/auth/me", login["access_token"]).json
    again = is_login(web.post("/auth/login", {"username": name, "password": PASSWORD}), 200, name)
    assert again["access_token"] != login["access_token"]


def test_a_token_says_what_the_protocol_lists(web, person):
    alice = person("alice")
    header, claims = parts(alice.token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "EdDSA")
    assert set(claims) >= {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "name", "roles"}
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("parley", alice.name, 900)
    keys = web.get("/.well-known/jwks.json").json["keys"]
    key = next(key for key in keys if key["kid"] == header["kid"])
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519") and "d" not in key


def test_with_a_shared_secret_no_key_is_published(open_cluster):
    assert open_cluster.web.get("/.well-known/jwks.json").json == {"keys": []}


def test_a_name_is_taken_once(web):
    name = new_name()
    body = {"username": name, "password": PASSWORD}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: web.post("/auth/register", body), range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    is_problem(next(answer for answer in answers if answer.status == 409), 409, "username_taken")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "Upper"}, "username"), ({"username": "x"}, "username"), ({"username": "-a"}, "username"),
        ({"username": "a" * 33}, "username"), ({"username": "ü" * 4}, "username"), ({"username": 7}, "username"),
        ({"username": None}, "username"), ({"username": "a_b"}, "username"), ({"password": "short"}, "password"),
        ({"password": None}, "password"), ({"password": "x" * 5000}, "password"), ({"name": "n" * 1000}, "name"),
    ],
)
def test_what_cannot_be_registered_is_named(web, changes, field):
    answer = web.post("/auth/register", {"username": new_name(), "password": PASSWORD} | changes)
    problem = is_problem(answer, 422, "invalid_field")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_whoever_is_logged_in_may_look_somebody_up(web, person):
    alice, bob = person("alice"), person("bob")
    assert web.get(f"/users/{alice.name}", bob.token).json == {"id": alice.name, "name": alice.name, "roles": ["member"]}
    for nobody in (new_name("nobody"), "No-Name"):
        is_problem(web.get(f"/users/{nobody}", bob.token), 404, "user_not_found")
    is_problem(web.get(f"/users/{alice.name}"), 401, "token_missing")


def test_a_wrong_password_and_an_unknown_name_look_alike(web, person):
    alice = person("alice")
    answers = [web.post("/auth/login", {"username": name, "password": "wrong-password"})
               for name in (alice.name, new_name("nobody"))]
    for answer in answers:
        is_problem(answer, 401, "invalid_credentials")
        assert "WWW-Authenticate" in answer.headers
    assert answers[0].json == answers[1].json


def test_names_of_marks_without_end_are_no_names(web):
    """To compare them, or to look them up, took auth seconds."""
    marks = "a" + "\u0301\u0316" * 5_000
    for body in ({"username": marks, "password": PASSWORD}, {"username": new_name(), "password": PASSWORD, marks: 1}):
        is_problem(web.post("/auth/login", body), 400, "invalid_json")


def test_guessing_is_slowed_down(web, person):
    alice = person("alice")
    wrong = {"username": alice.name, "password": "wrong-password"}
    for _ in range(20):
        if (answer := web.post("/auth/login", wrong)).status == 429:
            break
    problem = is_problem(answer, 429, "rate_limited")
    assert answer.headers["RateLimit-Policy"].startswith('"login";') and '"login";r=0' in answer.headers["RateLimit"]
    assert int(answer.headers["Retry-After"]) >= 1 and problem["title"]


def test_who_guesses_has_one_address_for_a_whole_network(cluster, person):
    wrong = {"username": person("alice").name, "password": "wrong-password"}
    answers = [
        cluster.auth.post("/auth/login", wrong, headers={"X-Forwarded-For": f"2001:db8:0:1::{number:x}"}).status
        for number in range(20)
    ]
    assert answers[:5] == [401] * 5 and set(answers[5:]) <= {401, 429} and answers.count(429) >= 10, answers


def test_who_tries_one_password_on_many_accounts_is_slowed_down(cluster):
    """From an address of its own: all other tests are this machine, which is not counted."""
    auth = Service(cluster.spawn("auth", MAX_LOGIN_FAILURES_PER_IP="3", TRUSTED_PROXIES="127.0.0.1").url)

    def log_in(name):
        body, headers = {"username": name, "password": "wrong-password"}, {"X-Forwarded-For": "203.0.113.7"}
        return auth.post("/auth/login", body, headers=headers)

    for number in range(3):
        is_problem(log_in(f"somebody-{number}"), 401, "invalid_credentials")
    answer = log_in("somebody-else")
    is_problem(answer, 429, "rate_limited")
    assert answer.headers["RateLimit-Policy"] == '"login-failures";q=3;w=900'
    assert 1 <= int(answer.headers["Retry-After"]) <= 300
    assert 'parley_auth_refused_total{reason="login_failures_per_ip"} 1' in auth.get("/metrics").body.decode()


def test_refreshing_rotates(web, person):
    alice = person("alice")
    first = web.post("/auth/refresh", {"refresh_token": alice.refresh_token})
    login = is_login(first, 200, alice.name)
    assert login["refresh_token"] != alice.refresh_token and login["access_token"] != alice.token
    # Two tabs at once: the parent gets the same answer for a moment.
    assert web.post("/auth/refresh", {"refresh_token": alice.refresh_token}).json["refresh_token"] == login["refresh_token"]
    assert parts(login["access_token"])[1]["sid"] == parts(alice.token)[1]["sid"]


def test_reusing_an_old_refresh_token_ends_the_session(web, person):
    alice = person("alice")
    tokens, login = [alice.refresh_token], None
    for _ in range(2):
        login = web.post("/auth/refresh", {"refresh_token": tokens[-1]}).json
        tokens.append(login["refresh_token"])
    live = Client(alice.cluster.gateway_urls[0], token=login["access_token"]).greeted()
    is_problem(web.post("/auth/refresh", {"refresh_token": tokens[0]}), 401, "token_revoked")
    closed = live.closed()
    assert (closed.code, closed.reason) == (1008, "token_revoked")
    is_problem(web.post("/auth/refresh", {"refresh_token": tokens[-1]}), 401, "token_revoked")
    is_problem(web.get("/auth/me", login["access_token"]), 401, "token_revoked")


@pytest.mark.parametrize("body", [{"refresh_token": "nonsense"}, {"refresh_token": ""}])
def test_an_unknown_refresh_token_is_refused(web, body):
    is_problem(web.post("/auth/refresh", body), 401, "token_invalid")


def test_a_ticket_has_half_a_minute(web, person):
    alice = person("alice")
    answer = web.post("/auth/ticket", {}, alice.token)
    assert answer.status in (200, 201) and set(answer.json) == {"ticket", "expires_in"}
    assert answer.json["expires_in"] == 30
    is_problem(web.post("/auth/ticket", {}), 401, "token_missing")


def test_changing_the_password_ends_the_other_sessions(web, person):
    alice = person("alice")
    other = is_login(web.post("/auth/login", {"username": alice.name, "password": alice.password}), 200, alice.name)
    live = Client(alice.cluster.gateway_urls[0], token=other["access_token"]).greeted()
    body = {"current_password": alice.password, "new_password": PASSWORD}
    assert web.post("/auth/password", body | {"current_password": "wrong-password"}, alice.token).status == 403
    assert web.post("/auth/password", body, alice.token).status == 204
    assert live.closed().reason == "token_revoked"
    assert web.get("/auth/me", alice.token).status == 200
    is_problem(web.post("/auth/login", {"username": alice.name, "password": alice.password}), 401, "invalid_credentials")
    is_login(web.post("/auth/login", {"username": alice.name, "password": PASSWORD}), 200, alice.name)


# ---- the forms of errors ----


CLOSED = ("/ws", "/healthz", "/readyz", "/metrics")
ROUTES = sorted(each for each in contract.operations() if not each[0].startswith(CLOSED))
#: Enough for any of them.
BODY = {"name": "Lair", "visibility": "public", "role": "member", "current_password": "wonderland", "new_password": "glass"}


@pytest.mark.parametrize("path, method", ROUTES)
def test_no_route_fails_for_who_has_a_good_token_and_no_account(web, ghost, path, method):
    address = path.replace("{room}", "general").replace("{user}", ghost.name)
    answer = web.call(method.upper(), address, BODY if method in ("post", "put") else None, ghost.token)
    assert answer.status < 500, answer


@pytest.fixture
def ghost(cluster, person):
    """Somebody whose account has been removed since they logged in."""
    person = person("ghost")
    cluster.sql(f"DELETE FROM auth.accounts WHERE handle = '{person.name}'")
    return person


def test_who_has_no_account_any_more_has_no_good_token(web, ghost):
    password = {"current_password": ghost.password, "new_password": "looking glass"}
    room = {"id": new_name("room"), "name": "Lair", "visibility": "public"}
    for answer in (web.post("/rooms", room, ghost.token), web.post("/auth/password", password, ghost.token),
                   web.get("/auth/me", ghost.token)):
        is_problem(answer, 401, "token_invalid")


def test_a_request_without_a_token_is_asked_for_one(web):
    answer = web.get("/auth/me")
    is_problem(answer, 401, "token_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    answer = web.get("/auth/me", "nonsense")
    is_problem(answer, 401, "token_invalid")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/auth/register", "/auth/login", "/auth/refresh"])
def test_another_method_is_told_which_there_are(web, path):
    answer = web.get(path)
    is_problem(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_what_is_no_json_is_refused(web):
    json_type = {"Content-Type": "application/json"}
    for body in (b"{", b"", b"\xff", b'{"username":"a"} x'):
        answer = web.call("POST", "/auth/login", body, headers=json_type)
        assert answer.status == 400 and answer.type == "application/problem+json", body
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = web.call("POST", "/auth/login", b'{"username":"a","password":"b"}', headers={"Content-Type": kind})
        is_problem(answer, 415, "unsupported_media_type")
    answer = web.call("POST", "/auth/login", gzip.compress(b"{}"), headers=json_type | {"Content-Encoding": "gzip"})
    is_problem(answer, 415, "unsupported_media_type")
    assert answer.headers["Accept-Encoding"] == "identity"


def test_a_body_too_large_is_refused(cluster, web):
    for service in (web, cluster.auth):
        body = json.dumps({"username": "a", "password": "x" * 400_000}).encode()
        try:
            answer = service.call("POST", "/auth/login", body, headers={"Content-Type": "application/json"})
        except (BrokenPipeError, ConnectionResetError):
            continue  # the answer may be lost where the server stops reading
        assert answer.status == 413 and answer.type == "application/problem+json"


@pytest.mark.parametrize("path", ["/auth/nothing", "/auth", "/history/nothing", "/presence/nothing", "/users/", "/nothing"])
def test_an_unknown_address_is_not_found(web, person, path):
    answer = web.get(path, person().token)
    assert answer.status == 404 and answer.type == "application/problem+json"
    assert answer.json["code"]


#: Of the first administrator: in containers it stands in the environment of every command.
SHARED_PASSWORD = "of the first administrator"


def account_command(cluster, verb: str, name: str):
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": cluster.database_url, "SCRYPT_LOG_N": "14",
        "ADMIN_PASSWORD": SHARED_PASSWORD,
    }
    command = [BINARIES / "auth", verb, name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def password_printed_by(cluster, done):
    assert done.returncode == 0, done.stderr
    password = done.stdout.strip().rpartition("shown this once: ")[2]
    assert len(password) >= 20
    cluster.secrets.add(password)
    return password


def test_who_becomes_an_administrator_keeps_their_password_and_sessions(cluster, web, person):
    alice = person("alice")
    done = account_command(cluster, "create-admin", alice.name)
    assert done.returncode == 0 and "shown" not in done.stdout
    assert web.post("/auth/refresh", {"refresh_token": alice.refresh_token}).status == 200
    login = is_login(web.post("/auth/login", {"username": alice.name, "password": alice.password}), 200, alice.name)
    assert set(login["user"]["roles"]) == {"admin", "member"}
    is_problem(web.post("/auth/login", {"username": alice.name, "password": SHARED_PASSWORD}), 401, "invalid_credentials")


@pytest.mark.parametrize(("verb", "roles"), [("create-admin", {"admin", "member"}), ("create-user", {"member"})])
def test_an_account_is_made_by_a_command(cluster, web, verb, roles):
    name = new_name("made")
    password = password_printed_by(cluster, account_command(cluster, verb, name))
    assert password != SHARED_PASSWORD
    login = is_login(web.post("/auth/login", {"username": name, "password": password}), 200, name)
    assert set(login["user"]["roles"]) == roles
    again = account_command(cluster, "create-user", name)
    assert again.returncode == 1 and again.stdout == "" and "reset-password" in again.stderr
    is_login(web.post("/auth/login", {"username": name, "password": password}), 200, name)


def test_a_password_is_reset_by_a_command(cluster, web, person):
    alice = person("alice")
    live = alice.connect(0)
    password = password_printed_by(cluster, account_command(cluster, "reset-password", alice.name))
    assert live.closed() == Closed(1008, "token_revoked")
    # Auth hears of it by the same word as the gateway, and not before it.
    eventually(lambda: web.get("/auth/me", alice.token).status == 401, what="auth has heard of it")
    is_problem(web.get("/auth/me", alice.token), 401, "token_revoked")
    is_problem(web.post("/auth/refresh", {"refresh_token": alice.refresh_token}), 401, "token_revoked")
    is_problem(web.post("/auth/login", {"username": alice.name, "password": alice.password}), 401, "invalid_credentials")
    login = is_login(web.post("/auth/login", {"username": alice.name, "password": password}), 200, alice.name)
    assert login["user"]["roles"] == ["member"]
    nobody = account_command(cluster, "reset-password", new_name("nobody"))
    assert nobody.returncode == 1 and nobody.stdout == "" and "create-user" in nobody.stderr


def test_an_account_is_disabled_and_enabled_by_a_command(cluster, web, person):
    alice = person("alice")
    live = alice.connect(0)
    body = {"username": alice.name, "password": alice.password}
    done = account_command(cluster, "disable-user", alice.name)
    assert done.returncode == 0 and "enable-user" in done.stdout, done
    assert live.closed(patience=5) == Closed(1008, "token_revoked")
    eventually(lambda: web.get("/auth/me", alice.token).status == 401, what="auth has heard of it")
    is_problem(web.post("/auth/refresh", {"refresh_token": alice.refresh_token}), 401, "token_revoked")
    refused = web.post("/auth/login", body)
    is_problem(refused, 401, "invalid_credentials")
    assert refused.json == web.post("/auth/login", body | {"password": "wrong-password"}).json

    # Another password does not open it, and the operator is told why.
    reset = account_command(cluster, "reset-password", alice.name)
    assert reset.returncode == 0 and f"auth enable-user {alice.name}" in reset.stdout
    body["password"] = reset.stdout.splitlines()[0].rpartition("shown this once: ")[2]
    cluster.secrets.add(body["password"])
    is_problem(web.post("/auth/login", body), 401, "invalid_credentials")

    assert account_command(cluster, "enable-user", alice.name).returncode == 0
    is_login(web.post("/auth/login", body), 200, alice.name)
    for verb in ("disable-user", "enable-user"):
        nobody = account_command(cluster, verb, new_name("nobody"))
        assert nobody.returncode == 1 and nobody.stdout == "" and "create-user" in nobody.stderr


@pytest.mark.parametrize("verb", ["create-admin", "create-user", "reset-password", "disable-user", "enable-user"])
def test_a_name_that_nobody_can_have_is_a_wrong_argument(verb):
    command = [BINARIES / "auth", verb, "No Name"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.count("\n") == 1 and "No Name" in done.stderr
