"""The headers of each request that is measured."""

HEADERS = [
    (b"host", b"service.example"),
    (b"user-agent", b"benchmark/1.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
    (b"x-request-id", b"5c0cf1f8a3b84d0e"),
]
