# The bundle as an image, for a volume of a pod, or an init container that copies it.
#
#   docker build --file bundle.Dockerfile --tag registry.example.com/platform/sentry-asgi-autoconf:0.1.0 .
#
# All is fetched here, and nothing when a pod starts. A service's Python need not be among these: it compiles for itself.

FROM python:3.9.23-slim-bookworm AS python39
FROM python:3.10.18-slim-bookworm AS python310
FROM python:3.11.13-slim-bookworm AS python311
FROM python:3.12.11-slim-bookworm AS python312

FROM python:3.13.7-slim-bookworm AS bundle
COPY --from=python39 /usr/local /python39
COPY --from=python310 /usr/local /python310
COPY --from=python311 /usr/local /python311
COPY --from=python312 /usr/local /python312
ENV LD_LIBRARY_PATH=/python39/lib:/python310/lib:/python311/lib:/python312/lib
RUN pip install --no-cache-dir 'sentry-asgi-autoconf[bundle]==0.1.0' \
    && sentry-asgi-autoconf bundle /bundle --sdk 2.75.0 \
    --compile /python39/bin/python3.9 \
    --compile /python310/bin/python3.10 \
    --compile /python311/bin/python3.11 \
    --compile /python312/bin/python3.12 \
    --compile python3.13

FROM busybox:1.37.0-musl
# Whose they are is who copies them, so that `cp -a` has nothing to say of it.
COPY --from=bundle --chown=65532:65532 /bundle /bundle
USER 65532:65532
