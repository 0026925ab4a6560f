"""The page "Manage" leads to what administrators look after; who may see it: tests/test_walls.py."""

from django.urls import reverse


def test_every_link_opens(sign_in, ada, riverside):
    client = sign_in(ada)
    page = client.get(reverse("manage", args=["riverside"])).content.decode()
    links = [part.partition('"')[0] for part in page.partition("<main")[2].partition("</main>")[0].split('href="')[1:]]
    assert reverse("costs", args=["riverside"]) in links
    for link in links:
        assert client.get(link, follow=True).status_code == 200, link
