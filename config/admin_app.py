"""Django admin as an application whose site is the product's own."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Named by its path: the site can be read only when all applications are there."""

    default_site = "config.admin_site.CountersignAdminSite"
