"""Tokens: sign-in for programs."""

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.factors import checking
from accounts.factors.enforcing import must_set_up
from accounts.models import User
from datasets.serializers.people import NewTokenIn, TokenOut
from datasets.tokens import make_token
from ground.errors import Conflict
from ground.web.requests import address_of


class TokensView(APIView):
    """Create a token from a user name and a password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Makes a wrong password 401, not 403."""
        return "Bearer"

    @extend_schema(request=NewTokenIn, responses={201: TokenOut}, auth=[])
    def post(self, request: Request) -> Response:
        """Create a bearer token, shown once. Users with two-factor authentication create theirs on the profile page:
        409."""
        incoming = NewTokenIn(data=request.data)
        incoming.is_valid(raise_exception=True)
        data = dict(incoming.validated_data)
        user = authenticate(request._request, username=data.pop("username"), password=data.pop("password"))
        if not isinstance(user, User):
            raise AuthenticationFailed("Wrong username or password.")
        if checking.has_factor(user):
            raise Conflict(
                "This account uses two-factor authentication. Create the token on the profile page.",
                code="second_factor_required",
            )
        if must_set_up(user):
            raise Conflict(
                "This site wants a second factor of everybody: sign in, set it up, and make the token on your profile.",
                code="second_factor_required",
            )
        user.address = address_of(request._request)
        token, text = make_token(user=user, **data)
        return Response(TokenOut({"token": text, "expires_at": token.expires_at}).data, status=201)
