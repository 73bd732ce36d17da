"""Who may do what: reading is open or by token, publishing always by token."""

from starlette.requests import Request

from ledger.api.access.tokens import Role, Token, Tokens
from ledger.api.http.problems import HttpProblem

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ledger"'}


def check_access(request: Request, needs: Role | None, tokens: Tokens, reading_is_open: bool) -> Token | None:
    """The token of a request, where it shows one. Raises HttpProblem where it may not do what it asks.

    `needs` is None for what is open also where reading is not.
    A token that is shown must be valid, also where none is needed.
    """
    if needs is None:
        return None
    shown = request.headers.get("authorization")
    if shown is None:
        if needs is Role.read and reading_is_open:
            return None
        raise HttpProblem("unauthenticated", "show a token: Authorization: Bearer TOKEN", _CHALLENGE)
    scheme, _, text = shown.partition(" ")
    token = tokens.find(text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise HttpProblem("unauthenticated", "this token is unknown, expired or revoked", _CHALLENGE)
    if not token.may(needs) and not (needs is Role.read and reading_is_open):
        raise HttpProblem("forbidden", f"this token does not bear the role {needs.value}")
    return token
