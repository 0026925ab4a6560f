"""The school's consent form: its versions, the exact wording in each language, and a text to start from.

A version that somebody answered is never changed: a new one is made instead, so that each answer leads to its words.
"""

import hashlib
from collections.abc import Mapping

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from enrollment.domain.consents import leaver_days, rules_of
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, ConsentForm, ConsentRequest, ConsentWording

DIGEST_LENGTH = 16  # of the words that a page showed: enough to see that they are not the stored ones


def current_form(institution: Institution) -> ConsentForm | None:
    """The version in use, with its `wordings`; None before the school wrote one."""
    forms = ConsentForm.objects.for_institution(institution).filter(is_current=True)
    return forms.prefetch_related("wordings").first()


def is_frozen(form: ConsentForm) -> bool:
    """True once somebody answered this version."""
    return Consent.objects.filter(form=form).exists()


def digest_of(wording: ConsentWording) -> str:
    """Digest of the words in one language, which an answer sends back with it."""
    return hashlib.sha256(wording.text.encode()).hexdigest()[:DIGEST_LENGTH]


def wording_in(form: ConsentForm, *languages: str) -> ConsentWording | None:
    """The wording in the first of these languages that the form has, else any; None for a form without words."""
    wordings = {wording.language: wording for wording in form.wordings.all()}
    for language in languages:
        if language in wordings:
            return wordings[language]
    return next(iter(wordings.values()), None)


def free_version(institution: Institution) -> str:
    """A name for the next version, such as "Face consent 2026-09", that the school has not used yet."""
    first = _("Face consent %s") % f"{timezone.localdate():%Y-%m}"
    used = set(ConsentForm.objects.for_institution(institution).values_list("version", flat=True))
    names = [first, *(f"{first} ({number})" for number in range(2, len(used) + 3))]
    return next(name for name in names if name not in used)


def starter_text(institution: Institution, language: str) -> str:
    """A text to start from in one of the portal's languages, with the school's own settings. No legal advice."""
    context = {
        "school": institution,
        "rules": rules_of(institution.law),
        "leaver_days": leaver_days(institution.law, institution.leaver_retention_days),
        "is_cloud": "rekognition" in settings.FACE_ENGINE["BACKEND"].lower(),
    }
    with translation.override(language):
        text = render_to_string(f"enrollment/consenting/starter/{language}.txt", context)
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def consent_form_save(
    *, institution: Institution, version: str, valid_months: int | None, texts: Mapping[str, str], by: User
) -> ConsentForm:
    """Store the form's words by language; languages without words are left out. Returns the version now in use.

    The version in use is changed while nobody has answered it, and replaced by a new one afterwards; links that wait
    for an answer then lead to the new one. Raises EnrollmentError `no_words` or `version_taken`.
    """
    words = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not words:
        raise EnrollmentError("no_words", _("Write the text in at least one language."))
    try:
        with transaction.atomic():
            form = _locked(institution)
            if form is None or is_frozen(form):
                form = _replace(institution, form, version, by)
            form.version, form.valid_months = version, valid_months
            form.save()
            form.wordings.exclude(language__in=words).delete()
            for language, text in words.items():
                ConsentWording.objects.update_or_create(
                    institution=institution, form=form, language=language, defaults={"text": text}
                )
    except IntegrityError as error:
        raise EnrollmentError("version_taken", _("An earlier version has this name. Choose another.")) from error
    return form


def has_changed(form: ConsentForm | None, *, version: str, valid_months: int | None, texts: Mapping[str, str]) -> bool:
    """True if these values differ from the stored form's."""
    if form is None or (form.version, form.valid_months) != (version, valid_months):
        return True
    return {w.language: w.text for w in form.wordings.all()} != {k: t.strip() for k, t in texts.items() if t.strip()}


def _locked(institution: Institution) -> ConsentForm | None:
    """The version in use; nobody answers it until the transaction ends."""
    forms = ConsentForm.objects.for_institution(institution).select_for_update()
    return forms.filter(is_current=True).first()


def _replace(institution: Institution, old: ConsentForm | None, version: str, by: User) -> ConsentForm:
    if old is not None and old.version == version:
        raise EnrollmentError(
            "version_taken", _("Somebody has answered this version. Give the new wording a name of its own.")
        )
    ConsentForm.objects.for_institution(institution).filter(is_current=True).update(is_current=False)
    form = ConsentForm.objects.create(institution=institution, version=version, created_by=by)
    waiting = ConsentRequest.objects.for_institution(institution).filter(
        Q(form=old), state=ConsentRequest.State.PENDING
    )
    waiting.update(form=form)
    return form
