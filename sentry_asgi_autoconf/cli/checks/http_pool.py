"""Connections as the SDK makes them of its options: proxies, certificates, socket options."""

from __future__ import annotations

import os
from typing import Any
from urllib.request import getproxies

import certifi
import urllib3
from sentry_sdk.utils import Dsn


def proxy_for(options: dict[str, Any], dsn: Dsn) -> str | None:
    """Give the URL of the proxy through which the SDK sends to the DSN, None for none."""
    environment = {} if _is_exempt(dsn) else getproxies()
    if dsn.scheme == "https" and options["https_proxy"] != "":
        proxy = options["https_proxy"] or environment.get("https")
        if proxy:
            return str(proxy)
    if options["http_proxy"] != "":
        return options["http_proxy"] or environment.get("http") or None
    return None


def make(options: dict[str, Any], proxy: str | None, timeout: float) -> Any:
    """Give the pool. Raises ValueError if the proxy's URL is none."""
    # Nothing is tried again: the first failure is what is to be told.
    given: dict[str, Any] = {
        "cert_reqs": "CERT_REQUIRED",
        "timeout": urllib3.Timeout(connect=timeout, read=timeout),
        "retries": urllib3.Retry(total=3, connect=0, read=0, status=0, redirect=3),
        "ca_certs": options["ca_certs"]
        or os.environ.get("SSL_CERT_FILE")
        or os.environ.get("REQUESTS_CA_BUNDLE")
        or certifi.where(),
        "cert_file": options.get("cert_file") or os.environ.get("CLIENT_CERT_FILE"),
        "key_file": options.get("key_file") or os.environ.get("CLIENT_KEY_FILE"),
    }
    if options.get("socket_options"):
        given["socket_options"] = options["socket_options"]
    if not proxy:
        return urllib3.PoolManager(**given)
    if options.get("proxy_headers"):
        given["proxy_headers"] = options["proxy_headers"]
    if not proxy.startswith("socks"):
        return urllib3.ProxyManager(proxy, **given)
    try:
        from urllib3.contrib.socks import SOCKSProxyManager
    except ImportError:  # the SDK goes without the proxy, too
        return urllib3.PoolManager(**given)
    return SOCKSProxyManager(proxy, **given)


def _is_exempt(dsn: Dsn) -> bool:
    hosts = [host.strip() for host in (getproxies().get("no") or "").split(",")]
    return any(host and (dsn.host.endswith(host) or dsn.netloc.endswith(host)) for host in hosts)
