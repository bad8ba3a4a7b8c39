from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mpcas2_sandbox import ControlError

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer


def test_the_start_page_names_people_and_app(ada: Client) -> None:
    page = ada.http.get("/")
    assert page.status_code == 200
    assert all(word in page.text for word in ("@dave", "practice-secret", "Client key"))


def test_a_public_video_is_shown_with_its_words_escaped(ada: Client, files: type[Files]) -> None:
    data = files.mp4()
    title = "<b>By the</b> river https://a.example/x"
    post_id = ada.published(data, title=title, is_aigc=True, disable_duet=True)
    for path in ("/timeline", "/@ada", f"/@ada/video/{post_id}"):
        page = ada.http.get(path).text
        assert "&lt;b&gt;By the&lt;/b&gt;" in page
        assert "<b>" not in page
        assert all(badge in page for badge in ("AI-generated", "Duet off"))
        assert f'src="/media/{post_id}/0"' in page
    assert ada.http.get(f"/media/{post_id}/0").content == data
    ranged = ada.http.get(f"/media/{post_id}/0", headers={"Range": "bytes=0-9"})
    assert (ranged.status_code, ranged.content) == (206, data[:10])
    for picture in ("/@ada/avatar.svg", f"/cover/{post_id}.svg"):
        assert ada.http.get(picture).headers["content-type"] == "image/svg+xml"


def test_photos_are_shown_in_order(ada: Client, web: CannedServer, files: type[Files]) -> None:
    web.answer("1.jpg", files.jpeg())
    web.answer("2.webp", files.webp())
    body = ada.photos(f"{web.url}/1.jpg", f"{web.url}/2.webp", title="Two rivers")
    state = ada.settled(ada.data("/v2/post/publish/content/init/", body)["publish_id"])
    (post_id,) = state["publicaly_available_post_id"]
    page = ada.http.get(f"/@ada/photo/{post_id}").text
    assert "Two rivers" in page
    assert "Photo 1 of 2" in page
    kinds = [
        ada.http.get(f"/media/{post_id}/{number}").headers["content-type"] for number in (0, 1)
    ]
    assert kinds == ["image/jpeg", "image/webp"]


def test_what_is_not_public_has_no_page(ada: Client, files: type[Files]) -> None:
    publish_id = ada.publish(files.mp4(), privacy_level="SELF_ONLY")
    ada.control.advance_clock(5)
    stored = ada.stored(publish_id)
    hidden = (stored["path"], f"/media/{stored['postId']}/0", f"/cover/{stored['postId']}.svg")
    for path in (*hidden, "/@nobody", "/@nobody/avatar.svg", "/@ada/video/1"):
        assert ada.http.get(path).status_code == 404
    post_id = ada.published(files.mp4())
    for path in (f"/@bob/video/{post_id}", f"/@ada/photo/{post_id}", f"/media/{post_id}/1"):
        assert ada.http.get(path).status_code == 404
    assert "Nothing was published yet." not in ada.http.get("/timeline").text
    assert "Nothing was published yet." in ada.http.get("/@bob").text


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("accounts", {"count": 0}),
        ("accounts/ada", {"color": "red"}),
        ("accounts/nobody", {}),
        ("posts/nothing/take-down", {}),
        ("settings", {"refuseNext": ["no_such_code"]}),
        ("settings", {"speed": 1}),
        ("decisions", {"next": [{"mood": "bad"}]}),
        ("limits", {"route": "GET /nowhere", "limit": 1}),
    ],
)
def test_the_control_api_refuses_what_it_does_not_know(
    path: str, order: object, ada: Client
) -> None:
    with pytest.raises(ControlError):
        ada.control.call("POST", path, order)
