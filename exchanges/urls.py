from django.urls import path

from exchanges import views

urlpatterns = [path("calendar/<str:token>.ics", views.calendar, name="calendar")]
