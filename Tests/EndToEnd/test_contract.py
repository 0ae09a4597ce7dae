"""The written contract: whole in itself, the same as the code, and kept by the running services.

Every frame and every answer of all other tests is checked against it too: see `client.py` and `rest.py`.
"""

import copy
import json
import re
from urllib.parse import urlsplit

import pytest

import contract
from rest import Answer

FIXTURES = sorted((contract.TOP / "Tests/Fixtures/envelopes").glob("*.json"))
DOCUMENTS = ("asyncapi.json", "openapi.json")
NOT_SENT_YET = {"presence"}
LATER_FRAMES = ("edit_message", "delete_message", "add_reaction", "remove_reaction", "mark_read", "set_status")
LATER_ROUTES = ("/history/search?q=x", "/history/unread", "/presence/webhooks", "/messages", "/events")


def nodes(node):
    """The node and all below it."""
    yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(each)


def source(path: str) -> str:
    return (contract.TOP / path).read_text()


def raw_values(path: str) -> dict[str, str]:
    """The cases of a Swift enum of texts."""
    found = {}
    for line in re.findall(r"^    case (.+)$", source(path), re.MULTILINE):
        for name, _, value in re.findall(r'(\w+)( = "(\w+)")?', line):
            found[name] = value or name
    return found


# ---- whole in itself ----


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_reference_leads_somewhere_and_has_nothing_beside_it(name):
    references = [node for node in nodes(contract.document(name)) if isinstance(node, dict) and "$ref" in node]
    assert references
    for reference in references:
        contract.target(reference["$ref"], name)
        assert set(reference) == {"$ref"}, f"tools ignore what stands beside {reference}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_component_is_used(name):
    texts = [json.dumps(contract.document(each)) for each in DOCUMENTS]
    for kind in ("schemas", "responses", "parameters", "headers", "messages"):
        for component in contract.document(name)["components"].get(kind, {}):
            pointer = f'#/components/{kind}/{component}"'
            assert component in NOT_SENT_YET | {"CloseReason"} or any(pointer in text for text in texts), pointer


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_schema_compiles(name):
    for schema in contract.document(name)["components"]["schemas"].values():
        contract.compiled(schema, name)


def test_every_close_reason_has_one_code():
    codes = contract.document("asyncapi.json")["x-close-codes"]
    reasons = [reason for row in codes for reason in row["reasons"]]
    assert sorted(reasons) == sorted(contract.document("asyncapi.json")["components"]["schemas"]["CloseReason"]["enum"])


# ---- the fixtures ----


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_keeps_to_the_contract(fixture):
    frame = json.loads(fixture.read_text())
    assert frame["type"] == fixture.stem
    if frame["type"] in NOT_SENT_YET:
        contract._check(contract._frame(frame["type"]), frame, frame["type"])
    else:
        contract.check_frame(frame)


def test_every_frame_of_the_server_has_a_fixture():
    assert {path.stem for path in FIXTURES} == contract.frames("send") | NOT_SENT_YET


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_what_is_absent_or_not_described_is_noticed(fixture):
    """The guard of the guard: each required member of the frame, taken away; one too many, put in."""
    frame = json.loads(fixture.read_text())
    kind = frame["type"]
    payload = contract.document("asyncapi.json")["components"]["messages"][kind]["payload"]
    schema = contract.resolved(payload, "asyncapi.json")
    for place, part in ((), schema), (("data",), schema["properties"]["data"]):
        for broken in [*part.get("required", ()), None]:
            copied = copy.deepcopy(frame)
            holder = copied[place[0]] if place else copied
            if broken is not None:
                del holder[broken]
            elif part.get("additionalProperties") is True:
                continue
            else:
                holder["not_described"] = 1
            with pytest.raises(contract.Violation):
                contract._check(contract._frame(kind), copied, kind)


@pytest.mark.parametrize(
    "method, path, status, type, body",
    [
        ("GET", "/auth/me", 418, "application/json", {}),
        ("GET", "/auth/me", 200, "application/json", {"id": "alice", "name": "Alice"}),
        ("GET", "/auth/me", 200, "application/json", {"id": "alice", "name": "Alice", "roles": [], "email": ""}),
        ("GET", "/auth/me", 200, "text/plain", ""),
        ("GET", "/nowhere", 200, "application/json", {}),
        ("GET", "/rooms/a", 404, "application/problem+json",
         {"type": "about:blank", "title": "", "status": 404, "code": "user_not_found"}),
        ("GET", "/rooms/a", 401, "application/problem+json",
         {"type": "about:blank", "title": "", "status": 401, "code": "token_missing"}),
        ("POST", "/auth/logout", 204, "application/json", {}),
    ],
)
def test_an_answer_that_is_not_written_is_noticed(method, path, status, type, body):
    answer = Answer(status, {"Content-Type": type}, json.dumps(body).encode())
    with pytest.raises(contract.Violation):
        contract.check_answer(method, path, answer)


# ---- the same as the code ----


def test_codes_and_reasons_are_those_of_the_code():
    frames = contract.document("asyncapi.json")["components"]["schemas"]
    problems = contract.document("openapi.json")["components"]["schemas"]["ProblemCode"]["enum"]
    reasons = raw_values("Shared/Schema/CloseReason.swift").values()
    assert set(frames["CloseReason"]["enum"]) == set(reasons)
    assert set(raw_values("Shared/Schema/ErrorCode.swift").values()) <= {*frames["FrameErrorCode"]["enum"], *problems}


def test_what_no_balancer_hands_on_names_the_port_of_each_service():
    ports = {
        int(port) for config in contract.TOP.glob("Services/*/*Config.swift")
        for port in re.findall(r"\.hosting\(port: (\d+)\)", config.read_text())
    }
    assert len(ports) == 4
    for path, item in contract.document("openapi.json")["paths"].items():
        is_own = all("operations" in part["tags"] for method, part in item.items() if method in contract.METHODS)
        assert {urlsplit(server["url"]).port for server in item.get("servers", [])} == (ports if is_own else set()), path


def test_a_close_reason_has_the_code_of_the_code():
    text = source("Shared/Schema/CloseReason.swift")
    words = raw_values("Shared/Schema/CloseReason.swift")
    written = {
        (row["code"], reason) for row in contract.document("asyncapi.json")["x-close-codes"] for reason in row["reasons"]
    }
    cases = re.findall(r"case (\.[\w., ]+): (\d+)", text)
    assert written == {(int(code), words[name]) for names, code in cases for name in re.findall(r"\w+", names)}


def test_client_frames_are_those_of_the_code():
    taken = re.findall(r"case \.(\w+): self = \.\w+\(", source("Shared/Schema/ClientCommand.swift"))
    words = raw_values("Shared/Schema/EventType.swift")
    assert {words[name] for name in taken} == contract.frames("receive")


def test_routes_are_those_of_the_code():
    found = set()
    for folder in ("Services", "Shared/Hosting"):
        for file in (contract.TOP / folder).rglob("*.swift"):
            for method, path in re.findall(r'\.on\(\s*\.(\w+),\s*"([^"]+)"', file.read_text()):
                found.add((path, method))
    assert found == set(contract.operations())


# ---- kept by the services ----

# Each in a room of its own: a join is given up where the same room is joined anew or left before it is done.
GOOD = [
    ("join_room", {"room": "no-such-room-1", "recent": 0}),
    ("join_room", {"room": "no-such-room-2", "since": {"epoch": "zz", "seq": 0}}),
    ("leave_room", {"room": "no-such-room-3"}),
    ("send_message", {"room": "no-such-room-4", "content": "x"}),
    ("send_message", {"to": "nobody-at-all", "content": "x", "client_msg_id": "c 1", "metadata": {"a": [1]}}),
    ("send_message", {"room": "no-such-room-5", "content": "x", "ack": "stored", "retry": True}),
    ("typing_start", {"room": "no-such-room-6"}),
    ("typing_stop", {"room": "no-such-room-7"}),
    ("get_presence", {"users": ["alice", "bob"]}),
    ("get_history", {"room": "no-such-room-8", "before": 0, "limit": 200}),
    ("ping", {"anything": {"at": ["all"]}}),
    ("ping", [1]),
]
BAD = [
    ("join_room", {"room": "a", "recent": 101}),
    ("join_room", {"room": "a", "since": {"epoch": "zz"}}),
    ("join_room", {"room": 1}),
    ("send_message", {"room": "a"}),
    ("send_message", {"room": "a", "content": ""}),
    ("send_message", {"room": "a", "to": "bob", "content": "x"}),
    ("send_message", {"room": "a", "content": "x", "client_msg_id": "é"}),
    ("send_message", {"room": "a", "content": "x", "client_msg_id": "x" * 65}),
    ("send_message", {"room": "a", "content": "x", "reply_to": "m"}),
    ("send_message", {"room": "a", "content": "x", "ack": "soon"}),
    ("get_presence", {"users": ["A"]}),
    ("get_presence", {"users": ["alice"], "room": "a"}),
    ("get_history", {"room": "a", "limit": 0}),
    ("get_history", {"room": "a", "before": 5, "after": 1}),
    ("get_history", {"room": "a", "before": -1}),
    ("authenticate", {"token": 5}),
]


def test_frames_that_the_schema_admits_are_taken_and_others_are_not(guest):
    client = guest().connect()
    for kind, data in GOOD + BAD:
        client.send_raw(json.dumps({"type": kind, "id": f"{kind} {json.dumps(data)}", "data": data}))
    assert all(contract.admits_frame({"type": kind, "data": data}) for kind, data in GOOD)
    assert not any(contract.admits_frame({"type": kind, "data": data}) for kind, data in BAD)
    for kind, data in GOOD + BAD:
        answer = client.expect(None, reply_to_id=f"{kind} {json.dumps(data)}")
        refused = answer["data"].get("code") == "invalid_field"
        assert refused == ((kind, data) in BAD), (kind, data, answer)


@pytest.mark.parametrize("kind", LATER_FRAMES)
def test_frames_of_later_waves_are_unknown(guest, kind):
    assert kind not in contract.frames("receive")
    answer = guest().connect().ask(kind, "error", room="a")
    assert answer["data"]["code"] == "unknown_type"


@pytest.mark.parametrize("path, method", sorted(contract.operations()))
def test_a_route_is_there_and_asks_who_one_is(open_cluster, path, method):
    service = open_cluster.auth if path in ("/healthz", "/readyz", "/metrics") else open_cluster.web
    body = {} if "requestBody" in contract.operations()[path, method] else None
    answer = service.call(method.upper(), path.format(room="a", user="bob"), body)
    if contract.operations()[path, method].get("security") == []:
        assert answer.status in (200, 422, 426), answer
    else:
        assert answer.status == 401, answer
        assert answer.json["code"] == "token_missing", answer


@pytest.mark.parametrize("path", sorted({path for path, _ in contract.operations()}))
def test_a_path_has_no_other_methods(open_cluster, path):
    service = open_cluster.auth if path in ("/healthz", "/readyz", "/metrics") else open_cluster.web
    methods = {method.upper() for described, method in contract.operations() if described == path}
    allowed = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    answer = service.call("TRACK", path.format(room="a", user="bob"))
    assert answer.status == 405, answer
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", LATER_ROUTES)
def test_routes_of_later_waves_are_not_there(open_cluster, path):
    answer = open_cluster.web.get(path)
    assert (answer.status, answer.json["code"]) == (404, "not_found"), answer
