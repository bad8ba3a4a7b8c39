"""The methods ``com.atproto.repo.*`` that write."""

from typing import Any

from mpcas2_platform_bluesky.sandbox.accounts import Account
from mpcas2_platform_bluesky.sandbox.blobs import StoredBlob
from mpcas2_platform_bluesky.sandbox.checks import SchemaError, object_at
from mpcas2_platform_bluesky.sandbox.cids import NotDataError, record_cid
from mpcas2_platform_bluesky.sandbox.errors import (
    XrpcError,
    auth_required,
    internal_error,
    invalid_record,
    invalid_request,
)
from mpcas2_platform_bluesky.sandbox.post_rules import POST, check_post
from mpcas2_platform_bluesky.sandbox.repos import Commit, StoredRecord
from mpcas2_platform_bluesky.sandbox.syntax import (
    is_at_identifier,
    is_cid,
    is_nsid,
    is_record_key,
    is_tid,
)
from mpcas2_platform_bluesky.sandbox.xrpc import Call, Input, Method


def _own_repo(call: Call, given: Input) -> Account:
    """Returns the caller's account if the input names its repository."""
    caller = call.account()
    name = given.text("repo", "AT identifier", is_at_identifier)
    owner = call.state.accounts.find(name)
    if owner is None:
        raise XrpcError("AccountNotFound", "Account not found", status=403)
    if owner is not caller:
        raise auth_required()
    return caller


def _check_swap_commit(account: Account, given: Input) -> None:
    swap = given.optional_text("swapCommit", "CID string", is_cid)
    commit = account.repo.commit
    if swap is not None and (commit is None or commit.cid != swap):
        raise XrpcError("InvalidSwap", f"Commit was at {commit.cid if commit else 'null'}")


def _check_swap_record(stored: StoredRecord | None, given: Input) -> None:
    if not given.has("swapRecord"):
        return
    expected = given.value("swapRecord")
    if expected is not None:
        expected = given.text("swapRecord", "CID string", is_cid)
    actual = None if stored is None else stored.cid
    if actual != expected:
        raise XrpcError("InvalidSwap", f"Record was at {actual or 'null'}")


class _Write:
    """A record that has passed its rules and can be written."""

    def __init__(self, call: Call, given: Input, account: Account, rkey: str) -> None:
        self.collection = given.text("collection", "NSID", is_nsid)
        self.rkey = rkey
        value = object_at(given.value("record"), "$.record")
        self.value: dict[str, Any] = {"$type": self.collection, **value}
        if self.value["$type"] != self.collection:
            raise invalid_request(
                f"Invalid $type: expected {self.collection}, got {self.value['$type']}"
            )
        self.status = self._validate(call, given, account)
        try:
            self.cid = record_cid(self.value)
        except NotDataError as error:
            raise invalid_record(self.collection, str(error)) from error

    def _validate(self, call: Call, given: Input, account: Account) -> str | None:
        wanted = given.optional_bool("validate")
        if wanted is False:
            return None
        if self.collection != POST:
            if wanted:
                raise invalid_request(f"Unknown lexicon type: {self.collection}")
            return "unknown"
        if not is_tid(self.rkey):
            raise invalid_request(
                f'Invalid record key for {POST}: Invalid TID string (got "{self.rkey}") at $'
            )
        try:
            check_post(self.value, account.repo, call.state.record)
        except SchemaError as error:
            raise invalid_record(self.collection, str(error)) from error
        return "valid"

    def answer(self, account: Account, commit: Commit | None) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "uri": account.repo.uri(self.collection, self.rkey),
            "cid": self.cid,
        }
        if commit is not None:
            answer["commit"] = {"cid": commit.cid, "rev": commit.rev}
        if self.status is not None:
            answer["validationStatus"] = self.status
        return answer

    def insert(self, call: Call, account: Account) -> dict[str, Any]:
        now = call.state.core.clock.now()
        stored = StoredRecord(
            uri=account.repo.uri(self.collection, self.rkey),
            cid=self.cid,
            collection=self.collection,
            rkey=self.rkey,
            value=self.value,
            created_at=now,
        )
        commit = account.repo.put(stored, call.state.tids.next(now))
        call.state.show(stored)
        return self.answer(account, commit)


def _create_record(call: Call) -> dict[str, Any]:
    call.account()
    given = call.input()
    account = _own_repo(call, given)
    rkey = given.optional_text("rkey", "record key", is_record_key)
    if rkey is None:
        rkey = call.state.tids.next(call.state.core.clock.now())
    write = _Write(call, given, account, rkey)
    _check_swap_commit(account, given)
    if account.repo.get(write.collection, rkey) is not None:
        raise internal_error()  # a PDS has no better answer to a key that is taken
    return write.insert(call, account)


def _put_record(call: Call) -> dict[str, Any]:
    call.account()
    given = call.input()
    account = _own_repo(call, given)
    write = _Write(call, given, account, given.text("rkey", "record key", is_record_key))
    stored = account.repo.get(write.collection, write.rkey)
    _check_swap_commit(account, given)
    _check_swap_record(stored, given)
    if stored is None:
        return write.insert(call, account)
    stored.puts += 1
    if stored.cid == write.cid:
        call.state.counters.repeats += 1
        return write.answer(account, None)
    now = call.state.core.clock.now()
    call.state.counters.edits += 1
    stored.edits += 1
    stored.cid, stored.value, stored.edited_at = write.cid, write.value, now
    return write.answer(account, account.repo.put(stored, call.state.tids.next(now)))


def _delete_record(call: Call) -> dict[str, Any]:
    call.account()
    given = call.input()
    account = _own_repo(call, given)
    collection = given.text("collection", "NSID", is_nsid)
    stored = account.repo.get(collection, given.text("rkey", "record key", is_record_key))
    _check_swap_commit(account, given)
    _check_swap_record(stored, given)
    if stored is None:
        return {}
    commit = account.repo.delete(stored, call.state.tids.next(call.state.core.clock.now()))
    call.state.posts.pop(stored.uri, None)
    call.state.counters.deletes += 1
    return {"commit": {"cid": commit.cid, "rev": commit.rev}}


def _upload_blob(call: Call) -> dict[str, Any]:
    account = call.account()
    if not call.content_type:
        raise invalid_request("Request encoding (Content-Type) required but not provided")
    if not call.body:
        raise invalid_request("A request body is expected but none was provided")
    blob = StoredBlob.of(call.body, call.content_type)
    account.repo.blobs[blob.cid] = blob
    call.state.counters.uploads += 1
    return {"blob": blob.reference()}


WRITE_METHODS: dict[str, Method] = {
    "com.atproto.repo.createRecord": ("POST", _create_record),
    "com.atproto.repo.putRecord": ("POST", _put_record),
    "com.atproto.repo.deleteRecord": ("POST", _delete_record),
    "com.atproto.repo.uploadBlob": ("POST", _upload_blob),
}
