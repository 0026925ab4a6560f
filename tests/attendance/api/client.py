"""A client of the API, shared by its tests."""

import io
import json

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.tokens.issuing import token_create


def jpeg(width=320, height=240, color=(90, 120, 90)):
    """A picture's bytes, as a phone would send them."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


def token_of(member, scope="write"):
    """The header by which a member signs in with a token."""
    _, secret = token_create(user=member.user, name="Tests", scope=scope, days=7)
    return {"HTTP_AUTHORIZATION": f"Token {secret}"}


class Api:
    """The API as one member uses it, with a token; as a stranger without one."""

    def __init__(self, client, school, member=None):
        self.client, self.root = client, f"/api/{school.slug}/"
        self.headers = token_of(member) if member else {}

    def get(self, path, **query):
        return self._checked(self.client.get(self.root + path, query, **self.headers))

    def post(self, path, **body):
        return self._send(self.client.post, path, body)

    def put(self, path, **body):
        return self._send(self.client.put, path, body)

    def delete(self, path):
        return self._checked(self.client.delete(self.root + path, **self.headers))

    def picture(self, path, nonce, *, data=None, name="class.jpg", **fields):
        upload = SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")
        fields = {"picture": upload, **({"nonce": str(nonce)} if nonce else {}), **fields}
        return self._checked(self.client.post(self.root + path, fields, **self.headers))

    def _send(self, method, path, body):
        body = json.dumps(body, default=str)
        return self._checked(method(self.root + path, body, content_type="application/json", **self.headers))

    def _checked(self, response):
        """Whatever is answered is JSON, and a refusal has a code and a sentence."""
        assert response.status_code < 500
        if response.status_code != 204:
            assert response["Content-Type"] == "application/json"
        if response.status_code >= 400:
            assert response.json()["code"]
            assert response.json()["detail"]
        return response


def refusal(response):
    """A refusal's status and code."""
    return response.status_code, response.json()["code"]
