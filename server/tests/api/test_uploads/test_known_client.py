"""The Python client of the tus project itself, where it is installed."""

from pathlib import Path
from typing import Any

import pytest

tusclient = pytest.importorskip("tusclient.client", reason="tuspy is not installed")


@pytest.mark.parametrize("checksum", [False, True])
def test_tuspy_uploads_in_chunks_and_resumes(
    user: Any, tmp_path: Path, pdf: bytes, checksum: bool
) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    client = tusclient.TusClient(
        f"{user.server.url}/uploads", headers={"Authorization": f"Bearer {user.token}"}
    )
    metadata = {"filename": "paper.pdf", "title": "Ünser", "type": "document"}
    options = {"chunk_size": 300_000, "metadata": metadata, "upload_checksum": checksum}
    # It does not close files that it opens by itself.
    with path.open("rb") as file:
        first = client.uploader(file_stream=file, **options)
        first.upload(stop_at=700_000)
        assert 700_000 <= first.offset < len(pdf)
        second = client.uploader(file_stream=file, url=first.url, **options)
        assert second.offset == first.offset
        second.upload()
    state = user.http.get(first.url).json()
    assert state["state"] == "done"
    assert user.whole_file(state["contentId"]) == pdf
    assert len(user.files()) == 1
