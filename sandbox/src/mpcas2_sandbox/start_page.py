"""The start page that networks have in common: what it plays, whom one can be, which app there is."""

from collections.abc import Sequence
from html import escape

from starlette.responses import HTMLResponse

from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET
from mpcas2_sandbox.oauth.rules import Person
from mpcas2_sandbox.page import html_page

_MOST_ACCOUNTS = 50


def start_page(
    accounts: Sequence[Person],
    *,
    network: str,
    about: str,
    posts: int,
    shows_app: bool = True,
    client_id_name: str = "Client id",
    notes: Sequence[str] = (),
) -> HTMLResponse:
    """Returns a network's start page.

    Args:
        accounts: Everyone whom one can be; the first fifty are shown.
        network: The network's title.
        about: A sentence or two on what it plays, as plain text.
        posts: How many public posts there are.
        shows_app: Whether there is a registered app with an id and a secret.
        client_id_name: What the network calls the app's id.
        notes: More sentences, as plain text.
    """
    rows = "".join(
        f"<tr><td>@{escape(one.handle)}</td><td>{escape(one.name)}</td>"
        f"<td><code>{escape(one.id)}</code></td></tr>"
        for one in accounts[:_MOST_ACCOUNTS]
    )
    more = len(accounts) - _MOST_ACCOUNTS
    rest = f'<p class="soft">and {more} more</p>' if more > 0 else ""
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    app = (
        '<h2>The registered app</h2><div class="card wide"><table><tbody>'
        f"<tr><th>{escape(client_id_name)}</th><td><code>{PRACTICE_CLIENT_ID}</code></td></tr>"
        f"<tr><th>Secret</th><td><code>{PRACTICE_CLIENT_SECRET}</code></td></tr>"
        "<tr><th>Redirect addresses</th><td>any <code>http://127.0.0.1</code> or "
        "<code>http://localhost</code></td></tr></tbody></table></div>"
    )
    body = (
        f"<h1>{escape(network)}, to practise on</h1>"
        f'<div class="card"><p style="margin-top:0">{escape(about)}</p>{said}'
        '<p style="margin-bottom:0"><a href="/timeline">Public timeline</a> '
        f'<span class="soft">{posts} {"post" if posts == 1 else "posts"}</span></p></div>'
        f"{app if shows_app else ''}"
        '<h2>Accounts</h2><div class="card wide"><table><thead><tr><th>Handle</th><th>Name</th>'
        f"<th>Id</th></tr></thead><tbody>{rows}</tbody></table>{rest}</div>"
        '<p class="soft">The control API under <code>/_sandbox/</code> adds accounts, faults and '
        "time; see the README. Everything is forgotten when this process ends.</p>"
    )
    return html_page("Start", body, network=network)
