import requests
import requests as r
import ssl
import httpx


def bad(url, session):
    # ruleid: python-tls-verify-off
    requests.get(url, verify=False)
    # ruleid: python-tls-verify-off
    r.post(url, json={}, verify=False, timeout=5)
    # ruleid: python-tls-verify-off
    session.verify = False
    # ruleid: python-tls-verify-off
    client = httpx.Client(verify=False)
    # ruleid: python-tls-verify-off
    context = ssl._create_unverified_context()


def good(url, session, context, token):
    # ok: python-tls-verify-off
    requests.get(url, timeout=5)
    # ok: python-tls-verify-off
    requests.get(url, verify="/etc/ssl/ca.pem")
    # ok: python-tls-verify-off
    session.verify = True
    # ok: python-tls-verify-off
    context.check_hostname = True
    # ok: python-tls-verify-off
    context.verify_mode = ssl.CERT_REQUIRED
    # ok: python-tls-verify-off
    # requests.get(url, verify=False)
    # ok: python-tls-verify-off
    checker.run(token, verify=False)
