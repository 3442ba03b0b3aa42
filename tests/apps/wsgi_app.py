"""A WSGI app."""


def app(environ, start_response):
    if environ["PATH_INFO"] == "/boom":
        raise ZeroDivisionError
    start_response("200 OK", [("content-type", "text/plain")])
    return [b"ok"]
