"""What is sealed is readable with the run's key alone, and with nothing once the run has settled."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.secrecy.vault import Vault, state_folder
from tests.auditor.building import RUN

OTHER = "aud0000000000ff"


@given(st.text())
def test_what_was_sealed_is_opened_by_another_process_with_the_key(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("vault")
    sealed = Vault(RUN, folder).seal(text)
    assert text in ("", Vault(RUN, folder).open(sealed)), "nothing is sealed as nothing"
    assert len(text) < 4 or text not in sealed


def test_the_same_secret_is_sealed_differently_each_time(tmp_path: Path) -> None:
    vault = Vault(RUN, tmp_path)
    assert vault.seal("correct horse") != vault.seal("correct horse")


def test_nobody_opens_it_without_the_key_or_once_it_is_destroyed(tmp_path: Path) -> None:
    vault = Vault(RUN, tmp_path)
    sealed = vault.seal("correct horse")
    assert Vault(OTHER, tmp_path).open(sealed) is None
    vault.destroy()
    assert vault.open(sealed) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sealed", ["", "no hex", "ff", "00" * 16])
def test_what_was_not_sealed_is_not_opened(sealed: str, tmp_path: Path) -> None:
    vault = Vault(RUN, tmp_path)
    vault.seal("something")
    assert vault.open(sealed) is None


def test_the_key_is_the_users_own_and_made_when_it_is_needed(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "state"
    vault = Vault(RUN, folder)
    assert not folder.exists()
    vault.seal("correct horse")
    (key,) = folder.iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "correct" not in repr(vault)
    assert key.read_bytes().hex() not in repr(vault)


def test_where_no_key_can_be_kept_nothing_is_sealed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Vault(RUN, tmp_path / "file").seal("correct horse") == ""


def test_a_run_id_from_a_file_leads_to_no_other_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no run id"):
        Vault("../../etc/passwd", tmp_path)


def test_the_state_folder_is_the_one_the_user_names() -> None:
    assert state_folder({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/auditor")
    assert state_folder({"XDG_STATE_HOME": "relative"}).parts[-3:] == (".local", "state", "auditor")
    assert state_folder({}).is_absolute()
