"""Making containers, looking at them, and publishing them."""

import asyncio
from typing import Any

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.container_order import ContainerOrder, read_order
from mpcas2_platform_instagram.sandbox.containers import Container
from mpcas2_platform_instagram.sandbox.errors import (
    GraphError,
    bad_parameter,
    media_fault,
    no_such_container,
    not_ready,
    quota_reached,
    spent_container,
    unknown_object,
)
from mpcas2_platform_instagram.sandbox.field_list import Node, pick
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall
from mpcas2_platform_instagram.sandbox.scopes import PUBLISH


def may_publish(call: GraphCall, owner: Account) -> None:
    """Makes sure that the caller may publish for an account now.

    Raises:
        GraphError: He may not.
    """
    if owner is not call.account:
        raise unknown_object(call.verb, owner.id)
    call.needs(PUBLISH)
    match owner.hindrance:
        case "restricted":
            raise GraphError(
                25,
                "User is restricted",
                subcode=2207050,
                told="The Instagram account is restricted.",
            )
        case "spam":
            raise GraphError(
                4,
                "Application request limit reached",
                subcode=2207051,
                told="We restrict certain activity to protect our community. Tell us if you think "
                "we made a mistake.",
            )
        case "policy":
            raise GraphError(
                368, "The action attempted has been deemed abusive or is otherwise disallowed"
            )


async def create_container(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``POST /{ig-user}/media``."""
    may_publish(call, owner)
    order = read_order(call.given)
    _check_children(call, order)
    container = call.state.add_container(owner, order, call.given)
    if call.state.settings.pulls == "now" and container.task and not order.is_video:
        await asyncio.wait([container.task])
        if container.fault is not None:
            del call.state.containers[container.id]
            raise media_fault(container.fault)
    answer: dict[str, Any] = {"id": container.id}
    if order.resumable:
        answer["uri"] = f"{call.here}/ig-api-upload/v{call.version}.0/{container.id}"
    return answer


def _check_children(call: GraphCall, order: ContainerOrder) -> None:
    for number in order.children:
        child = call.state.containers.get(number)
        if child is None or child.owner is not call.account:
            raise no_such_container(number)
        if not child.order.carousel_item:
            raise bad_parameter(f"The container {number} was not made with is_carousel_item=true.")
        match child.status(call.now):
            case "EXPIRED":
                raise media_fault(2207020)
            case "PUBLISHED":
                raise spent_container(number)
            case "ERROR":
                raise media_fault(2207032)


def show_container(call: GraphCall, container: Container) -> dict[str, Any]:
    """Answers ``GET /{container}``."""
    now = call.now
    node: Node = {
        "id": lambda _: container.id,
        "status_code": lambda _: container.status(now),
        "status": lambda _: container.sentence(now),
        "video_status": lambda _: container.video_status(now),
        "copyright_check_status": lambda _: {"status": "completed", "matches_found": False},
    }
    return pick(node, call.fields(), "ShadowIGMediaBuilder")


async def publish_container(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``POST /{ig-user}/media_publish``."""
    may_publish(call, owner)
    number = call.needed("creation_id")
    unknown = sorted(set(call.given) - {"creation_id"})
    if unknown:
        raise bad_parameter(f"Param {unknown[0]} is not known to this edge")
    if not number.isdecimal():
        raise bad_parameter("Param creation_id must be a number.")
    container = call.state.containers.get(number)
    if container is None or container.owner is not owner:
        raise no_such_container(number)
    if container.order.carousel_item:
        raise bad_parameter("An item of a carousel cannot be published alone.")
    match container.status(call.now):
        case "PUBLISHED":
            raise spent_container(number)
        case "EXPIRED":
            raise media_fault(2207020)
        case "ERROR":
            raise media_fault(2207032)
        case "IN_PROGRESS":
            raise not_ready()
    settings = call.state.settings
    if owner.used_quota(call.now, settings.quota_seconds) >= settings.quota_total:
        raise quota_reached()
    media = call.state.publish(container, call.token.grant.client_id)
    return {"id": media.id}


async def publishing_limit(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{ig-user}/content_publishing_limit``."""
    if owner is not call.account:
        raise unknown_object(call.verb, owner.id)
    call.needs(PUBLISH)
    settings = call.state.settings
    since = call.moment("since")
    seconds = settings.quota_seconds
    if since is not None:
        seconds = min(seconds, max(0.0, call.now.timestamp() - since))
    node: Node = {
        "id": lambda _: None,
        "quota_usage": lambda _: owner.used_quota(call.now, seconds),
        "config": lambda _: {
            "quota_total": settings.quota_total,
            "quota_duration": int(settings.quota_seconds),
        },
    }
    return {"data": [pick(node, call.fields("quota_usage"), "ContentPublishingLimitResponse")]}
