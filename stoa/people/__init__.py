"""Staff: who they are, what they may do in which store, and how they and their programs sign in."""

from stoa.people.keys import actor_of_key, create_key, keys_of_store, plain_key, revoke_key, store_of_key
from stoa.people.memberships import Member, give_role, members, stores_of_user, take_role
from stoa.people.rate_limits import Limit, count_attempt, purge_counters
from stoa.people.roles import PERMISSIONS, ROLES, ensure_roles, permissions_of
from stoa.people.sessions import SignedIn, actor_of_session, purge_sessions, sign_in, sign_out, user_of_session
from stoa.people.users import change_password, create_user, end_sessions, user_of_email

__all__ = [
    "PERMISSIONS",
    "ROLES",
    "Limit",
    "Member",
    "SignedIn",
    "actor_of_key",
    "actor_of_session",
    "change_password",
    "count_attempt",
    "create_key",
    "create_user",
    "end_sessions",
    "ensure_roles",
    "give_role",
    "keys_of_store",
    "members",
    "permissions_of",
    "plain_key",
    "purge_counters",
    "purge_sessions",
    "revoke_key",
    "sign_in",
    "sign_out",
    "store_of_key",
    "stores_of_user",
    "take_role",
    "user_of_email",
    "user_of_session",
]
