"""A film shows the months of the run it was made of, says so in words, and is written whole or not at all."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import animation as mpl
from matplotlib.colors import to_rgb
from PIL import Image

from cisim import runs
from cisim.animation import Film
from cisim.figures.network import SECTOR_COLOURS, network_of
from cisim.model import CoalitionModel
from cisim.scenario import load


def model(seed: int = 7, **changes: Any) -> CoalitionModel:
    sizes = {"n_orgs": 20, "months": 36, "formation_month": 3} | changes
    return CoalitionModel(load("generic-adaptive").with_(regime="collective", **sizes), seed)


def pixels(data: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


def model_trust(film: Film) -> list[float]:
    again = model()
    again.run()
    return [float(again.series["trust"][one.month]) for one in film.networks]


@pytest.fixture(scope="module")
def film() -> Film:
    return model().animate(frames=5)


def test_filming_changes_nothing() -> None:
    filmed = model()
    filmed.animate(frames=3)
    assert filmed.result().outcomes == runs.run(filmed.scenario, 7).outcomes


def test_pictures_are_those_of_the_months_they_name(film: Film) -> None:
    assert [one.month for one in film.networks] == [0, 8, 17, 26, 35]
    again = model()
    for _ in range(18):
        again.step()
    then = network_of(again.state, 17)
    assert np.array_equal(film.networks[2].pairs, then.pairs)
    assert np.array_equal(film.networks[2].trust, then.trust)
    assert not np.array_equal(film.networks[2].trust, film.networks[3].trust)


def test_words_and_table_tell_what_is_drawn(film: Film) -> None:
    table = film.table().set_index("month")
    assert table["trust"].tolist() == model_trust(film)
    assert table.loc[0, "members"] == 0 < table.loc[35, "members"]
    words = film.describe()
    assert f"Mean trust: {table.loc[0, 'trust']:.2f}, then {table.loc[35, 'trust']:.2f}." in words
    assert f"{table.loc[35, 'members']} of {table.loc[35, 'organisations']} organisations" in words
    assert f"Ties: {table.loc[0, 'ties']}, then {table.loc[35, 'ties']}." in words
    assert "5 pictures to month 35" in repr(film)


def test_drawing_what_moves_alone_gives_the_whole_picture(film: Film) -> None:
    figure, stage = film._stage()
    figure.set_dpi(80)
    stage.show(4)
    figure.canvas.draw()
    whole = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[attr-defined]
    apart = [np.abs(pixels(data) - whole).mean() for data in film.pictures]
    assert apart[4] < 2.0 < apart[0]


def test_sectors_keep_their_colours(film: Film) -> None:
    present = {SECTOR_COLOURS[k] for k in np.unique(film.networks[0].sector)}
    colours = {tuple(one) for one in pixels(film.pictures[0]).reshape(-1, 3)}
    assert len(present) > 1
    for colour in present:
        assert tuple(round(255 * x) for x in to_rgb(colour)) in colours


def test_the_player_asks_no_server_and_two_of_them_do_not_meet(film: Film) -> None:
    first, second = film._repr_html_(), film._repr_html_()
    assert first.count("data:image/png;base64,") == len(film.networks) + 1  # each, and the one to start with
    assert not re.search(r'https?:|src=(?!"?data:)|@import|url\(', first)
    [one], [other] = (re.findall('id="(film-[^"]+)"', page) for page in (first, second))
    assert one != other
    assert first.count(film.describe()) == 2  # described, and said under it


def test_a_title_is_never_taken_for_html(film: Film) -> None:
    odd = Film("<b>town</b>", film.networks, film.series, film.unit)
    assert "<b>" not in odd._repr_html_()


@pytest.mark.parametrize(("kind", "start"), [(".html", b"<!doc"), (".png", b"\x89PNG"), (".gif", b"GIF8")])
def test_saved_whole(film: Film, tmp_path: Path, kind: str, start: bytes) -> None:
    path = film.save(tmp_path / f"film{kind}")
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]
    if kind == ".gif":
        with Image.open(path) as moving:
            assert getattr(moving, "n_frames", 1) == len(film.networks)
    with pytest.raises(FileExistsError, match="exists"):
        film.save(path)


def test_what_cannot_be_saved_leaves_nothing(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpl.writers, "is_available", lambda name: False)
    with pytest.raises(ValueError, match="needs the program ffmpeg"):
        film.save(tmp_path / "film.mp4")
    with pytest.raises(ValueError, match=r"'.*film.avi' is not allowed; a name that ends in"):
        film.save(tmp_path / "film.avi")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"frames": 1}, "frames: 1 is not allowed"),
        ({"frames": 2.5}, "frames: 2.5"),
        ({"frames": True}, "frames: True"),
        ({"milliseconds": 5}, "milliseconds: 5"),
    ],
)
def test_numbers_are_checked_before_the_run(given: dict[str, Any], told: str) -> None:
    one = model()
    with pytest.raises(ValueError, match=re.escape(told)):
        one.animate(**given)
    assert one.month == 0


def test_a_run_that_is_over_cannot_be_filmed() -> None:
    one = model()
    one.run()
    with pytest.raises(ValueError, match="0 of its months are left"):
        one.animate()


def test_a_film_may_start_in_the_middle() -> None:
    one = model()
    for _ in range(30):
        one.step()
    film = one.animate()
    assert [net.month for net in film.networks] == list(range(30, 36))
    assert film.still((0, 2, -1)).axes[1].get_title(loc="left") == "month 32"
