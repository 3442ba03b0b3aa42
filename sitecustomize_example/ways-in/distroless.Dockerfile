# An image without a shell: what would have been set by a script is the bundle's own command.
#
#   docker build --file ways-in/distroless.Dockerfile --tag shop .    # in sitecustomize_example

FROM python:3.11.13-slim-bookworm AS build
RUN pip install --no-cache-dir 'sentry-asgi-autoconf[bundle]==0.1.0' \
    && sentry-asgi-autoconf bundle /opt/sentry --sdk 2.75.0 --compile python3
RUN pip install --no-cache-dir --target /app starlette==1.10.0 uvicorn==0.54.0
COPY main.py /app/

FROM gcr.io/distroless/python3-debian12:nonroot
COPY --from=build /opt/sentry /opt/sentry
COPY --from=build /app /app
WORKDIR /app
ENTRYPOINT ["python3", "/opt/sentry", "run", "--", "python3", "-m", "uvicorn", "main:app", "--host", "0.0.0.0"]
