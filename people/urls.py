from django.urls import path

from people import oauth, signin

urlpatterns = [
    path("oauth/token/", oauth.TokenView.as_view(), name="token"),
    path("sign-in/<str:token>/", signin.sign_in, name="sign-in"),
]
