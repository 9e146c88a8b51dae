"""The cast of every test, and the real servers that some of them need."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from config.celery import app as celery_app
from core.auth import permissions_in
from core.models import Change, Company, Membership, Role, User
from core.services import jobs, mail
from core.services.companies import create_company
from tests import migrated
from tests.emptying import empty_quickly
from tests.processes import Worker
from tests.smtp import SmtpServer

PASSWORD = "a good long password"
BEGUN: "pytest.StashKey[subprocess.Popen[bytes]]" = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Begin with the migrated database while the other processes still look for their tests."""
    option = config.option
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    has_others = config.getoption("dist", "no") != "no"
    if is_whole and has_others and not (option.collectonly or option.reuse_db):
        config.stash[BEGUN] = migrated.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind: each process its keys in Redis, the first one the run's folder."""
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL) as server:
            keys = list(server.scan_iter(f"{os.environ['QUEUE_PREFIX']}*"))
            server.delete("-", *keys)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        migrated.end(config.stash.get(BEGUN, None))
        shutil.rmtree(os.environ["TEST_RUN_DIR"], ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each process begin with its part of what takes long: else one would wait at the end."""

    def is_quick(item: pytest.Item) -> bool:
        return not (item.get_closest_marker("slow") or item.get_closest_marker("browser"))

    items.sort(key=lambda item: (is_quick(item), item.get_closest_marker("slow") is None))
    quick = [item for item in items if is_quick(item)]
    lists = items[: len(items) - len(quick)], quick
    # Each process is given as many in this order, and takes from the others when it has done them.
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [
        item
        for number in range(count)
        for each in lists
        for item in each[len(each) * number // count : len(each) * (number + 1) // count]
    ]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """Whether the test database is there before it is set up: a copy is, of one of many."""
    if django_db_keepdb or "PYTEST_XDIST_WORKER" not in os.environ:
        return django_db_keepdb
    return migrated.use()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Make the test database, and see to it that it is emptied quickly."""
    with django_db_blocker.unblock():
        empty_quickly()


# -- The cast -----------------------------------------------------------------------------------


def _company(slug: str, name: str, **fields: str) -> Company:
    return create_company(
        slug=slug,
        name=name,
        actor=None,
        source=Change.Source.COMMAND,
        now=timezone.now(),
        **fields,
    )


def _member(company: Company, name: str, role: str) -> User:
    user = User.objects.create(
        email=f"{name.lower()}@{company.slug}.example", name=name, password=make_password(PASSWORD)
    )
    Membership.objects.create(company=company, user=user, role=role)
    return user


@pytest.fixture
def bella(db: None) -> Company:
    """The company that tests are about: two restaurants in London."""
    company = _company("bella", "Bella", timezone="Europe/London")
    company.restaurants.create(name="Bella Soho")
    company.restaurants.create(name="Bella Camden")
    return company


@pytest.fixture
def roma(db: None) -> Company:
    """The company next door, on the other side of the wall."""
    return _company("roma", "Roma", region="IT", currency="EUR", timezone="Europe/Rome")


@pytest.fixture
def owner(bella: Company) -> User:
    return _member(bella, "Olivia", Role.OWNER)


@pytest.fixture
def manager(bella: Company) -> User:
    return _member(bella, "Maria", Role.MANAGER)


@pytest.fixture
def operator(bella: Company) -> User:
    return _member(bella, "Oscar", Role.OPERATOR)


@pytest.fixture
def host(bella: Company) -> User:
    return _member(bella, "Hana", Role.HOST)


@pytest.fixture
def outsider(roma: Company) -> User:
    """Owner of the company next door; nobody here."""
    return _member(roma, "Enzo", Role.OWNER)


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    """Call it with a user: a client in which they are signed in."""

    def signed_in(user: User) -> Client:
        # A process reads what a role may do once, in the test that happens to come first: here, and
        # not where the queries of a page are counted.
        for company in Company.objects.for_user(user):
            permissions_in(user, company)
        user.standings.clear()
        client = Client()
        client.force_login(user, backend="core.auth.CompanyBackend")
        return client

    return signed_in


@pytest.fixture(autouse=True)
def _nobody_hinted_at_yet() -> None:
    """Let no test know what another one's sweeps have hinted at: ids come again."""
    for hints in (jobs.hints, mail.hints):
        hints.forget()


# -- Servers ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _shared_worker() -> Iterator[Worker]:
    worker = Worker("shared")
    yield worker
    worker.stop()


@pytest.fixture(autouse=True)
def _worker_rests(request: pytest.FixtureRequest, _shared_worker: Worker) -> None:
    """Stop the shared worker before a test that does not ask for it, and may do its work itself."""
    if "worker" not in request.fixturenames:
        _shared_worker.stop()


@pytest.fixture
def worker(transactional_db: None, _shared_worker: Worker) -> Worker:
    """A real worker on the real queue, shared by tests that follow each other: do not kill it."""
    if not _shared_worker.is_running():
        celery_app.control.purge()
        _shared_worker.start()
    return _shared_worker


@pytest.fixture
def start_worker(transactional_db: None) -> Iterator[Callable[..., Worker]]:
    """Call it for a worker of the test's own; keywords go into its environment."""
    started: list[Worker] = []
    celery_app.control.purge()

    def start(**extra: str) -> Worker:
        started.append(Worker("own", **extra).start())
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """A real mail server, to which this process sends. It can go away and come back."""
    server = SmtpServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    server.stop()


# -- Browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the system's Chromium, which asks nobody on the network for anything."""
    # On a machine that is busy with everything else five seconds are soon over.
    expect.set_options(timeout=60_000)
    # Playwright keeps an event loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    quiet = ["background-networking", "component-update", "sync", "quic", "gpu"]
    flags = ["--no-first-run", *(f"--disable-{name}" for name in quiet)]
    # No page lives long enough to get back what an optimising compiler takes: a fifth of its time.
    flags.append("--js-flags=--no-opt --no-maglev")
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return {**browser_type_launch_args, "executable_path": path, "args": flags}
