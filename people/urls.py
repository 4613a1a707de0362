from django.urls import path

from people import oauth, signin
from people.signin import joining

urlpatterns = [
    path("oauth/token/", oauth.TokenView.as_view(), name="token"),
    path("sign-in/<str:token>/", signin.sign_in, name="sign-in"),
    path("invitation/<str:token>/", joining.join, name="invitation"),
    path("invitation/<str:token>/options/", joining.options, name="invitation_options"),
]
