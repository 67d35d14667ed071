"""Marketing Cloud by requests, as most integrations call it."""

from __future__ import annotations

import requests

SUBDOMAIN = "mcshop"
UNAUTHORIZED = 401
TIMEOUT = 30


class MarketingCloud:
    """Calls the REST API of one tenant, with one token until that is refused.

    Args:
        client_id: of the Installed Package.
        client_secret: the same.
        scope: what the token may do, separated by spaces.
    """

    def __init__(self, client_id: str, client_secret: str, scope: str) -> None:
        self._login = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": scope,
        }
        self._session = requests.Session()
        self._rest_url = ""

    def call(self, method: str, path: str, json: object = None) -> requests.Response:
        """Call a path of the REST API; a token that has expired is renewed once.

        Raises:
            requests.HTTPError: Marketing Cloud says no, to the log-in or to the call.
        """
        if not self._rest_url:
            self._log_in()
        answer = self._send(method, path, json)
        if answer.status_code == UNAUTHORIZED:
            self._log_in()
            answer = self._send(method, path, json)
        answer.raise_for_status()
        return answer

    def _send(self, method: str, path: str, json: object) -> requests.Response:
        return self._session.request(method, f"{self._rest_url}{path}", json=json, timeout=TIMEOUT)

    def _log_in(self) -> None:
        url = f"https://{SUBDOMAIN}.auth.marketingcloudapis.com/v2/token"
        answer = requests.post(url, json=self._login, timeout=TIMEOUT)
        answer.raise_for_status()
        token = answer.json()
        self._rest_url = token["rest_instance_url"]
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
