"""The schema: schools; people, memberships, invitations; rows of the portal's own work; mails; API tokens."""

from accounts.models.institutions import RESERVED_SLUGS, FaceLaw, Institution
from accounts.models.outbox import OutboxMail
from accounts.models.people import Invitation, Membership, Role, User, person_field
from accounts.models.work import Duty, Job, PaidCalls
from accounts.tokens.models import ApiToken
