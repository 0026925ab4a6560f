"""The outbox in one process, against a real mail server on loopback: what is written before and after each step."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import OutboxMail
from accounts.outbox import mail_cancel, mail_queue, mail_send_next, mail_try_now, mails_expire, mails_send_due
from accounts.outbox.queue import mail_claim, mail_claim_next
from accounts.outbox.sending import DELAYS, _send
from tests.accounts.outbox import kinds

pytestmark = pytest.mark.django_db
State = OutboxMail.State
TO = "fay@example.org"


@pytest.fixture
def server(smtp):
    kinds.told.clear()
    return smtp


@pytest.fixture
def queue(riverside):
    def queue_(to=TO, key=None, **rest):
        parameters = {name: rest.pop(name) for name in ("obsolete", "wrong", "text") if name in rest}
        return mail_queue(
            institution=riverside, kind="test line", to=to, about=uuid4(), key=key or str(uuid4()),
            parameters=parameters, **rest,
        )  # fmt: skip

    return queue_


def again(mail):
    mail.refresh_from_db()
    return mail


class TestSending:
    def test_a_mail_leaves_once(self, server, queue):
        mail = queue()
        assert mails_send_due() == 1
        assert again(mail).state == State.SENT
        assert mails_send_due() == 0
        assert server.addresses == [TO]
        assert kinds.told == [(TO, State.SENT)]

    def test_the_same_key_is_the_same_mail(self, server, queue):
        assert queue(key="one") == queue(key="one")
        mails_send_due()
        assert len(server.received) == 1

    def test_at_once_or_by_a_worker_but_not_both(self, server, queue):
        mail = mail_try_now(queue())
        assert mail.state == State.SENT
        assert mail_try_now(mail).state == State.SENT
        assert not mail_send_next()
        assert len(server.received) == 1

    def test_none_before_it_is_due(self, server, queue):
        queue(due_at=timezone.now() + timedelta(minutes=1))
        assert not mail_send_next()

    def test_none_after_it_is_of_use(self, server, queue):
        mail = queue(useless_at=timezone.now() - timedelta(seconds=1))
        mails_send_due()
        assert again(mail).state == State.DROPPED
        assert server.received == []

    def test_none_that_its_kind_calls_obsolete(self, server, queue):
        mail = queue(obsolete=True)
        mails_send_due()
        assert (again(mail).state, mail.error) == (State.DROPPED, "Nobody wants it any more.")
        assert server.received == []

    def test_none_that_was_cancelled(self, server, queue):
        mail = queue()
        assert mail_cancel(mail=mail, reason="Corrected.")
        mails_send_due()
        assert server.received == []
        assert not mail_cancel(mail=mail, reason="Again.")


class TestARefusal:
    def test_for_now_is_tried_again_later_under_the_same_message_id(self, server, queue):
        server.answers[TO] = "451 Try again later"
        mail = queue()
        mails_send_due()
        assert (again(mail).state, mail.tries) == (State.WAITING, 1)
        assert mail.due_at > timezone.now() + DELAYS[0] / 2
        assert mail.error == "The mail server refused the e-mail."
        server.answers.clear()
        OutboxMail.objects.update(due_at=timezone.now())
        mails_send_due()
        assert again(mail).state == State.SENT
        assert mail.error == ""
        [message_id] = server.ids
        assert str(mail.pk) in message_id

    def test_for_good_ends_it_with_the_reason(self, server, queue):
        server.recipients[TO] = "550 No such user"
        mail = queue()
        mails_send_due()
        assert (again(mail).state, mail.error) == (State.FAILED, "The mail server refused this address.")
        assert kinds.told == [(TO, State.FAILED)]

    def test_that_stays_is_given_up_in_the_end(self, server, queue):
        server.answers[TO] = "451 Try again later"
        mail = queue()
        for _number in range(len(DELAYS) + 1):
            OutboxMail.objects.update(due_at=timezone.now())
            mails_send_due()
        assert (again(mail).state, mail.tries) == (State.FAILED, len(DELAYS) + 1)
        assert not mail_send_next()

    def test_without_a_server_nothing_has_left(self, server, queue, settings):
        settings.EMAIL_PORT = 1
        mail = queue()
        mails_send_due()
        assert (again(mail).state, mail.error) == (State.WAITING, "The mail server could not be reached.")

    def test_a_fault_of_ours_is_tried_again(self, server, queue):
        mail = queue(wrong=True)
        mails_send_due()
        assert (again(mail).state, mail.error) == (State.WAITING, "The e-mail could not be written.")

    def test_of_one_does_not_keep_the_others(self, server, queue):
        server.recipients["nobody@example.org"] = "550 No such user"
        for address in ("nobody@example.org", TO):
            queue(to=address)
        assert mails_send_due() == 2
        assert server.addresses == [TO]


class TestAProcessThatDied:
    def test_before_the_server_heard_of_it_is_made_up_for(self, server, queue):
        mail = queue()
        assert mail_claim_next() == mail
        assert mail_claim_next() is None
        OutboxMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        mails_send_due()
        assert again(mail).state == State.SENT
        assert len(server.received) == 1

    def test_amidst_sending_is_said_and_not_sent_again(self, server, queue):
        mail = queue()
        claimed = mail_claim_next()
        OutboxMail.objects.filter(pk=claimed.pk).update(
            state=State.SENDING, lease_until=timezone.now() - timedelta(seconds=1)
        )
        assert mails_expire() == 1
        assert not mail_send_next()
        assert (again(mail).state, server.received) == (State.UNKNOWN, [])
        assert "not known" in mail.error
        assert kinds.told == [(TO, State.UNKNOWN)]

    def test_only_slow_its_answer_still_counts(self, server, queue, monkeypatch):
        """The lease of a slow process runs out amidst sending; what the server then says is known after all."""
        mail = queue()
        claimed = mail_claim_next()
        real = kinds.EmailMessage.send

        def slow(message, *args, **kwargs):
            OutboxMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            mails_expire()
            return real(message, *args, **kwargs)

        monkeypatch.setattr(kinds.EmailMessage, "send", slow)
        _send(claimed)
        assert again(mail).state == State.SENT

    def test_who_lost_the_claim_sends_nothing(self, server, queue):
        mail = queue()
        slow = mail_claim_next()
        OutboxMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        fast = mail_claim(mail)
        _send(slow)
        assert server.received == []
        _send(fast)
        assert again(mail).state == State.SENT
        assert len(server.received) == 1


def test_a_connection_lost_amidst_sending_is_not_tried_again(server, queue, monkeypatch):
    def lost(message, *args, **kwargs):
        raise ConnectionResetError

    monkeypatch.setattr(kinds.EmailMessage, "send", lost)
    mail = queue()
    mails_send_due()
    assert again(mail).state == State.UNKNOWN


def test_a_fault_amidst_sending_is_said_and_not_tried_again(server, queue, monkeypatch):
    """Whatever it is: nobody knows how far it came, and the row does not stay as if it were being sent."""

    def odd(message, *args, **kwargs):
        raise UnicodeError("label too long")

    monkeypatch.setattr(kinds.EmailMessage, "send", odd)
    mail = mail_try_now(queue())
    assert (mail.state, "not known" in mail.error) == (State.UNKNOWN, True)


def test_a_text_that_no_mail_can_bear_is_a_fault_of_ours(server, queue, monkeypatch):
    monkeypatch.setattr(kinds.EmailMessage, "__init__", _with_subject(kinds.EmailMessage.__init__))
    mail = mail_try_now(queue())
    assert (mail.state, mail.error, server.received) == (State.WAITING, "The e-mail could not be written.", [])


def _with_subject(real):
    def init(message, subject, *rest, **more):
        real(message, "two\nlines", *rest, **more)

    return init


def test_rows_go_three_months_after_their_end(server, queue):
    mail = mail_try_now(queue())
    assert mails_expire() == 0
    OutboxMail.objects.filter(pk=mail.pk).update(ended_at=timezone.now() - timedelta(days=91))
    assert mails_expire() == 1
    assert not OutboxMail.objects.exists()


def test_an_unknown_kind_is_refused(riverside):
    with pytest.raises(LookupError):
        mail_queue(institution=riverside, kind="nothing", to=TO, about=uuid4(), key="k")
