"""The HTML shell of the pages that a practice network shows to people."""

import re
from collections.abc import Sequence
from html import escape

from starlette.responses import HTMLResponse

from mpcas2_sandbox.address import below_root

_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action "
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_OWN_LINK = re.compile(r'((?:href|src|poster|action)=")/(?!/)')

_STYLE = """
:root{color-scheme:light dark;--bg:#f3f5f8;--card:#fff;--ink:#16202c;--soft:#5b6878;--line:#dde3ea;
--link:#0a62c9;--note:#eaf2fe;--bad:#fbe4e2;--bad-ink:#8f1d14}
@media(prefers-color-scheme:dark){:root{--bg:#10151b;--card:#19212a;--ink:#e8edf3;--soft:#98a6b5;
--line:#2b3642;--link:#6fb1ff;--note:#1b2c42;--bad:#4a211e;--bad-ink:#ffc9c3}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
main,header>div{max-width:44rem;margin:0 auto;padding:0 1rem}
header{background:var(--card);border-bottom:1px solid var(--line);padding:.8rem 0}
header>div{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:baseline}
header strong{font-size:1.1rem}header span{color:var(--soft);font-size:.875rem}
header nav{margin-left:auto;display:flex;gap:1rem}
a{color:var(--link);text-decoration:none}a:hover,a:focus-visible{text-decoration:underline}
main{padding-top:1.2rem;padding-bottom:3rem}
h1{font-size:1.35rem;line-height:1.25;margin:.2rem 0 .8rem}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem;
margin:0 0 1rem}
.soft{color:var(--soft);font-size:.9rem}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
tbody tr:last-child>*{border-bottom:0}th{font-size:.85rem;color:var(--soft);font-weight:600}
"""


def html_page(
    title: str,
    body: str,
    *,
    network: str,
    style: str = "",
    status: int = 200,
    form_targets: Sequence[str] = ("'none'",),
    links: Sequence[tuple[str, str]] = (("/", "Start"), ("/timeline", "Timeline")),
) -> HTMLResponse:
    """Returns a whole page: light or dark with the reader's system, and narrow enough for a phone.

    Links, pictures and forms of the body whose address begins with one slash lead to the network's
    own routes, wherever it stands: ``href="/timeline"`` works below the path of a shared server too.

    Args:
        title: The page's title as plain text.
        body: The inner HTML of ``main``; whoever makes it has escaped it.
        network: The network's title, which the head line names.
        style: More CSS, for the network's own elements.
        status: The HTTP status.
        form_targets: Where the page's forms may lead, redirects of their answers included, in the
            words of a Content Security Policy.
        links: Address and title of what the head line leads to.
    """
    name = escape(network)
    # Text that people wrote cannot look like this: escaped, it has no quotation marks.
    body = _OWN_LINK.sub(rf"\1{escape(below_root('/'))}", body)
    nav = "".join(
        f'<a href="{escape(below_root(address))}">{escape(word)}</a>' for address, word in links
    )
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · {name} practice network</title>"
        f"<style>{_STYLE}{style}</style></head><body>"
        f"<header><div><strong>{name}</strong> <span>practice network: nothing here leaves this "
        f"machine</span><nav>{nav}</nav></div>"
        f"</header><main>{body}</main></body></html>",
        status,
        headers={**_HEADERS, "Content-Security-Policy": _POLICY + " ".join(form_targets)},
    )
