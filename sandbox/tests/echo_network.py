"""A network of two routes that the tests of the core play: things are put in and counted."""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox import Practice, SandboxCore


class EchoNetwork:
    key = "echo"
    title = "Echo"
    body_limit = 100_000
    practice = Practice(settings={}, publish=("POST /things$",))

    def operation(self, method: str, path: str) -> str:
        return f"{method.lower()} {path.strip('/')}"

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:  # noqa: ARG002  # the protocol's
        things: list[str] = []

        async def put_thing(request: Request) -> Response:
            things.append((await request.body()).decode())
            answer = msgspec.json.encode({"things": len(things)})
            return Response(answer, 201, media_type="application/json")

        async def show_things(_request: Request) -> Response:
            return Response(msgspec.json.encode(things), media_type="application/json")

        async def fail(_request: Request) -> Response:
            raise RuntimeError("this route is broken on purpose")

        return [
            Route("/things", put_thing, methods=["POST"]),
            Route("/broken", fail, methods=["GET"]),
            Route("/_sandbox/things", show_things, methods=["GET"]),
        ]


def network() -> EchoNetwork:
    return EchoNetwork()


def broken_network() -> EchoNetwork:
    raise RuntimeError("its settings are missing")
