"""Kinto: JSON storage with buckets, collections, records and accounts."""

from __future__ import annotations

from benchmarks.backends.recipe import Backend, Credentials, Exclusion, Pip, Process, Site, call, must

PASSWORDS = {"alice": "alice-of-the-benchmark", "bob": "bob-of-the-benchmark"}

SETTINGS = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
threads = 8

[app:main]
use = egg:kinto
kinto.includes = kinto.plugins.default_bucket kinto.plugins.accounts kinto.plugins.history
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.userid_hmac_secret = benchmark
kinto.account_create_principals = system.Everyone
kinto.bucket_create_principals = system.Authenticated
multiauth.policies = account
multiauth.policy.account.use = kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy

[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARN
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
[formatter_generic]
format = %(message)s
"""


def start(site: Site) -> Process:
    return Process(command=(site.bin("kinto"), "start", "--ini", "kinto.ini"))


def prepare(site: Site) -> None:
    (site.data / "kinto.ini").write_text(SETTINGS.format(port=site.port))


def users(site: Site) -> Credentials:
    for name, password in PASSWORDS.items():
        must(call("PUT", f"{site.address}/v1/accounts/{name}", {"data": {"password": password}}))
    return Credentials.basic(PASSWORDS)


KINTO = Backend(
    name="Kinto",
    version="26.5.0",
    framework="Pyramid",
    language="Python",
    stores="memory",
    asks_for="HTTP Basic",
    packages=Pip("kinto.txt"),
    document="/v1/__api__",
    mounted_at="/v1",
    start=start,
    prepare=prepare,
    users=users,
    ready="/v1/",
    exclusions=(
        Exclusion(
            operation="GET /__version__",
            status=500,
            answer='"message":"A programmatic error occurred, developers have been informed."',
            reason="it reads a version.json that the package does not contain",
        ),
    ),
)
