"""Making containers, looking at them, and publishing them."""

from typing import Any

from mpcas2_platform_threads.sandbox.accounts import Account, used_within
from mpcas2_platform_threads.sandbox.container_order import ContainerOrder, read_order
from mpcas2_platform_threads.sandbox.containers import Container
from mpcas2_platform_threads.sandbox.errors import (
    bad_parameter,
    media_not_found,
    quota_reached,
    unknown_object,
)
from mpcas2_platform_threads.sandbox.field_list import pick
from mpcas2_platform_threads.sandbox.graph_call import GraphCall
from mpcas2_platform_threads.sandbox.scopes import LOCATION, MANAGE_REPLIES, PUBLISH


async def create_container(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``POST /{user}/threads``; a text may be published in the same moment."""
    _check_owner(call, owner)
    call.may_publish()
    order = read_order(call.given)
    if order.location_id:
        call.needs(LOCATION)
    _check_neighbours(call, order)
    _check_children(call, order)
    if order.auto_publish:
        _check_quota(call, order)
    container = call.state.add_container(owner, order, call.given)
    if order.auto_publish:
        return {"id": call.state.publish(container).id}
    return {"id": container.id}


def _check_owner(call: GraphCall, owner: Account) -> None:
    if owner is not call.account:
        raise unknown_object(call.verb, owner.id)


def _check_neighbours(call: GraphCall, order: ContainerOrder) -> None:
    """Makes sure that what is quoted or replied to is there, and that the caller may reply."""
    if order.quote_post_id and call.state.find(order.quote_post_id) is None:
        raise bad_parameter("Param quote_post_id names no post.")
    if not order.reply_to_id:
        return
    call.needs(MANAGE_REPLIES)
    above = call.state.find(order.reply_to_id)
    if above is None:
        raise bad_parameter("Param reply_to_id names no post.")
    if not above.lets_reply(call.account):
        raise bad_parameter("The author of this post does not let you reply.")


def _check_children(call: GraphCall, order: ContainerOrder) -> None:
    for number in order.children:
        child = call.state.containers.get(number)
        if child is None or child.owner is not call.account:
            raise media_not_found(number)
        if not child.order.carousel_item:
            raise bad_parameter(f"The container {number} was not made with is_carousel_item=true.")
        if child.status(call.now) in {"EXPIRED", "PUBLISHED", "ERROR"}:
            raise media_not_found(number)


def _check_quota(call: GraphCall, order: ContainerOrder) -> None:
    settings = call.state.settings
    owner = call.account
    reply = bool(order.reply_to_id)
    used = used_within(owner.replied if reply else owner.posted, call.now, settings.quota_seconds)
    if used >= (settings.reply_quota_total if reply else settings.quota_total):
        raise quota_reached(settings.quota_code, "replies" if reply else "posts")


def show_container(call: GraphCall, container: Container) -> dict[str, Any]:
    """Answers ``GET /{container}``."""
    node = {
        "id": lambda _: container.id,
        "status": lambda _: container.status(call.now),
        "error_message": lambda _: container.error_message(call.now),
    }
    return pick(node, call.fields(), "ThreadsMediaContainer")


async def publish_container(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``POST /{user}/threads_publish``.

    A container that is not (yet, or any more) fit to be published is simply not found.
    """
    _check_owner(call, owner)
    call.may_publish()
    number = call.needed("creation_id")
    call.only("creation_id")
    if not number.isdecimal():
        raise bad_parameter("Param creation_id must be a number.")
    container = call.state.containers.get(number)
    if container is None or container.owner is not owner:
        raise media_not_found(number)
    if container.order.carousel_item:
        raise bad_parameter("An item of a carousel cannot be published alone.")
    age = (call.now - container.created_at).total_seconds()
    early = age < call.state.settings.publish_lag_seconds
    if early or container.status(call.now) != "FINISHED":
        raise media_not_found(number)
    _check_neighbours(call, container.order)
    _check_quota(call, container.order)
    return {"id": call.state.publish(container).id}


async def repost(call: GraphCall, number: str) -> dict[str, Any]:
    """Answers ``POST /{post}/repost``; anybody's post may be repeated."""
    call.may_publish()
    post = call.state.find(number)
    if post is None:
        raise unknown_object(call.verb, number)
    _check_quota(call, ContainerOrder(kind="TEXT"))
    return {"id": call.state.repost(call.account, post).id}


async def publishing_limit(call: GraphCall, owner: Account) -> dict[str, Any]:
    """Answers ``GET /{user}/threads_publishing_limit``."""
    _check_owner(call, owner)
    call.needs(PUBLISH)
    settings = call.state.settings

    def limit(total: int) -> dict[str, int]:
        return {"quota_total": total, "quota_duration": int(settings.quota_seconds)}

    values: dict[str, Any] = {
        "id": None,
        "quota_usage": used_within(owner.posted, call.now, settings.quota_seconds),
        "config": limit(settings.quota_total),
        "reply_quota_usage": used_within(owner.replied, call.now, settings.quota_seconds),
        "reply_config": limit(settings.reply_quota_total),
        "delete_quota_usage": used_within(owner.erased, call.now, settings.quota_seconds),
        "delete_config": limit(settings.delete_quota_total),
        "location_search_quota_usage": 0,
        "location_search_config": limit(500),
    }
    wanted = call.fields("quota_usage,config")
    if any(name.startswith("reply_") for name in wanted):
        call.needs(MANAGE_REPLIES)
    node = {name: lambda _, value=value: value for name, value in values.items()}
    return {"data": [pick(node, wanted, "ThreadsPublishingLimit")]}
