"""What is told of those on a return, by whom: wishes, whereabouts, counts, questions, replies. Only added."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from exchanges import access, sealed
from exchanges.actions.recording import officer_for, recorded
from exchanges.actions.steps import NotPossible, locked
from exchanges.models import Count, Question, Reply, Return, ReturnPerson, Whereabouts, Wish
from people import approvals, bulk
from people.actors import Actor, announce
from people.models import Organisation


@transaction.atomic
def state_wish(
    member: ReturnPerson,
    wants: str,
    *,
    stated_to: Organisation,
    in_private: bool,
    stated_on: date,
    words: str = "",
    document: str = "",
    by: Actor,
    now: datetime,
) -> Wish:
    """Keep what a person said they wish. Earlier wishes stay as they were said.

    :raises NotPossible: if the day has not come, or another organisation heard it and no paper is named
    :raises approvals.NotYours: if `by` is no officer of an organisation named on the return
    """
    announce(by)
    # Locked, so that nobody sets out while this is being written.
    group = locked(member.group)
    officer_for(group, by, now, stated_on)
    _on_paper(stated_to, document, by)
    pk = bulk.new_id(Wish)
    return Wish.objects.create(
        pk=pk,
        member=member,
        wants=wants,
        stated_to=stated_to,
        in_private=in_private,
        stated_on=stated_on,
        document=document,
        sealed_words=sealed.seal(words, sealed.WISH, member.person_id, row=pk, office=by.organisation_id)
        if words
        else None,
        **recorded(by, now),
    )


@transaction.atomic
def state_whereabouts(
    member: ReturnPerson,
    place: str,
    since_on: date,
    *,
    stated_by: Organisation,
    responsible: Organisation | None,
    by: Actor,
    now: datetime,
) -> Whereabouts:
    """Keep where a person is, as somebody states it, and who looks after them there.

    :raises NotPossible: if the day has not come yet
    :raises approvals.NotYours: if `by` is no officer of an organisation named on the return
    """
    announce(by)
    officer_for(member.group, by, now, since_on)
    pk = bulk.new_id(Whereabouts)
    return Whereabouts.objects.create(
        pk=pk,
        member=member,
        sealed_place=sealed.seal(
            place, sealed.WHEREABOUTS, member.person_id, row=pk, office=by.organisation_id
        ),
        since_on=since_on,
        stated_by=stated_by,
        responsible=responsible,
        **recorded(by, now),
    )


@transaction.atomic
def state_count(
    group: Return,
    number: int,
    scope: str,
    *,
    stated_by: Organisation | None,
    source: str = "",
    said_on: date,
    published_on: date | None = None,
    words: str = "",
    document: str = "",
    by: Actor,
    now: datetime,
) -> Count:
    """Keep a number as somebody stated it, beside the numbers of others.

    :raises NotPossible: if nobody stands behind it, days are not in order, or no paper of another's is named
    :raises approvals.NotYours: if `by` is no officer of an organisation named on the return
    """
    announce(by)
    officer_for(group, by, now, said_on, published_on)
    if stated_by is None and not source:
        raise NotPossible("A number without a source is nobody's.")
    if published_on and published_on < said_on:
        raise NotPossible("It cannot be published before it was said.")
    if stated_by:
        _on_paper(stated_by, document, by)
    pk = bulk.new_id(Count)
    return Count.objects.create(
        pk=pk,
        group=group,
        number=number,
        scope=scope,
        sealed_scope=sealed.of_return(words, sealed.SCOPE, group.pk, pk) if words else None,
        stated_by=stated_by,
        source=source,
        said_on=said_on,
        published_on=published_on,
        document=document,
        **recorded(by, now),
    )


@transaction.atomic
def ask(
    group: Return, asked_of: Organisation, asked_on: date, *, document: str = "", by: Actor, now: datetime
) -> Question:
    """Keep that `by` asked another side. Until a reply stands beside it, it reads as silence.

    :raises NotPossible: if they asked themselves or somebody not on the return, or the day has not come yet
    :raises approvals.NotYours: if `by` is no officer of an organisation named on the return
    """
    announce(by)
    officer_for(group, by, now, asked_on)
    if asked_of.pk == by.organisation_id or asked_of.pk not in access.concerned_by(group):
        raise NotPossible("Asked is another of the organisations on this return.")
    return Question.objects.create(
        group=group,
        asked_by_id=by.organisation_id,
        asked_of=asked_of,
        asked_on=asked_on,
        document=document,
        **recorded(by, now),
    )


@transaction.atomic
def reply(question: Question, replied_on: date, *, document: str = "", by: Actor, now: datetime) -> Reply:
    """Keep that a question was answered; what the answer says is a claim or a count.

    :raises NotPossible: if it was answered already, or days are not in order
    :raises approvals.NotYours: if `by` neither asked nor was asked
    """
    announce(by)
    group = locked(question.group)
    officer_for(group, by, now, replied_on)
    if by.organisation_id not in (question.asked_by_id, question.asked_of_id):
        raise approvals.NotYours
    if replied_on < question.asked_on:
        raise NotPossible("A reply comes after the question.")
    if Reply.objects.filter(question=question).exists():
        raise NotPossible("A reply is recorded already.")
    _on_paper(question.asked_of, document, by)
    return Reply.objects.create(
        question=question,
        replied_on=replied_on,
        document=document,
        **recorded(by, now),
    )


def _on_paper(whose: Organisation, document: str, by: Actor) -> None:
    """:raises NotPossible: if it is another organisation's word, and no paper is named on which it stands"""
    if whose.pk != by.organisation_id and not document:
        raise NotPossible("Name the paper on which another organisation told it.")
