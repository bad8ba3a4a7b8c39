"""The protocol's refusals, with the names and statuses that a PDS gives them.

Source: https://atproto.com/specs/xrpc (error responses) and the published PDS's answers.
"""


class XrpcError(Exception):
    """A refusal in the protocol's own form.

    Args:
        name: The error's name, such as ``InvalidRequest``.
        message: What happened, for people.
        status: The HTTP status.
    """

    def __init__(self, name: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = status


def invalid_request(message: str) -> XrpcError:
    """Returns the refusal of a request that does not fit."""
    return XrpcError("InvalidRequest", message)


def invalid_record(collection: str, message: str) -> XrpcError:
    """Returns the refusal of a record that breaks its lexicon."""
    return invalid_request(f"Invalid {collection} record: {message}")


def auth_missing() -> XrpcError:
    """Returns the refusal of a request without a token."""
    return XrpcError("AuthMissing", "Authentication Required", status=401)


def auth_required(message: str = "Authentication Required") -> XrpcError:
    """Returns the refusal of somebody who may not do this."""
    return XrpcError("AuthenticationRequired", message, status=401)


def invalid_token(message: str) -> XrpcError:
    """Returns the refusal of a token that was never good."""
    return XrpcError("InvalidToken", message)


def expired_token(message: str) -> XrpcError:
    """Returns the refusal of a token that was good once."""
    return XrpcError("ExpiredToken", message)


def internal_error() -> XrpcError:
    """Returns the answer that a PDS gives when it fails on its own."""
    return XrpcError("InternalServerError", "Internal Server Error", status=500)
