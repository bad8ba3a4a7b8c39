"""The routes that tell who somebody is and which pages are his."""

from mpcas2_platform_linkedin.sandbox.calls import Call, Reply, decoded, page_of
from mpcas2_platform_linkedin.sandbox.directory import ROLES
from mpcas2_platform_linkedin.sandbox.refusals import bad_field, denied, not_found

_STATES = ("APPROVED", "REQUESTED", "REJECTED", "REVOKED")
_LOCALE = {"country": "US", "language": "en"}


def userinfo(call: Call) -> Reply:
    """Tells who the token's owner is (``GET /v2/userinfo``)."""
    call.need("userinfo.GET", "openid")
    member = call.member
    claims: dict[str, object] = {"sub": member.id}
    if "profile" in call.grant.scopes:
        claims |= {
            "name": member.name,
            "given_name": member.first_name,
            "family_name": member.last_name,
            "locale": _LOCALE,
        }
    if "email" in call.grant.scopes:
        claims |= {"email": f"{member.handle}@example.com", "email_verified": True}
    return Reply(body=claims)


def roles(call: Call) -> Reply:
    """Lists the caller's roles at pages (``GET /rest/organizationAcls``)."""
    query = call.query({"q", "role", "state", "start", "count"})
    decoded(query, "q", ("roleAssignee",))
    role = decoded(query, "role", ROLES) if "role" in query else None
    state = decoded(query, "state", _STATES) if "state" in query else "APPROVED"
    call.need(
        "organizationAcls.FINDER-roleAssignee", "rw_organization_admin", "r_organization_social"
    )
    found = [
        {
            "organization": one.urn,
            "role": one.roles[call.member.handle],
            "roleAssignee": call.member.urn,
            "state": "APPROVED",
        }
        for one in call.state.directory.organizations()
        if call.member.handle in one.roles
    ]
    shown = [one for one in found if role in {None, one["role"]} and state == "APPROVED"]
    return Reply(body=page_of(query, shown))


def organization(call: Call) -> Reply:
    """Tells about one page (``GET /rest/organizations/{id}``)."""
    call.query(())
    number = call.path("id")
    if not (number.isascii() and number.isdigit()):
        raise bad_field("id", f"This URN Id is invalid: {number}", "INVALID_URN_ID")
    found = call.state.directory.organization(number)
    if found is None:
        raise not_found()
    call.need("organizations.GET", "rw_organization_admin")
    if call.member.handle not in found.roles:
        raise denied("organizations.GET", f"{call.header('linkedin-version')}01")
    return Reply(
        body={
            "id": found.id,
            "localizedName": found.name,
            "vanityName": found.vanity_name,
            "name": {"localized": {"en_US": found.name}, "preferredLocale": _LOCALE},
            "primaryOrganizationType": "NONE",
        }
    )
