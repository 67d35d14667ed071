"""The simulated Marketing Cloud: `Request -> Response`, and nothing else.

No sockets, no pytest, no httpx, no clock of its own: the moment of a request
is an argument.
"""
