from django.contrib.admin import AdminSite


class LifelineAdminSite(AdminSite):
    site_header = "Lifeline"
    site_title = "Lifeline"
    index_title = "Work of the day"
