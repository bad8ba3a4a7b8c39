"""The page on which a person allows or refuses what an app asks for."""

from collections.abc import Mapping, Sequence
from html import escape

from starlette.responses import HTMLResponse

from mpcas2_sandbox.oauth.clients import origin_of
from mpcas2_sandbox.oauth.requests import Asked
from mpcas2_sandbox.oauth.rules import Person, Place
from mpcas2_sandbox.page import html_page

_MAX_BUTTONS = 6
_STYLE = """
.ask{max-width:32rem;margin:0 auto}
fieldset{border:0;margin:0 0 1.2rem;padding:0}
legend{font-weight:600;padding:0;margin:0 0 .4rem}
.people{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.4rem}
.row{display:flex;gap:.1rem .7rem;align-items:flex-start;cursor:pointer}
.row input{margin:.3rem 0 0;accent-color:var(--link)}
.row small{color:var(--soft);font:.8rem/1.4 ui-monospace,Menlo,monospace;display:block}
.people .row{padding:.45rem .7rem;border:1px solid var(--line);border-radius:10px}
.people .row:has(:checked){background:var(--note);border-color:var(--link)}
.scope{padding:.4rem 0;border-bottom:1px solid var(--line)}.scope:last-child{border-bottom:0}
.scope span{flex:1;display:flex;flex-wrap:wrap;gap:0 1rem;justify-content:space-between;
align-items:baseline}
select{font:inherit;width:100%;padding:.5rem;border-radius:10px;border:1px solid var(--line);
background:var(--card);color:inherit}
.go{display:flex;gap:.6rem;justify-content:flex-end}
button{font:inherit;font-weight:600;border-radius:999px;padding:.5rem 1.3rem;cursor:pointer;
border:1px solid var(--line);background:var(--card);color:inherit}
button.yes{background:var(--link);border-color:var(--link);color:var(--card)}
button:focus-visible,.row:has(:focus-visible),select:focus-visible{outline:3px solid var(--link);
outline-offset:2px}
"""


def consent_page(
    asked: Asked,
    accounts: Sequence[Person],
    scopes: Mapping[str, str],
    *,
    network: str,
    places: Sequence[Sequence[Place]] | None = None,
    places_question: str = "",
) -> HTMLResponse:
    """Returns the page for one authorization request.

    The form is sent to the page's own address, whose query carries the request; its fields are
    ``account`` (a handle), ``scope`` (once per allowed scope), ``place`` (the id of each chosen
    place) and ``decision`` (``allow`` or ``deny``).

    Args:
        asked: What is asked for.
        accounts: Who can consent.
        scopes: What each scope allows, in a person's words.
        network: The network's name for people.
        places: What each account may choose among, in the order of the accounts; None for nothing.
        places_question: How the page asks for it.
    """
    rows = "".join(
        '<label class="row scope"><input type="checkbox" name="scope" '
        f'value="{escape(scope)}" checked><span>{escape(scopes[scope])}'
        f"<small>{escape(scope)}</small></span></label>"
        for scope in asked.scopes
    )
    app = escape(asked.client.title)
    body = (
        f'<div class="ask"><h1>{app} wants to use your {escape(network)} account</h1>'
        f'<form method="post" class="card"><fieldset><legend>Account</legend>'
        f"{_choice(accounts)}</fieldset>{_places(places or (), places_question)}<fieldset><legend>It will be able to</legend>{rows}"
        '</fieldset><div class="go"><button name="decision" value="deny">Cancel</button>'
        '<button class="yes" name="decision" value="allow">Allow</button></div></form>'
        '<p class="soft">Whichever you choose, you will be sent back to '
        f"<code>{escape(origin_of(asked.redirect_uri))}</code>. This is a practice network: no "
        "password is asked, and no real account is touched.</p></div>"
    )
    # A browser applies form-action to the address that a form's answer redirects to as well.
    targets = ("'self'", origin_of(asked.redirect_uri))
    style = _STYLE + _places_style(len(places or ()))
    return html_page("Allow an app", body, network=network, style=style, form_targets=targets)


def refusal_page(message: str, *, network: str) -> HTMLResponse:
    """Returns the page for a request with which nobody may be sent on."""
    body = (
        '<div class="card"><h1>This request cannot be shown</h1>'
        f'<p style="margin-bottom:0">{escape(message)}</p></div>'
    )
    return html_page("Not possible", body, network=network, status=400)


def _choice(accounts: Sequence[Person]) -> str:
    if len(accounts) > _MAX_BUTTONS:
        options = "".join(
            f'<option class="who-{number}" value="{escape(one.handle)}">{escape(one.name)} '
            f"(@{escape(one.handle)})</option>"
            for number, one in enumerate(accounts)
        )
        return f'<select name="account" aria-label="Account">{options}</select>'
    rows = "".join(
        f'<label class="row"><input class="who-{number}" type="radio" name="account" '
        f'value="{escape(one.handle)}"'
        f"{' checked' if number == 0 else ''}><span>{escape(one.name)}"
        f"<small>@{escape(one.handle)}</small></span></label>"
        for number, one in enumerate(accounts)
    )
    return f'<div class="people">{rows}</div>'


def _places(places: Sequence[Sequence[Place]], question: str) -> str:
    """Returns one list of places per account, of which the page shows the chosen account's."""
    return "".join(
        f'<fieldset class="places of-{number}"><legend>{escape(question)}</legend>'
        f"{''.join(map(_place, mine))}</fieldset>"
        for number, mine in enumerate(places)
        if mine
    )


def _place(place: Place) -> str:
    note = f"<small>{escape(place.note)}</small>" if place.note else ""
    return (
        '<label class="row scope"><input type="checkbox" name="place" '
        f'value="{escape(place.id)}" checked><span>{escape(place.name)}{note}</span></label>'
    )


def _places_style(accounts: int) -> str:
    # Without a script only a selector can tell whose places are to be seen.
    shown = ",".join(f"form:has(.who-{number}:checked) .of-{number}" for number in range(accounts))
    return f".places{{display:none}}{shown}{{display:block}}" if shown else ""
