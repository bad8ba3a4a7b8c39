"""Judges what a request asks for, for all its accounts at once. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mpcas2_core.accounts import store as accounts
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.content.rows import MediaFile
from mpcas2_core.database.scope import Scope
from mpcas2_core.errors import InvalidInput
from mpcas2_core.plugins import PluginHost, UnknownPlatform, availability
from mpcas2_core.publishing.compose import (
    MediaWish,
    PostMetadata,
    compose,
    merge,
    read_options,
)
from mpcas2_core.publishing.jobs import NewJob, Target
from mpcas2_core.publishing.judging import Problem, judge

__all__ = ("Assessment", "SourceContent", "assess", "plan")


class SourceContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content that is published, as far as publishing needs it."""

    id: UUID
    title: str
    text: str
    media: tuple[MediaWish, ...]
    files: Mapping[UUID, MediaFile]


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What a request would do.

    Attributes:
        planned: A job for each account that could be composed for, in the order of the request,
            whether it can be published or not.
        problems: Everything that stands in the way, in the same order.
    """

    planned: tuple[NewJob, ...]
    problems: tuple[Problem, ...]


async def plan(
    scope: Scope,
    plugins: PluginHost,
    *,
    content: SourceContent,
    targets: Sequence[Target],
    default: PostMetadata,
) -> tuple[NewJob, ...]:
    """Judges a request and gives its jobs.

    Args:
        scope: The tenant's scope.
        plugins: The networks.
        content: What is published.
        targets: Where, with each account's wishes.
        default: Wishes for all accounts.

    Raises:
        InvalidInput: With every problem of every account in ``details.problems``.
    """
    found = await assess(scope, plugins, content=content, targets=targets, default=default)
    if found.problems:
        raise InvalidInput(
            found.problems[0].message,
            code="POST_INVALID",
            details={"problems": [msgspec.to_builtins(entry) for entry in found.problems]},
        )
    return found.planned


async def assess(
    scope: Scope,
    plugins: PluginHost,
    *,
    content: SourceContent,
    targets: Sequence[Target],
    default: PostMetadata,
) -> Assessment:
    """Judges a request; its arguments are those of :func:`plan`."""
    planned: list[NewJob] = []
    problems: list[Problem] = []
    seen: set[UUID] = set()
    off = await availability.switched_off(scope)
    rows = await accounts.get_many(scope, [target.social_account_id for target in targets])
    for index, target in enumerate(targets):
        wishes = merge(default, target.metadata)
        account = rows.get(target.social_account_id)
        found = _check_target(target, account, content, wishes, index, seen)
        seen.add(target.social_account_id)
        if found or account is None:
            problems.extend(found)
            continue
        try:
            platform = availability.available(plugins, account.platform, off)
            options = read_options(platform, wishes.options)
        except (UnknownPlatform, InvalidInput) as error:
            field = "platform" if isinstance(error, UnknownPlatform) else "metadata.options"
            problems.append(Problem(field=field, message=str(error), social_account_id=account.id))
            continue
        parts = compose(
            wishes,
            content_text=content.text,
            content_title=content.title,
            content_media=content.media,
            files=content.files,
        )
        given = msgspec.convert(options, platform.options)
        problems.extend(
            msgspec.structs.replace(problem, social_account_id=account.id)
            for problem in judge(parts, platform, account.for_adapter(), given)
        )
        planned.append(NewJob(account=account, wishes=wishes, options=options, parts=parts))
    return Assessment(planned=tuple(planned), problems=tuple(problems))


def _check_target(
    target: Target,
    account: AccountRow | None,
    content: SourceContent,
    wishes: PostMetadata,
    index: int,
    seen: set[UUID],
) -> list[Problem]:
    field = f"accounts[{index}]"
    own = target.social_account_id
    if account is None:
        message = f"There is no account {own}. List the accounts to see which there are."
        return [Problem(field=f"{field}.socialAccountId", message=message, social_account_id=own)]
    if own in seen:
        message = f"@{account.username} is named twice; a post would go out twice."
        return [Problem(field=f"{field}.socialAccountId", message=message, social_account_id=own)]
    if account.platform != target.platform:
        message = f"@{account.username} is on {account.platform}, not on {target.platform}."
        return [Problem(field=f"{field}.platform", message=message, social_account_id=own)]
    if account.status != "connected":
        message = (
            f"@{account.username} on {account.platform} is {account.status}. "
            f"{account.status_reason or 'Connect it again.'}"
        )
        return [Problem(field=f"{field}.socialAccountId", message=message, social_account_id=own)]
    media = [*(wishes.media or ()), *(m for part in wishes.thread or () for m in part.media)]
    named = [("metadata.media", wish.content_id) for wish in media]
    if wishes.thumbnail is not None:
        named.append(("metadata.thumbnail", wishes.thumbnail))
    return [
        Problem(
            field=where,
            message=f"Content {content_id} is not there or has no file.",
            social_account_id=own,
        )
        for where, content_id in named
        if content_id not in content.files
    ]
