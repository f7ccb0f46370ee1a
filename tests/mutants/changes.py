"""Changes by hand to statements, locks, isolation, permissions and scripts: what no tool would think of.

Each takes something away that the product rests on, and names the test that turns red for it. `old` stands exactly once
in its file. A change that leaves the product as it is has no place here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One change of one file; pytest's names of the tests that have to notice it."""

    name: str
    file: str
    old: str
    new: str
    noticed_by: tuple[str, ...]


CHANGES = (
    Change(
        "placing locks its items no more",
        "labeling/policies/placing.py",
        "id = ANY(%(items)s::bigint[]) ORDER BY id FOR UPDATE)",
        "id = ANY(%(items)s::bigint[]) ORDER BY id)",
        ("tests/labeling/policies/test_placing_at_once.py",),
    ),
    Change(
        "placing moves what people have answered",
        "labeling/policies/placing.py",
        "answers > 0 AS kept",
        "false AS kept",
        ("tests/review/deciding/test_answers_stand.py",),
    ),
    Change(
        "placing leaves slots that too many reviews had opened",
        "labeling/policies/placing.py",
        "NOT kept AND status = 'waiting' AND reviews_asked > ask.reviews",
        "false",
        ("tests/review/deciding/test_resettling.py::test_items_that_nobody_has_answered_wait_for_the_new_number",),
    ),
    Change(
        "a split more than there may be",
        "exchange/importing/chunks.py",
        "len(self.splits) >= MAX_SPLITS",
        "len(self.splits) > MAX_SPLITS",
        ("tests/exchange/importing/test_jobs.py::test_fifty_splits_and_no_more",),
    ),
    Change(
        "the server of a Teredo address is judged, not the client",
        "ground/network/outbound.py",
        "address.teredo[1]",
        "address.teredo[0]",
        ("tests/ground/network/test_outbound.py",),
    ),
    Change(
        "who claims waits for whoever claims beside them",
        "review/queue/claims.py",
        "FOR UPDATE OF q SKIP LOCKED",
        "FOR UPDATE OF q",
        ("tests/review/deciding/test_at_once.py",),
    ),
    Change(
        "who was unsure is asked again",
        "review/queue/claims.py",
        "AND d.verdict IN ('label', 'reject', 'unsure')",
        "AND d.verdict IN ('label', 'reject')",
        ("tests/review/deciding/test_answers_stand.py",),
    ),
    Change(
        "undo no longer locks the item",
        "review/deciding/decisions.py",
        'Item.objects.select_for_update(of=("self",)).get(pk=target.item_id)',
        "Item.objects.get(pk=target.item_id)",
        ("tests/review/deciding/test_at_once.py",),
    ),
    Change(
        "an adjudicator's unsure settles the item",
        "review/deciding/agreement.py",
        'if answers[index].adjudicated and answers[index].verdict != "unsure":',
        "if answers[index].adjudicated:",
        ("tests/review/deciding/test_answers_stand.py",),
    ),
    Change(
        "a dispute opens as many slots as are asked for",
        "review/deciding/agreement.py",
        'return Place("disputed", "disagreement", (max(reviews_needed, *(slot + 1 for slot in filled)),))',
        'return Place("disputed", "disagreement", tuple(range(reviews_needed)))',
        ("tests/review/deciding/test_answers_stand.py",),
    ),
    Change(
        "who skips is offered another slot of the item",
        "review/deciding/settling.py",
        'cursor.execute(_SKIP, {"reviewer": decision.reviewer_id, "item": item.pk})',
        "pass",
        ("tests/review/deciding/test_answers_stand.py",),
    ),
    Change(
        "another number of reviews takes items out of people's hands",
        "review/deciding/resettling.py",
        "        if item.pk in in_hand:\n            continue\n",
        "",
        ("tests/review/deciding/test_resettling.py",),
    ),
    Change(
        "an export sees what is committed meanwhile",
        "exchange/exporting/snapshot.py",
        "ISOLATION LEVEL REPEATABLE READ",
        "ISOLATION LEVEL READ COMMITTED",
        ("tests/exchange/exporting/test_jobs.py",),
    ),
    Change(
        "a cell of several labels is no longer neutralised",
        "exchange/formats/csv/writer.py",
        'return neutralised(json.dumps(value, ensure_ascii=False, separators=(",", ":")))',
        'return json.dumps(value, ensure_ascii=False, separators=(",", ":"))',
        ("tests/exchange/exporting/test_jobs.py",),
    ),
    Change(
        "too many requests lose a decision",
        "static/js/review/outbox.js",
        "408, 425, 429, 500",
        "408, 425, 500",
        ("tests/browser/test_review_asking.py::test_too_many_requests_keep_the_decision",),
    ),
    Change(
        "an empty queue is never asked again",
        "static/js/review/buffer.js",
        'if (got === "nothing") this.#again(Math.min(LONGEST_IDLE_MS, FIRST_IDLE_MS * 2 ** (this.#idle - 1)));',
        "",
        ("tests/browser/test_review_asking.py::test_items_that_arrive_later_appear_by_themselves",),
    ),
    Change(
        "a queue in trouble is asked again at once",
        "static/js/review/buffer.js",
        "this.#again(Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (this.#failures - 1)))",
        "this.#again(0)",
        ("tests/browser/test_review_asking.py::test_a_server_in_trouble_is_asked_ever_more_rarely",),
    ),
    Change(
        "keys act while an input method composes",
        "static/js/review/keys.js",
        "event.defaultPrevented || event.isComposing || event.keyCode === 229",
        "event.defaultPrevented",
        ("tests/browser/test_review_asking.py::test_keys_of_an_input_method_decide_nothing",),
    ),
    Change(
        "thoughts count as the answer",
        "labeling/labelers/llm/objects.py",
        "begin = _thoughts_end(content)",
        "begin = 0",
        ("tests/labeling/labelers/test_llm_reading.py",),
    ),
    Change(
        "two workers take one row of work",
        "work/leasing.py",
        "ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)",
        "ORDER BY id LIMIT 1)",
        ("tests/labeling/runs/test_turns.py::test_a_worker_passes_by_what_another_is_just_taking",),
    ),
    Change(
        "what is changed is not locked",
        "ground/changing.py",
        'type(row)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=row.pk)',
        "type(row)._default_manager.get(pk=row.pk)",
        ("tests/ground/test_changing.py",),
    ),
    Change(
        "a page from before is not compared with what is stored",
        "ground/changing.py",
        "if seen and seen != stamp_of(stored):",
        "if False:",
        ("tests/ground/test_changing.py",),
    ),
    Change(
        "a rank too low is enough",
        "datasets/access.py",
        "if held.rank < role.rank:",
        "if held.rank < role.rank - 1:",
        ("tests/security/test_doors.py::test_both_sides_of_every_border",),
    ),
    Change(
        "a secret goes with its labeler to another server",
        "labeling/setup/defining.py",
        "if row.secret and old != new:",
        "if False:",
        ("tests/security/test_doors.py::test_a_secret_belongs_to_its_origin",),
    ),
    Change(
        "the key of a session is stored as it is",
        "accounts/sign_in/session_store.py",
        "return hashlib.sha256(key.encode()).hexdigest()",
        "return key",
        ("tests/security/test_doors.py::test_a_copy_of_the_sessions_opens_nothing",),
    ),
    Change(
        "an invitation outlives its maker's right",
        "datasets/invitations.py",
        "return not ended and may_invite(row.created_by, row.dataset, row.role)",
        "return not ended",
        ("tests/security/test_doors.py::test_an_invitation_opens_nothing_while_its_maker_may_not_sign_in",),
    ),
    Change(
        "n in place of n - 1 in the variance",
        "measuring/estimation.py",
        "* squares / (n - 1) / n",
        "* squares / n / n",
        ("tests/measuring/test_estimation.py",),
    ),
    Change(
        "a dump holds who was signed in",
        "supervision/postgres_binaries.py",
        '("labeling_session", "labeling_attempt", "django_session")',
        '("labeling_attempt", "django_session")',
        ("tests/operating/test_backups.py::test_who_was_signed_in_is_not_in_it",),
    ),
    Change(
        "a dispute moves with the number of reviews",
        "review/deciding/settling.py",
        "anew = slot.stale and item.status == Status.WAITING",
        "anew = slot.stale",
        ("tests/review/deciding/test_resettling.py::test_a_dispute_that_a_manager_holds_meanwhile_stays_one",),
    ),
    Change(
        "every child is told the first admin's password",
        "supervision/product.py",
        'self.environment.pop("COUNTERSIGN_ADMIN_PASSWORD", "")',
        'self.environment.get("COUNTERSIGN_ADMIN_PASSWORD", "")',
        ("tests/supervision/test_up.py::test_kill_9_leaves_no_child_and_the_next_start_is_whole",),
    ),
    Change(
        "a copied ticket lets somebody in a second time",
        "accounts/views/sign_in.py",
        """ or not _QUESTION.spend(state["challenge"])""",
        "",
        ("tests/security/test_tickets.py::test_a_passkey_signs_in_and_a_copied_ticket_does_not",),
    ),
    Change(
        "a thumbnail that somebody else put there is shown",
        "datasets/media/thumbnails.py",
        "if not hmac.compare_digest(whole[:_DIGEST_BYTES], _digest(path, data)):",
        "if not whole:",
        ("tests/datasets/media/test_thumbnails.py::test_what_is_damaged_or_not_ours_is_made_anew",),
    ),
    Change(
        "two processes make the same thumbnail",
        "datasets/media/thumbnails.py",
        "while not _locked(handle):",
        "while False:",
        ("tests/datasets/media/test_thumbnails.py",),
    ),
    Change(
        "a mail goes to the address that whoever came in has entered since",
        "accounts/sign_in/notices.py",
        "to=notice.email",
        "to=notice.user.email",
        ("tests/accounts/sign_in/test_notices.py::test_the_mail_goes_where_it_would_have_gone_at_the_sign_in",),
    ),
    Change(
        "a browser stays known after a new password",
        "accounts/sign_in/known_browsers.py",
        """one["mark"] == _mark(user) and """,
        "",
        ("tests/accounts/sign_in/test_notices.py::test_a_new_password_makes_every_browser_new_again",),
    ),
)
