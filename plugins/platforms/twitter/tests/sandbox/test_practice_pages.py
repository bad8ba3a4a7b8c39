from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.twitter.tests.sandbox.conftest import Member

    from mpcas2_sandbox import SandboxProcess


def test_the_start_page_says_how_to_connect(x: SandboxProcess, ada: Member) -> None:
    page = ada.http.get("/").text
    for word in ("practice-client", "practice-secret", "@ada", ada.id):
        assert word in page


def test_the_timeline_shows_what_was_posted_and_nothing_else(ada: Member) -> None:
    picture = ada.uploaded()
    alt = {"id": picture, "metadata": {"alt_text": {"text": "A <b>cat</b>"}}}
    ada.http.post("/2/media/metadata", json=alt)
    ada.posted(text="<script>alert(1)</script>", media={"media_ids": [picture]})
    ada.posted(
        text="Vote @bob https://example.com/?a=1&b=2 #now",
        poll={"options": ["<i>one</i>", "two"], "duration_minutes": 90},
        reply_settings="verified",
        paid_partnership=True,
        made_with_ai=True,
    )
    ada.posted(text="unseen", nullcast=True)
    page = ada.http.get("/timeline")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for shown in (
        "&lt;script&gt;",
        'alt="A &lt;b&gt;cat&lt;/b&gt;"',
        "&lt;i&gt;one&lt;/i&gt;",
        "Poll, open for 90 minutes",
        'href="https://example.com/?a=1&amp;b=2"',
        'href="/bob"',
        "Verified accounts can reply",
        "Paid partnership",
        "Made with AI",
    ):
        assert shown in page.text
    for hidden in ("<script", "<i>", "<b>", "unseen"):
        assert hidden not in page.text


def test_a_post_has_a_public_page_with_its_thread(ada: Member) -> None:
    first = ada.posted(text="one")
    second = ada.reply(first, "two").json()["data"]["id"]
    page = ada.http.get(f"/ada/status/{second}")
    assert page.status_code == 200
    assert page.text.index(f'id="p{first}"') < page.text.index(f'id="p{second}"')
    ada.http.delete(f"/2/tweets/{second}")
    assert ada.http.get(f"/ada/status/{second}").status_code == 404
    assert ada.http.get(f"/bob/status/{first}").status_code == 404
    assert ada.http.get("/nobody").status_code == 404
    assert "1 post<" in ada.http.get("/ada").text


def test_a_video_is_played_in_ranges(ada: Member) -> None:
    media_id = ada.video(3_000_000)
    assert ada.http.get(f"/media/7_{media_id}").status_code == 404  # nobody has posted it
    ada.posted(text="film", media={"media_ids": [media_id]})
    assert f'<video src="/media/7_{media_id}"' in ada.http.get("/timeline").text
    part = ada.http.get(f"/media/7_{media_id}", headers={"Range": "bytes=0-"})
    assert (part.status_code, part.headers["content-type"]) == (206, "video/mp4")
    assert part.headers["content-range"] == "bytes 0-1048575/3000000"


def test_a_reset_forgets_everything(ada: Member) -> None:
    ada.posted(text="gone soon", media={"media_ids": [ada.uploaded()]})
    ada.control.reset()
    assert ada.post(text="again").status_code == 401
    assert set(ada.control.call("GET", "stats").values()) == {0, 1}  # that one request


def test_the_log_names_operations_without_numbers(ada: Member) -> None:
    post_id = ada.posted(text="a")
    ada.http.delete(f"/2/tweets/{post_id}")
    logged = [one.operation for one in ada.control.requests()]
    assert logged == ["POST /2/tweets", "DELETE /2/tweets/{id}"]
