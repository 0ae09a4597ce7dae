"""The written contract: asyncapi.json for frames, openapi.json for HTTP, and whether what was heard keeps to it.

Stricter than a client may be: a member that is not described is a violation here.
"""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import fastjsonschema

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "Shared/Schema/Schema.docc"
METHODS = ("get", "put", "post", "delete", "patch")


class Violation(AssertionError):
    """What was heard is not what is written."""


# ---- the documents ----


@cache
def document(name: str) -> dict:
    return json.loads((FOLDER / name).read_text())


def target(reference: str, name: str) -> tuple[dict, str]:
    """What a reference within the document `name` leads to, and the document that it stands in."""
    other, _, pointer = reference.partition("#")
    name = other or name
    node = document(name)
    for part in pointer.split("/")[1:]:
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node, name


def resolved(node, name: str):
    """The node with everything it refers to put in its place."""
    if isinstance(node, list):
        return [resolved(each, name) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return resolved(*target(node["$ref"], name))
    return {key: resolved(value, name) for key, value in node.items()}


def closed(schema):
    """The schema, taking no members but those that are described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    return schema


def compiled(schema: dict, name: str):
    return fastjsonschema.compile(closed(resolved(schema, name)), use_default=False, use_formats=False)


def _check(check, value, where: str) -> None:
    try:
        check(value)
    except fastjsonschema.JsonSchemaValueException as violation:
        raise Violation(f"{where}: {violation.message}; it was {json.dumps(value)[:600]}") from None


# ---- frames ----


@cache
def _frame(kind: str):
    return compiled(document("asyncapi.json")["components"]["messages"][kind]["payload"], "asyncapi.json")


@cache
def frames(action: str) -> frozenset[str]:
    """The types that a server receives, or sends."""
    operations = document("asyncapi.json")["operations"].values()
    messages = [each for operation in operations if operation["action"] == action for each in operation["messages"]]
    replies = [each for operation in operations for each in operation.get("reply", {}).get("messages", [])]
    return frozenset(
        each["$ref"].rpartition("/")[2] for each in messages + (replies if action == "send" else [])
    )


def check_frame(frame: dict) -> dict:
    """A frame of the server's, unless it breaks the contract."""
    kind = frame.get("type")
    if kind not in frames("send"):
        raise Violation(f"no frame of the server's has the type {kind!r}: {json.dumps(frame)[:600]}")
    _check(_frame(kind), frame, kind)
    return frame


def admits_frame(frame: dict) -> bool:
    """Whether this is a frame that clients may send."""
    try:
        _check(_frame(frame["type"]), frame, "")
    except Violation:
        return False
    return True


# ---- HTTP ----


@cache
def operations() -> dict[tuple[str, str], dict]:
    """Every operation by path and method."""
    paths = document("openapi.json")["paths"]
    return {(path, method): item[method] for path, item in paths.items() for method in METHODS if method in item}


@cache
def _patterns() -> list[tuple[re.Pattern, str]]:
    """The paths, those without parameters first."""
    paths = sorted(document("openapi.json")["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path.replace(".", r"\.")) + "/?"), path) for path in paths]


def path_of(address: str) -> str | None:
    """The described path that this address belongs to."""
    path = urlsplit(address).path
    return next((described for pattern, described in _patterns() if pattern.fullmatch(path)), None)


@cache
def _response(path: str, method: str, status: str) -> dict | None:
    """What is written of an answer; None where this status is not."""
    responses = operations()[path, method]["responses"]
    found = responses.get(status) or (responses.get("default") if int(status) >= 400 else None)
    return found and resolved(found, "openapi.json")


@cache
def _body(path: str, method: str, status: str, media: str):
    return compiled(_response(path, method, status)["content"][media]["schema"], "openapi.json")


@cache
def _problem():
    return compiled({"$ref": "#/components/schemas/Problem"}, "openapi.json")


def check_answer(method: str, address: str, answer):
    """An answer over HTTP, unless it breaks the contract."""
    path, method = path_of(address), method.lower()
    where = f"{method.upper()} {urlsplit(address).path}: {answer.status}"
    if (path, method) in operations():
        _check_described(path, method, answer, where)
    elif answer.type == "application/problem+json":
        _check(_problem(), answer.json, where)
        if answer.status == 405 and not answer.headers.get("Allow"):
            raise Violation(f"{where} without Allow")
    elif answer.type == "application/json" and method != "head":
        raise Violation(f"{where} is written nowhere")
    return answer


def _check_described(path: str, method: str, answer, where: str) -> None:
    status = str(answer.status)
    response = _response(path, method, status)
    if response is None:
        raise Violation(f"{where} is no status of this route: {answer.body[:600]!r}")
    for name, header in response.get("headers", {}).items():
        value = answer.headers.get(name)
        if value is None and header.get("required"):
            raise Violation(f"{where} without {name}")
        if value is not None:
            schema = header["schema"]
            _check(compiled(schema, "openapi.json"), int(value) if schema.get("type") == "integer" else value, where)
    content = response.get("content", {})
    if not content:
        if answer.body:
            raise Violation(f"{where} has a body: {answer.body[:600]!r}")
    elif answer.type not in content:
        raise Violation(f"{where} is of the type {answer.type!r}")
    else:
        body = answer.json if answer.type.endswith("json") else answer.body.decode()
        _check(_body(path, method, status, answer.type), body, where)
