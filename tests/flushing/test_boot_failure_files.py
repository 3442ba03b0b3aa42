"""Where a failed boot is remembered, other users have no say, and nothing of theirs or of others is touched."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.server import ROOT, environment, run

REPORTED = (
    "from sentry_asgi_autoconf.flushing import boot_failure; print(boot_failure.may_report('it failed'))"
)
NAME = f"sentry-asgi-autoconf-{os.getuid()}"
OLD = time.time() - 3600


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Return the directory for temporary files of the processes that fail."""
    found = tmp_path / "temporary"
    found.mkdir(mode=0o777)
    return found


def fail_twice(temporary: Path, before: str = "") -> list[str]:
    """Return whether two processes of one group may report the same failure."""
    environ = environment({"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}, bootstrap=False)
    results = [run(f"{before}\n{REPORTED}", environ) for _ in range(2)]
    assert [result.stderr for result in results] == ["", ""]
    return [result.stdout.strip() for result in results]


def test_a_failure_is_remembered_in_a_private_directory(temporary: Path) -> None:
    assert fail_twice(temporary) == ["True", "False"]
    (directory,) = temporary.iterdir()
    assert (directory.name, directory.stat().st_mode & 0o777) == (NAME, 0o700)
    (file,) = directory.iterdir()
    assert (file.stat().st_mode & 0o777, file.stat().st_size) == (0o600, 0)


def planted_link(temporary: Path, victims: Path) -> None:
    """Plant a link to where there are other files."""
    (temporary / NAME).symlink_to(victims)


def planted_directory(temporary: Path, victims: Path) -> None:
    """Plant a directory into which others may put files."""
    victims.rename(temporary / NAME).chmod(0o777)


def planted_file(temporary: Path, victims: Path) -> None:
    """Plant a file in the place of the directory."""
    (temporary / NAME).write_text("theirs")


def of_another_user(temporary: Path, victims: Path) -> None:
    """Plant a directory of another user."""
    os.chown(victims.rename(temporary / NAME), 12345, 12345)


PLANTED = [planted_link, planted_directory, planted_file, of_another_user]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_was_planted_there_is_left_alone(
    plant: Callable[[Path, Path], Any], temporary: Path, tmp_path: Path
) -> None:
    if plant is of_another_user and os.getuid() != 0:
        pytest.skip("only root can give a directory to another user")
    victims = tmp_path / "victims"
    victims.mkdir()
    (victims / ("0" * 32)).touch()
    os.utime(victims / ("0" * 32), (OLD, OLD))
    plant(temporary, victims)
    # It is remembered elsewhere: unless that is there no more, once.
    assert fail_twice(temporary)[1] == "False"
    for directory in (victims, temporary / NAME):
        if directory.is_dir():
            assert [path.name for path in directory.iterdir()] == ["0" * 32]


def test_old_files_go_and_those_of_others_stay(temporary: Path) -> None:
    (temporary / NAME).mkdir(mode=0o700)
    for name in ("0" * 32, "notes.txt"):
        (temporary / NAME / name).touch()
        os.utime(temporary / NAME / name, (OLD, OLD))
    assert fail_twice(temporary) == ["True", "False"]
    assert {path.name for path in (temporary / NAME).iterdir()} > {"notes.txt"}
    assert not (temporary / NAME / ("0" * 32)).exists()


def test_a_failure_is_reported_again_when_its_file_is_old(temporary: Path) -> None:
    assert fail_twice(temporary) == ["True", "False"]
    (file,) = (temporary / NAME).iterdir()
    os.utime(file, (OLD, OLD))
    assert fail_twice(temporary) == ["True", "False"]


@pytest.mark.parametrize(("ray", "may_report"), [("", "True"), ("sys.modules['ray'] = sys", "False")])
def test_attempts_of_ray_are_of_one_group_each_and_of_one_session(
    ray: str, may_report: str, temporary: Path
) -> None:
    assert fail_twice(temporary, f"import os, sys; os.setpgid(0, 0); {ray}") == ["True", may_report]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become other users")
def test_another_user_s_failure_is_reported_by_itself() -> None:
    # pytest's own directories are its user's alone.
    with tempfile.TemporaryDirectory() as shared:
        check_users(Path(shared))


def check_users(temporary: Path) -> None:
    """See root and another user remember the same failure, each for itself."""
    temporary.chmod(0o1777)
    as_other = "import os; from sentry_asgi_autoconf.flushing import boot_failure; os.setuid(12345)"
    assert fail_twice(temporary) == ["True", "False"]
    assert fail_twice(temporary, as_other) == ["True", "False"]
    assert len(list(temporary.iterdir())) == 2
