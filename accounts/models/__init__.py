"""The schema: schools; people, their memberships and invitations; what the portal's own work stores; API tokens."""

from accounts.models.institutions import RESERVED_SLUGS, FaceLaw, Institution
from accounts.models.people import Invitation, Membership, Role, User
from accounts.models.work import Duty, Job, PaidCalls
from accounts.tokens.models import ApiToken
