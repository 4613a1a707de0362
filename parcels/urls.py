from django.urls import path

from parcels import views

urlpatterns = [path("", views.FamilyPage.as_view(), name="family")]
