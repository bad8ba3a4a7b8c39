"""The OpenAPI 3.1 document, made of the routes and of what their handlers say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Method

from mpcas2_server.describe import Doc
from mpcas2_server.errors import ErrorBody

__all__ = ("build",)

PREFIX = "/api/v1"
SCHEMAS = "#/components/schemas/{name}"
JSON = "application/json"
ABOUT = """\
Make, schedule and publish posts on social networks, each exactly once.

**Signing in.** `POST /auth/login` gives an access token for 15 minutes; send it as
`Authorization: Bearer <accessToken>`. `POST /auth/refresh` exchanges the refresh token for the next
pair: keep the new one, since a token that was used before ends the sign-in.

**Errors** are `{"error": {"code", "message", "details"?, "timestamp", "requestId"}}`. Unknown keys
and unknown query parameters are refused. Keys without a value are left out, never null.

**Doing it twice.** Send an `Idempotency-Key` with any POST: the same key with the same request gives
the stored answer (`Idempotent-Replay: true`) for 24 hours, with another request 409.
"""
TAGS = {
    "Authentication": "Sign up, sign in, renew, sign out.",
    "Content": "Texts and files that can be posted.",
    "Social Accounts": "The accounts that posts go to.",
    "Publishing": "Posts, now or on schedule, and the whole story of each.",
    "Platforms": "The networks and plugins of this installation.",
    "Health": "For load balancers and people on call.",
}
_PATH_PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
_ANY_ID = re.compile(r"\{\w+_id:uuid\}")
_BODY_METHODS = frozenset({"POST", "PATCH", "PUT"})


def build(routes: Iterable[Any], *, version: str, server: str) -> dict[str, Any]:
    """Makes the document.

    Args:
        routes: The application's routes; those whose handler has no ``doc`` are left out.
        version: Version of the product.
        server: Public address of the installation.
    """
    found = list(_described(routes))
    schemas, components = _schemas(doc for _, _, doc, _ in found)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, doc, handler in found:
        operation = _operation(path, method, doc, schemas, components)
        operation["operationId"] = handler.fn.__name__
        paths.setdefault(_PATH_PARAMETER.sub(r"{\1}", path), {})[method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MPCAS2 API",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server.rstrip("/") + PREFIX, "description": "This installation"}],
        "security": [{"bearerAuth": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _described(routes: Iterable[Any]) -> Iterator[tuple[str, Method, Doc, HTTPRouteHandler]]:
    for route in routes:
        if not isinstance(route, HTTPRoute) or not route.path_format.startswith(PREFIX):
            continue
        for handler in route.route_handlers:
            doc = handler.opt.get("doc")
            if isinstance(doc, Doc):
                # Seed's word: the one id of an address is `id`.
                path = _ANY_ID.sub("{id:uuid}", route.path.removeprefix(PREFIX))
                for method in sorted(handler.http_methods):
                    yield path, method, doc, handler


def _schemas(docs: Iterable[Doc]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    kinds: dict[type[msgspec.Struct], None] = {ErrorBody: None}
    for doc in docs:
        answers = (
            one
            for entry in doc.answers.values()
            for one in (entry if isinstance(entry, tuple) else (entry,))
        )
        named = (doc.query, doc.body, *answers)
        kinds |= {kind: None for kind in named if isinstance(kind, type)}
    made, components = msgspec.json.schema_components(list(kinds), ref_template=SCHEMAS)
    for shape in components.values():
        for schema in shape.get("properties", {}).values():
            # An absent key and a default of nothing are the same; only real values are worth showing.
            if not isinstance(schema.get("default", 0), str | int | float):
                del schema["default"]
    return dict(zip(kinds, made, strict=True)), components


def _operation(
    path: str,
    method: Method,
    doc: Doc,
    schemas: dict[Any, dict[str, Any]],
    components: dict[str, Any],
) -> dict[str, Any]:
    operation: dict[str, Any] = {"tags": [doc.tag], "summary": doc.summary}
    if doc.description:
        operation["description"] = doc.description
    if doc.public:
        operation["security"] = []
    parameters = [_path_parameter(match) for match in _PATH_PARAMETER.finditer(path)]
    if doc.query is not None:
        shape = components[schemas[doc.query]["$ref"].rsplit("/", 1)[1]]
        parameters += [
            _query_parameter(name, schema) for name, schema in shape["properties"].items()
        ]
    if method == "POST":
        parameters.append(_IDEMPOTENCY_KEY)
    if parameters:
        operation["parameters"] = parameters
    content: dict[str, Any] = {}
    if doc.form is not None:
        content["multipart/form-data"] = {"schema": doc.form}
    if doc.body is not None:
        content[JSON] = {"schema": schemas[doc.body]}
        if doc.example is not None:
            content[JSON]["example"] = doc.example
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = _responses(method, doc, schemas)
    return operation


def _responses(method: Method, doc: Doc, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, kind in doc.answers.items():
        response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if isinstance(kind, str):
            response["content"] = {kind: {"schema": {"type": "string", "format": "binary"}}}
        elif isinstance(kind, tuple):
            response["content"] = {JSON: {"schema": {"oneOf": [schemas[one] for one in kind]}}}
        elif kind is not None:
            response["content"] = {JSON: {"schema": schemas[kind]}}
        responses[str(status)] = response
    errors = dict(doc.errors)
    if not doc.public:
        errors.setdefault(401, "There is no token, or it is no longer good.")
    if doc.query is not None or doc.body is not None or doc.form is not None:
        errors.setdefault(400, "An input does not fit; `details.field` says which.")
    if method in _BODY_METHODS and (doc.body is not None or doc.form is not None):
        errors.setdefault(413, "The body is too large.")
        errors.setdefault(415, "The body is not of a kind that is understood.")
    errors.setdefault(500, "Something went wrong here.")
    if HTTPStatus.SERVICE_UNAVAILABLE not in doc.answers:
        errors.setdefault(503, "The database is away, or the tenant is not migrated yet.")
    error_content = {JSON: {"schema": schemas[ErrorBody]}}
    for status, text in sorted(errors.items()):
        responses[str(status)] = {"description": text, "content": error_content}
    return responses


def _path_parameter(match: re.Match[str]) -> dict[str, Any]:
    name, kind = match.groups()
    schema = {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    schema = dict(schema)
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": False}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    parameter["schema"] = schema
    return parameter


_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the request safe to repeat, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
