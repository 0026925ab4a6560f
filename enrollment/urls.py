"""The pages of people, consents and photos. All of them are behind the tenancy middleware."""

from django.urls.resolvers import URLPattern

# Each room adds its own, such as *consenting.
urlpatterns: list[URLPattern] = []
