"""The matrix that `stoa permissions` prints is what the routes declare."""

import json

from stoa.api.permissions import rules
from stoa.people import ROLES
from tests.api.furnished import operations
from tests.somebody import stoa


def test_every_operation_is_in_it_once():
    told = [(rule.api, rule.method, rule.path) for rule in rules()]

    assert sorted(told) == sorted((one.api.split("/")[2], one.method, one.route.path) for one in operations())
    assert len(set(told)) == len(told)


def test_it_names_the_roles_that_have_the_permission():
    found = {(rule.method, rule.path): rule for rule in rules() if rule.api == "admin"}

    assert found["POST", "/carts/{cart_id}/priced-lines"].roles == ("owner", "manager")
    assert found["GET", "/members"].roles == ("owner",)
    assert found["GET", "/me"].roles == tuple(ROLES)


def test_the_command_prints_it_for_people_and_for_programs():
    printed = stoa("permissions")
    for_programs = stoa("permissions", "--json")

    assert (printed.returncode, printed.stderr) == (0, "")
    words = [line.split() for line in printed.stdout.splitlines()]
    assert ["admin", "POST", "/keys", "keys.manage", "owner", "manager"] in words
    assert ["store", "POST", "/carts", "anybody"] in words
    assert len(json.loads(for_programs.stdout)) == len(words) == len(operations())
