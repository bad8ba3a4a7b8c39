"""Rules for faults of the network and of the way to it."""

from __future__ import annotations

import traceback

import pytest

from mpcas2_hookspecs import ConnectsOAuth, PlatformError, Rejected, Unauthorized
from mpcas2_sandbox import FaultRule
from mpcas2_testing.bench import Bench
from mpcas2_testing.faulted import check_error, error_of
from mpcas2_testing.faults import (
    CLIENT_FAULTS,
    PUBLISH_FAULTS,
    QUESTION_FAULTS,
    ClientFault,
    Fault,
)
from mpcas2_testing.publishing_rules import check_there, not_there
from mpcas2_testing.rules import rule
from mpcas2_testing.secrecy import error_text, secrets_in
from mpcas2_testing.trouble import Trouble

__all__ = ("FaultRules",)

_MINUTE = 61.0

_publish_faults = pytest.mark.parametrize("fault", PUBLISH_FAULTS, ids=lambda fault: fault.name)
_client_faults = pytest.mark.parametrize("fault", CLIENT_FAULTS, ids=lambda fault: fault.name)
_question_faults = pytest.mark.parametrize("fault", QUESTION_FAULTS, ids=lambda fault: fault.name)


class FaultRules:
    """Holds an adapter to the error tree; a subclass gives the fixture ``bench``."""

    @rule("publish.*")
    @_publish_faults
    def test_publish_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks the irreversible request and wants the right error, then the right ``find``."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        for aimed in bench.faults_of_publish(fault.rule):
            bench.control.add_fault(aimed)
        error = error_of(desk.publish, staged)
        assert sum(entry.applied for entry in bench.control.faults()) == 1, (
            "the fault was not met: Practice.publish names another request"
        )
        bench.control.clear_faults()
        check_error(error, fault, bench, desk)
        if fault.posts:
            check_there(bench, desk, desk.find(staged), None)
        else:
            assert isinstance(desk.find(staged), not_there(bench)), (
                "find sees a post that is not there"
            )
        assert bench.count_posts() == fault.posts

    @rule("publish.*")
    @_client_faults
    def test_publish_client_fault(self, bench: Bench, fault: ClientFault) -> None:
        """Lets the client fail at the irreversible request: what left and what did not."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        trouble = Trouble(request=1, when=fault.when, fails=fault.fails)
        error = error_of(lambda value: desk.publish(value, trouble), staged)
        assert type(error) is fault.expects, (
            f"{fault.name} must be {fault.expects.__name__}, it came as {error!r}"
        )
        assert not secrets_in(error_text(error), bench, desk.connection.grant), (
            "a secret shows in the error"
        )
        said = desk.find(staged)
        if fault.when == "after":
            check_there(bench, desk, said, None)
        else:
            assert isinstance(said, not_there(bench)), "find sees a post that is not there"

    @rule("secrets.not_in_errors")
    def test_no_error_holds_a_secret(self, bench: Bench) -> None:
        """Looks for password and tokens in errors of ``publish``, and in those behind them."""
        desk = bench.desk()
        for fault in PUBLISH_FAULTS:
            staged = desk.stage(desk.fresh())
            for aimed in bench.faults_of_publish(fault.rule):
                bench.control.add_fault(aimed)
            error = error_of(desk.publish, staged)
            bench.control.clear_faults()
            # More posts than some networks take in a minute.
            bench.control.advance_clock(_MINUTE)
            said = "".join(traceback.format_exception(error)) + error_text(error)
            assert not secrets_in(said, bench, desk.connection.grant), (
                f"a secret shows in the error after {fault.name}"
            )

    @rule("publish.slow_answer")
    def test_a_slow_answer_is_read_to_its_end(self, bench: Bench) -> None:
        """Lets the answer of the irreversible request trickle."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        for aimed in bench.faults_of_publish(FaultRule(action="slow", seconds=0.05)):
            bench.control.add_fault(aimed)
        desk.settled(desk.publish(staged))
        assert bench.count_posts() == 1

    @rule("publish.duplicate_delivery")
    def test_a_request_that_is_repeated_on_its_way(self, bench: Bench) -> None:
        """Lets a proxy repeat the irreversible request: the post is found, whatever was answered."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        for aimed in bench.faults_of_publish(FaultRule(action="duplicate")):
            bench.control.add_fault(aimed)
        refusal: PlatformError | None = None
        try:
            desk.publish(staged)
        except PlatformError as error:
            refusal = error
        # It may be about the second of two: what is there cannot be called refused, where that is known.
        assert not (bench.exact and isinstance(refusal, Rejected)), (
            f"the post is there, and publish says that it was refused: {refusal!r}"
        )
        check_there(bench, desk, desk.find(staged), None)

    @rule("stage.*")
    @_question_faults
    def test_stage_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks an upload: nothing irreversible happened, and the adapter knows."""
        desk = bench.desk()
        part = desk.part(file=True)
        bench.control.add_fault(fault.rule)
        try:
            staged = desk.stage(part)
        except PlatformError as error:
            check_error(error, fault, bench, desk)
            bench.control.clear_faults()
            staged = desk.stage(part)
        else:
            met = any(entry.applied for entry in bench.control.faults())
            bench.control.clear_faults()
            # An answer that is all in its headers has no body that could break off.
            assert not met or fault.name == "truncated", f"{fault.name} was taken for a success"
        desk.settled(desk.publish(staged))
        assert bench.count_posts() == 1

    @rule("find.*")
    @_question_faults
    def test_find_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks the question of ``find``: without an answer it claims nothing."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        desk.publish(staged)
        bench.control.add_fault(fault.rule)
        try:
            said = desk.find(staged)
        except PlatformError as error:
            check_error(error, fault, bench, desk)
        else:
            met = any(entry.applied for entry in bench.control.faults())
            assert not met, f"{fault.name} was taken for an answer, find said {said!r}"
            pytest.skip("find asks the network nothing")

    @rule("connect.passing_faults")
    def test_connect_faults_are_passing(self, bench: Bench) -> None:
        """Breaks the connection of an account: a fault of the network is not the person's."""
        # The engine itself sends the request for a grant: parse_grant has rules of its own.
        method = "GET" if isinstance(bench.platform, ConnectsOAuth) else None
        for fault in QUESTION_FAULTS:
            if Unauthorized in fault.expects or fault.name == "malformed":
                continue
            bench.control.clear_faults()
            bench.control.add_fault(
                FaultRule(
                    action=fault.rule.action,
                    status=fault.rule.status,
                    headers=fault.rule.headers,
                    method=method,
                )
            )
            error: PlatformError | None = None
            try:
                bench.connect()
            except PlatformError as raised:
                error = raised
            met = any(entry.applied for entry in bench.control.faults())
            wanted = " or ".join(kind.__name__ for kind in fault.expects)
            assert not met or type(error) in fault.expects, (
                f"{fault.name} must be {wanted}, it came as {error!r}"
            )
