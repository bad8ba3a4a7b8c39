"""The statistics of Pins and of the account."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from mpcas2_platform_pinterest.sandbox.calls import Call, Method, Reply
from mpcas2_platform_pinterest.sandbox.figures import LIFETIME, on_days, pin_total
from mpcas2_platform_pinterest.sandbox.pins import Pin
from mpcas2_platform_pinterest.sandbox.refusals import Refused
from mpcas2_platform_pinterest.sandbox.state import ANALYTICS

_DAYS = 90
_MAX_PINS = 100
_COMMON = ("IMPRESSION", "OUTBOUND_CLICK", "PIN_CLICK", "SAVE", "SAVE_RATE", *LIFETIME)
OF_PICTURES = (*_COMMON, "USER_FOLLOW", "PROFILE_VISIT")
OF_VIDEOS = (
    *_COMMON,
    "VIDEO_MRC_VIEW",
    "VIDEO_10S_VIEW",
    "QUARTILE_95_PERCENT_VIEW",
    "VIDEO_V50_WATCH_TIME",
    "VIDEO_START",
    "VIDEO_AVG_WATCH_TIME",
)
OF_ACCOUNTS = (
    "ENGAGEMENT",
    "ENGAGEMENT_RATE",
    "IMPRESSION",
    "OUTBOUND_CLICK",
    "OUTBOUND_CLICK_RATE",
    "PIN_CLICK",
    "PIN_CLICK_RATE",
    "SAVE",
    "SAVE_RATE",
)
_BAD_PIN = Refused(400, 400, "Invalid pins analytics parameters.")
_BAD_PINS = Refused(400, 1, "Invalid multi_pins analytics parameters.")
_BAD_ACCOUNT = Refused(400, 400, "Invalid user accounts analytics parameters.")


def _again(refusal: Refused) -> Refused:
    """Returns a refusal of the same words, whose headers are not those of another answer."""
    return Refused(refusal.status, refusal.body["code"], refusal.body["message"])


def _days(call: Call, refusal: Refused) -> list[date]:
    """Returns the days that are asked for.

    Raises:
        Refused: They are no days, or lie too far back, or are too many.
    """
    try:
        first = date.fromisoformat(call.query("start_date"))
        last = date.fromisoformat(call.query("end_date"))
    except ValueError as error:
        raise _again(refusal) from error
    today = call.now.date()
    count = (last - first).days + 1
    if first > last or last > today or today - first > timedelta(days=_DAYS) or count > _DAYS + 1:
        raise _again(refusal)
    return [first + timedelta(days=number) for number in range(count)]


def _metrics(call: Call, known: Sequence[str], refusal: Refused) -> list[str]:
    """Returns the figures that are asked for.

    Raises:
        Refused: One of them is not known for what they are asked of.
    """
    wanted = [one for one in call.query("metric_types").split(",") if one]
    if not wanted or not set(wanted) <= set(known):
        raise _again(refusal)
    if call.query("app_types", "ALL") != "ALL" or call.query("split_field", "NO_SPLIT") != (
        "NO_SPLIT"
    ):
        raise _again(refusal)
    return wanted


def _told(
    call: Call, pins: Sequence[Pin], metrics: Sequence[str], days: Sequence[date]
) -> dict[str, Any]:
    daily = [
        {
            "data_status": "READY" if day < call.now.date() else "ESTIMATE",
            "date": day.isoformat(),
            "metrics": on_days(pins, metrics, day, day, call.now),
        }
        for day in days
    ]
    summary = on_days(pins, metrics, days[0], days[-1], call.now)
    return {"daily_metrics": daily, "summary_metrics": summary}


def _told_of_pin(call: Call, pin: Pin, refusal: Refused) -> dict[str, Any]:
    days = _days(call, refusal)
    known = OF_PICTURES if pin.video is None else OF_VIDEOS
    wanted = _metrics(call, known, refusal)
    told = _told(call, [pin], [one for one in wanted if one not in LIFETIME], days)
    lifetime = {one: pin_total(pin, one, call.now) for one in wanted if one in LIFETIME}
    return {"all": {**told, "lifetime_metrics": lifetime}}


async def _pin(call: Call) -> Reply:
    pin = call.state.pins.find(call.number("pin_id"))
    if pin is None or (pin.trial and pin.owner is not call.pinner):
        raise Refused(404, 404, "Pin not found.")
    if not call.sees_pin(pin):
        raise Refused(403, 403, "Not authorized to access board or Pin.")
    return Reply(body=_told_of_pin(call, pin, _BAD_PIN))


async def _pins(call: Call) -> Reply:
    ids = call.request.query_params.getlist("pin_ids")
    if not 1 <= len(ids) <= _MAX_PINS:
        raise _again(_BAD_PINS)
    told: dict[str, Any] = {}
    for pin_id in ids:
        pin = call.state.pins.find(pin_id)
        if pin is None:
            raise Refused(404, 50, "Pin not found.")
        if not call.sees_pin(pin):
            raise Refused(401, 7, "Not authorized to access board or Pin.")
        told[pin_id] = _told_of_pin(call, pin, _BAD_PINS)
    return Reply(body=told)


async def _account(call: Call) -> Reply:
    days = _days(call, _BAD_ACCOUNT)
    wanted = list(OF_ACCOUNTS)
    if call.query("metric_types"):
        wanted = _metrics(call, OF_ACCOUNTS, _BAD_ACCOUNT)
    pins = [one for one in call.state.pins.newest() if one.owner is call.pinner]
    return Reply(body={"all": _told(call, pins, wanted, days)})


_QUERY = ("start_date", "end_date", "metric_types", "app_types", "split_field")
_READS = ("boards:read", "pins:read")
# The route of several Pins stands first: its last part would pass for a Pin's identifier.
FIGURE_METHODS = (
    Method(
        verb="GET",
        path="/pins/analytics",
        category=ANALYTICS,
        scopes=_READS,
        answer=_pins,
        query=("pin_ids", "start_date", "end_date", "metric_types", "app_types"),
    ),
    Method(
        verb="GET",
        path="/pins/{pin_id}/analytics",
        category=ANALYTICS,
        scopes=_READS,
        answer=_pin,
        query=_QUERY,
    ),
    Method(
        verb="GET",
        path="/user_account/analytics",
        category=ANALYTICS,
        scopes=("user_accounts:read",),
        answer=_account,
        query=_QUERY,
    ),
)
