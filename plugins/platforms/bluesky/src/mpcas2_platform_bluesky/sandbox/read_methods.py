"""The methods ``com.atproto.repo.*`` that read, and ``com.atproto.sync.getBlob``."""

from typing import Any

from starlette.responses import Response

from mpcas2_platform_bluesky.sandbox.accounts import Account
from mpcas2_platform_bluesky.sandbox.errors import XrpcError, invalid_request
from mpcas2_platform_bluesky.sandbox.server_methods import did_document
from mpcas2_platform_bluesky.sandbox.syntax import is_at_identifier, is_nsid, is_record_key
from mpcas2_platform_bluesky.sandbox.xrpc import Call, Method

_DEFAULT_LIMIT = 50
_MAX_LIMIT = 100
BLOB_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def _account_at(call: Call) -> Account:
    name = call.parameter("repo", "AT identifier", is_at_identifier)
    account = call.state.accounts.find(name)
    if account is None:
        raise XrpcError("RepoNotFound", f"Could not find repo for DID: {name}")
    return account


def _collection(call: Call) -> str:
    return call.parameter("collection", "NSID", is_nsid)


def _get_record(call: Call) -> dict[str, Any]:
    account = _account_at(call)
    collection = _collection(call)
    rkey = call.parameter("rkey", "record key", is_record_key)
    cid = call.optional_parameter("cid")
    stored = account.repo.get(collection, rkey)
    if stored is None or (cid is not None and cid != stored.cid):
        uri = account.repo.uri(collection, rkey)
        raise XrpcError("RecordNotFound", f"Could not locate record: {uri}")
    return {"uri": stored.uri, "cid": stored.cid, "value": stored.value}


def _limit(call: Call) -> int:
    text = call.optional_parameter("limit")
    if text is None:
        return _DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit():
        raise call.wrong_parameter(f'Expected integer value type (got "{text}")')
    limit = int(text)
    if limit < 1:
        raise call.wrong_parameter(f"integer too small (minimum 1, got {limit})")
    if limit > _MAX_LIMIT:
        raise call.wrong_parameter(f"integer too big (maximum {_MAX_LIMIT}, got {limit})")
    return limit


def _list_records(call: Call) -> dict[str, Any]:
    account = _account_at(call)
    page = account.repo.page(
        _collection(call),
        limit=_limit(call),
        cursor=call.optional_parameter("cursor"),
        reverse=call.optional_parameter("reverse") == "true",
    )
    records = [{"uri": one.uri, "cid": one.cid, "value": one.value} for one in page]
    return {"records": records, "cursor": page[-1].rkey} if page else {"records": records}


def _describe_repo(call: Call) -> dict[str, Any]:
    account = _account_at(call)
    filled = sorted(name for name, records in account.repo.collections.items() if records)
    return {
        "handle": account.handle,
        "did": account.did,
        "didDoc": did_document(account, call.server_url),
        "collections": filled,
        "handleIsCorrect": True,
    }


def _get_blob(call: Call) -> Response:
    did, cid = call.parameter("did"), call.parameter("cid")
    account = call.state.accounts.find(did) if did.startswith("did:") else None
    if account is None:
        raise XrpcError("RepoNotFound", f"Could not find repo for DID: {did}")
    blob = account.repo.blobs.get(cid)
    if blob is None:
        raise invalid_request("Blob not found")
    return Response(blob.data, media_type=blob.mime_type, headers=BLOB_HEADERS)


READ_METHODS: dict[str, Method] = {
    "com.atproto.repo.getRecord": ("GET", _get_record),
    "com.atproto.repo.listRecords": ("GET", _list_records),
    "com.atproto.repo.describeRepo": ("GET", _describe_repo),
    "com.atproto.sync.getBlob": ("GET", _get_blob),
}
