"""Reads URL-encoded parameters, none of which may come twice (RFC 6749, 3.1 and 3.2)."""

import urllib.parse

from starlette.requests import Request

FORM_TYPE = "application/x-www-form-urlencoded"


class RepeatedParameterError(ValueError):
    """A parameter came more than once; the message names it."""


def single_parameters(text: str) -> dict[str, str]:
    """Returns the parameters of a query or form.

    Raises:
        RepeatedParameterError: One came more than once.
    """
    parameters: dict[str, str] = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        if name in parameters:
            raise RepeatedParameterError(f"The parameter {name} came more than once.")
        parameters[name] = value
    return parameters


async def form_text(request: Request) -> str:
    """Returns the body of a URL-encoded form; anything else counts as empty."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return (await request.body()).decode(errors="replace") if kind == FORM_TYPE else ""
