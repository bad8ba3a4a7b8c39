from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client, Files


def test_the_start_page_names_people_and_app(ada: Client) -> None:
    page = ada.http.get(f"{ada.url}/").text
    assert all(word in page for word in ("@dave", "practice-secret", "App id"))


def test_a_pin_is_shown_with_its_words_escaped(ada: Client, files: type[Files]) -> None:
    pin = ada.pin(title="<b>Soup</b>", link="https://a.example/x")
    for path in ("/timeline", "/ada/", f"/pin/{pin['id']}/", f"/pin/{pin['id']}"):
        page = ada.http.get(ada.url + path).text
        assert "&lt;b&gt;Soup&lt;/b&gt;" in page
        assert "<b>" not in page
        assert f'src="/media/{pin["id"]}/0"' in page
        assert 'href="https://a.example/x"' in page
    assert ada.http.get(pin["media"]["images"]["600x"]["url"]).content == files.png()
    assert ada.http.get(f"{ada.url}/bob/").text.count("Soup") == 0


def test_a_video_is_played_in_ranges(ada: Client, files: type[Files]) -> None:
    pin = ada.pin(media_source=ada.video_source(ada.uploaded()))
    path = f"/media/{pin['id']}/video"
    assert f'<video src="{path}"' in ada.http.get(f"{ada.url}/pin/{pin['id']}/").text
    ranged = ada.http.get(ada.url + path, headers={"Range": "bytes=0-9"})
    assert (ranged.status_code, ranged.content) == (206, files.mp4()[:10])
    for url in (pin["media"]["cover_image_url"], ada.json("/user_account")["profile_image"]):
        assert ada.http.get(url).headers["content-type"] == "image/svg+xml"


def test_what_is_not_there_has_a_page_that_says_so(ada: Client) -> None:
    for path in ("/pin/1/", "/nobody/", "/media/1/0", "/media/1/video", "/nobody/avatar.svg"):
        answer = ada.http.get(ada.url + path)
        assert (answer.status_code, "Not here" in answer.text) == (404, True)
