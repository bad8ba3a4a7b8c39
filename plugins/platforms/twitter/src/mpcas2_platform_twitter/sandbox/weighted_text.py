"""Counts a text as X does: by weight, links and emoji as a whole (twitter-text, version 3).

Source: https://docs.x.com/fundamentals/counting-characters. Links are found by a scheme or by a known
ending; the list of endings without a scheme is shorter than X's.
"""

import unicodedata

import regex

_MAX_WEIGHT = 280
_MAX_WEIGHT_PAID = 25_000
LINK_WEIGHT = 23

# Code points that weigh one; all others weigh two.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt "
    "bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er "
    "es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hm hn hr ht hu "
    "id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls "
    "lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni "
    "nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se "
    "sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz "
    "ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_OTHERS = (
    "com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel asia cat tel xxx "
    "app art blog club cloud design dev digital email fm fun games global group guru health host house "
    "live media network news online page photography shop site social space store studio systems team "
    "tech today tools top tv video vip website wiki work world xyz zone"
)
_ENDINGS = "|".join(sorted({*_COUNTRIES.split(), *_OTHERS.split()}, key=len, reverse=True))
_NAME = r"[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?"
_INSIDE = r"[\p{L}\p{N}!*';:=+,.$/%#\[\]_~@|&\u2013-]"
# Brackets belong to a path where they come in pairs, two deep; its last sign is no punctuation.
_PAIR = rf"\({_INSIDE}*(?:\({_INSIDE}*\){_INSIDE}*)*\)"
_PATH = rf"(?:/(?:(?:{_INSIDE}|{_PAIR})*(?:[\p{{L}}\p{{N}}=_#/+-]|{_PAIR}))?)?"
_QUERY = r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]_.,~|-]*[a-z0-9_&=#/-])?"
_LINK = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}@$#\uff20\uff03_./-])(?:https?://(?:{_NAME}\.)+\p{{L}}{{2,}}"
    rf"|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:{_ENDINGS})(?![\p{{L}}\p{{N}}@_-]|\.[\p{{L}}\p{{N}}]))"
    rf"(?::\d+)?{_PATH}{_QUERY}",
    regex.IGNORECASE,
)

# A code point that is shown as a picture only with the selector after it stays a letter without.
_PICTURE = r"(?:[©®]\ufe0f|(?![©®])\p{Extended_Pictographic}(?!\ufe0e)\ufe0f?\p{Emoji_Modifier}?)"
_EMOJI = regex.compile(
    rf"\p{{Regional_Indicator}}{{2}}|[0-9#*]\ufe0f?\u20e3"
    rf"|{_PICTURE}[\U000e0020-\U000e007f]*(?:\u200d{_PICTURE})*"
)
_CASHTAG = regex.compile(r"(?<![\w$])\$[a-z]{1,6}(?:[._][a-z]{1,2})?(?!\w)", regex.IGNORECASE)
_HASHTAG = regex.compile(r"(?<![\w&])[#\uff03](?=\w*\p{L})\w+")
_MENTION = regex.compile(r"(?<![\w@])[@\uff20](\w{1,15})(?![\w@])", regex.ASCII)


def max_weight(subscription: str) -> int:
    """Returns how much a text may weigh; paid plans may write long posts.

    Args:
        subscription: The plan in X's words, "None" without one.
    """
    return _MAX_WEIGHT if subscription == "None" else _MAX_WEIGHT_PAID


def links(text: str) -> list[tuple[int, int]]:
    """Returns where the links of a text begin and end."""
    return [found.span() for found in _LINK.finditer(text)]


def weight(text: str) -> int:
    """Returns how much of what is allowed a text takes, after it was brought to NFC."""
    text = unicodedata.normalize("NFC", text)
    total = 0
    at = 0
    for start, end in links(text):
        total += _plain_weight(text[at:start]) + LINK_WEIGHT
        at = end
    return total + _plain_weight(text[at:])


def _plain_weight(text: str) -> int:
    total = 0
    at = 0
    for found in _EMOJI.finditer(text):
        total += sum(map(_letter_weight, text[at : found.start()])) + 2
        at = found.end()
    return total + sum(map(_letter_weight, text[at:]))


def _letter_weight(letter: str) -> int:
    return 1 if any(first <= ord(letter) <= last for first, last in _LIGHT) else 2


def _outside_links(text: str, pattern: "regex.Pattern[str]") -> list["regex.Match[str]"]:
    taken = links(text)
    return [
        found
        for found in pattern.finditer(text)
        if not any(start <= found.start() < end for start, end in taken)
    ]


def cashtags(text: str) -> list["regex.Match[str]"]:
    """Returns the cashtags of a text."""
    return _outside_links(text, _CASHTAG)


def hashtags(text: str) -> list["regex.Match[str]"]:
    """Returns the hashtags of a text."""
    return _outside_links(text, _HASHTAG)


def mentions(text: str) -> list["regex.Match[str]"]:
    """Returns the mentions of a text; the first group is the username."""
    return _outside_links(text, _MENTION)
