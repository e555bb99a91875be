"""The ledger on disk: whatever tore it, what is whole in it is what is owed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import AuditorError, UsageError
from auditor.model import Credential, Exchange, Identity, Request, Response
from auditor.secrecy.vault import Vault
from auditor.world.journal import LEDGER, Head, Journal, Unsettled, User, Way, claimed, ledgers, set_aside, unsettled
from auditor.world.ledger import Debt, Intent, Ledger
from tests.auditor.building import ALICE, BOB, RUN

HEAD = Head(run=RUN, target="http://api.test/v1", document="openapi.yaml", seed="7")
SECRET = "Correct7horse!"
TOKEN = Credential(headers=(("authorization", f"Bearer {SECRET}"),))


def debt(number: int, **more: str) -> Debt:
    bindings = {"id": str(number)}
    return Debt(
        what=f"thing {number}", operation="DELETE /things/{id}", owner=ALICE, bindings=bindings, number=number, **more
    )


def intent(number: int) -> Intent:
    return Intent(operation="POST /things", owner=BOB, path="/things", marks=("mark",), number=number)


def journal(folder: Path, *, clean: Callable[[str], str] = str) -> Journal:
    return Journal(folder / LEDGER, HEAD, vault=Vault(RUN, folder / "state"), clean=clean)


def read(folder: Path) -> Unsettled:
    found = unsettled(folder / LEDGER, vault=Vault(RUN, folder / "state"))
    assert found is not None
    return found


# --- written and read ---------------------------------------------------------------------------------------


def test_what_was_owed_and_not_struck_is_owed(tmp_path: Path) -> None:
    written = journal(tmp_path)
    for one in (debt(1), debt(2), debt(4)):
        written.owed(one)
    written.intended(intent(3))
    written.intended(intent(5))
    written.struck(2)
    written.struck(3)
    found = read(tmp_path)
    assert (found.head, found.debts, found.lost) == (HEAD, [debt(1), debt(4)], [intent(5)])
    assert found.owes == 3


def test_nothing_is_written_before_something_is_owed(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written.close(settled=True)
    assert not list(tmp_path.iterdir())


def test_the_ledger_is_the_users_own(tmp_path: Path) -> None:
    journal(tmp_path).owed(debt(1))
    assert stat.S_IMODE((tmp_path / LEDGER).stat().st_mode) == 0o600


def test_what_is_settled_leaves_neither_ledger_nor_key(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written.user(User(identity=ALICE, ways=(Way(names=("a@example.com",), password=SECRET),)))
    assert list((tmp_path / "state").iterdir())
    written.close(settled=True)
    assert [one.name for one in tmp_path.iterdir()] == ["state"]
    assert not list((tmp_path / "state").iterdir())


@given(cut=st.integers(min_value=0))
def test_a_torn_line_costs_that_line_only(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    written = journal(folder)
    for number in range(1, 5):
        written.owed(debt(number))
    path = folder / LEDGER
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    lines = kept.count(b"\n")
    if lines == 0:
        assert unsettled(path) is None
    else:
        assert [one.number for one in read(folder).debts] == list(range(1, lines))


def test_lines_that_are_no_entries_are_left_out(tmp_path: Path) -> None:
    journal(tmp_path).owed(debt(1))
    with (tmp_path / LEDGER).open("ab") as file:
        file.write(b'\xff\xfe\n[]\n{"owed": 2}\n{"owed": 3, "what": 4, "owner": "?"}\n{"other": 1}\n')
    found = read(tmp_path)
    assert found.debts == [debt(1)]
    assert len(found.unreadable) == 2, "what cannot be read is not forgotten"


# --- secrets ------------------------------------------------------------------------------------------------


def test_no_password_and_no_token_is_in_it(tmp_path: Path) -> None:
    written = journal(tmp_path)
    user = User(identity=ALICE, ways=(Way(names=("a@example.com",), password=SECRET),), credential=TOKEN)
    written.user(user)
    text = (tmp_path / LEDGER).read_text("utf-8")
    assert SECRET not in text
    assert SECRET not in repr(user)
    assert read(tmp_path).users == {"alice": user}


def test_an_id_that_is_a_secret_is_sealed_with_its_debt(tmp_path: Path) -> None:
    session = Debt(what=f"session {SECRET}", operation="DELETE /sessions/{id}", bindings={"id": SECRET}, number=1)
    journal(tmp_path, clean=lambda text: text.replace(SECRET, "«alice.token#1»")).owed(session)
    assert SECRET not in (tmp_path / LEDGER).read_text("utf-8")
    assert read(tmp_path).debts == [session]
    Vault(RUN, tmp_path / "state").destroy()
    found = read(tmp_path)
    assert (found.debts, found.unreadable, found.owes) == ([], ["session «alice.token#1»"], 1)


def test_a_user_whose_key_is_gone_is_known_without_a_way_to_sign_in(tmp_path: Path) -> None:
    journal(tmp_path).user(User(identity=ALICE, ways=(Way(names=("a@example.com",), password=SECRET),)))
    Vault(RUN, tmp_path / "state").destroy()
    assert read(tmp_path).users == {"alice": User(identity=ALICE)}


def test_the_latest_word_about_a_user_counts(tmp_path: Path) -> None:
    written = journal(tmp_path)
    changed = User(identity=ALICE, ways=(Way(names=("b@example.com",), password=SECRET),))
    written.user(User(identity=ALICE))
    written.user(changed)
    assert read(tmp_path).users == {"alice": changed}


def test_what_moved_is_owed_by_who_bears_the_name_now(tmp_path: Path) -> None:
    before = Identity("alice-1", disposable=True)
    written = journal(tmp_path)
    written.user(User(identity=ALICE))
    written.owed(debt(1, user="alice"))
    written.moved(ALICE, before)
    written.user(User(identity=ALICE))
    written.owed(debt(2, user="alice"))
    found = read(tmp_path)
    assert [(one.owner, one.user) for one in found.debts] == [(before, "alice-1"), (ALICE, "alice")]
    assert set(found.users) == {"alice", "alice-1"}
    assert found.users["alice-1"].identity == before


# --- one at a time ------------------------------------------------------------------------------------------


def test_a_ledger_belongs_to_one_process(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written.owed(debt(1))
    with pytest.raises(UsageError, match="still going on"):
        Journal(tmp_path / LEDGER, HEAD, vault=Vault(RUN, tmp_path), begun=True)
    with pytest.raises(UsageError, match="still going on"):
        set_aside(tmp_path)
    written.close(settled=False)
    again = Journal(tmp_path / LEDGER, HEAD, vault=Vault(RUN, tmp_path), begun=True)
    again.struck(1)
    again.close(settled=False)
    assert read(tmp_path).debts == []


def test_a_new_run_makes_room_and_keeps_what_is_unsettled(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written.owed(debt(1))
    written.close(settled=False)
    (kept,) = set_aside(tmp_path)
    assert (kept.owes, kept.path.name) == (1, f"ledger-{RUN}.ndjson")
    assert [one.path for one in set_aside(tmp_path)] == [kept.path], "it is reminded of until it is cleaned up"
    assert ledgers(tmp_path) == [kept.path]


def test_a_settled_ledger_makes_room(tmp_path: Path) -> None:
    written = journal(tmp_path)
    written.owed(debt(1))
    written.struck(1)
    written.close(settled=False)
    assert set_aside(tmp_path) == []
    assert ledgers(tmp_path) == []


@pytest.mark.parametrize("text", ["", '{"ledger": {"run": "aud0', "nothing of ours"])
def test_what_never_became_a_ledger_makes_room(text: str, tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_text(text)
    assert set_aside(tmp_path) == []
    assert not (tmp_path / LEDGER).exists()


@pytest.mark.parametrize(
    "head", [{"run": "../../x", "target": "x"}, {"run": RUN, "target": "x", "version": 99}, {"run": RUN}, "x"]
)
def test_a_ledger_that_this_version_cannot_read_is_not_touched(head: object, tmp_path: Path) -> None:
    text = json.dumps({"ledger": head}) + "\n"
    (tmp_path / LEDGER).write_text(text)
    with pytest.raises(UsageError, match="no ledger that this version can read"):
        set_aside(tmp_path)
    assert (tmp_path / LEDGER).read_text() == text


# --- a disk that refuses ------------------------------------------------------------------------------------


def test_what_cannot_be_written_down_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(AuditorError, match="cannot be written"):
        journal(tmp_path / "missing").intended(intent(1))


def test_that_something_is_gone_may_stay_unwritten(tmp_path: Path) -> None:
    journal(tmp_path / "missing").struck(1)


# --- together with the ledger in memory ---------------------------------------------------------------------


def test_a_ledger_is_taken_up_where_a_killed_process_left_it(tmp_path: Path) -> None:
    before = Ledger()
    before.book = journal(tmp_path)
    before.owe(debt(0))
    before.owe(debt(0))
    request = Request(method="POST", path="/things")
    before.intend(intent(0), request)
    found = read(tmp_path)
    os.close(claimed_again(tmp_path, before))
    after = Ledger()
    after.resume(found.debts, found.lost)
    after.owe(debt(0))
    assert [one.number for one in after.debts] == [1, 2, 4]
    assert [one.number for one in after.lost] == [3]


def claimed_again(folder: Path, before: Ledger) -> int:
    """End the process that had it, as far as the file can tell."""
    assert isinstance(before.book, Journal)
    before.book.close(settled=False)
    return claimed(folder / LEDGER)


def test_a_create_that_was_answered_is_struck(tmp_path: Path) -> None:
    ledger, request = Ledger(), Request(method="POST", path="/things")
    ledger.book = journal(tmp_path)
    ledger.intend(intent(0), request)
    assert len(read(tmp_path).lost) == 1
    ledger.answered(Exchange(id="x", request=request, response=Response(status=422)))
    assert read(tmp_path).owes == 0
