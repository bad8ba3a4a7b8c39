"""The one layout of our pages: readable on a phone, light or dark as the reader's system is."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from litestar import Response

__all__ = ("page",)

_STYLE = """
:root{color-scheme:light dark;--bg:#f4f6f9;--card:#fff;--ink:#15202b;--soft:#586675;--line:#d9e0e8;
--good:#0a7d45;--bad:#b3261e;--accent:#1257c4;--on:#fff}
@media(prefers-color-scheme:dark){:root{--bg:#0f141a;--card:#18202a;--ink:#e9eef4;--soft:#9aa8b7;
--line:#2b3744;--good:#5ad19a;--bad:#ff9d94;--accent:#7fb4ff;--on:#0b1220}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--bg);
color:var(--ink);font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);
border-radius:16px;padding:1.6rem 1.5rem}
.mark{font-size:2.2rem;line-height:1;margin:0 0 .6rem}.good{color:var(--good)}.bad{color:var(--bad)}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .6rem}p{margin:.6rem 0}
.soft{color:var(--soft);font-size:.925rem}
form{margin:1rem 0 0}fieldset{border:0;margin:0;padding:0;min-width:0}
label{display:flex;gap:.7rem;align-items:center;padding:.7rem .8rem;
border:1px solid var(--line);border-radius:12px;margin:0 0 .6rem;cursor:pointer}
label small{display:block;color:var(--soft)}
button{font:inherit;font-weight:600;border:0;border-radius:12px;padding:.7rem 1.3rem;
background:var(--accent);color:var(--on);cursor:pointer}
button:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
}


def page(title: str, body: str, *, status: int = 200) -> Response[str]:
    """Gives a whole page.

    Args:
        title: As plain text.
        body: The HTML inside ``main``; whoever makes it has escaped it.
        status: HTTP status.
    """
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · MPCAS2</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
    return Response(html, media_type="text/html", status_code=status, headers=_HEADERS)
