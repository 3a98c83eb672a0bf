//! A private PostgreSQL cluster in a temporary folder, reached by a socket in that folder alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A running server, stopped when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    /// Uid and gid to run as where the test runs as root, which PostgreSQL refuses.
    owner: Option<(u32, u32)>,
}

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Panics
    /// Where there is no PostgreSQL, or it does not start: a test without it is none.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        let owner = std::fs::metadata(folder.path())
            .map(|facts| std::os::unix::fs::MetadataExt::uid(&facts))
            .unwrap();
        let owner = (owner == 0).then(|| unprivileged().expect("a user postgres or nobody in /etc/passwd"));
        if let Some((uid, gid)) = owner {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let cluster = Self { folder, programs: programs(), owner };
        let data = cluster.path("data");
        cluster.run(
            "initdb",
            &["--pgdata", &data, "--username=postroom", "--auth=trust", "--encoding=UTF8", "--no-sync"],
        );
        cluster.again();
        cluster
    }

    /// Starts the server after [`Cluster::stop`].
    pub fn again(&self) {
        let folder = self.folder.path().display().to_string();
        let options = format!("-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off");
        let (data, log) = (self.path("data"), self.path("log"));
        self.run("pg_ctl", &["start", "--wait", "--pgdata", &data, "--log", &log, "--options", &options]);
    }

    /// Stops the server as a power cut would.
    pub fn stop(&self) {
        self.run("pg_ctl", &["stop", "--mode=immediate", "--pgdata", &self.path("data")]);
    }

    /// A new database, by its URL.
    pub fn database(&self, name: &str) -> String {
        let folder = self.folder.path().display().to_string();
        self.run("createdb", &["--host", &folder, "--username", "postroom", name]);
        format!("postgres:///{name}?host={folder}&user=postroom")
    }

    /// Statements in a database, one after the other, each a transaction of its own, as an operator gives them.
    pub fn execute(&self, database: &str, statements: &[&str]) {
        let folder = self.folder.path().display().to_string();
        let mut arguments = vec![
            "--quiet",
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--host",
            &folder,
            "--username",
            "postroom",
            "--dbname",
            database,
        ];
        arguments.extend(statements.iter().flat_map(|statement| ["--command", statement]));
        self.run("psql", &arguments);
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.output(program, arguments);
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {words}\n{log}");
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        // pg_ctl leaves its descriptors to the server: a pipe would never end.
        let (out, errors) = (self.folder.path().join("out"), self.folder.path().join("errors"));
        command.stdin(std::process::Stdio::null());
        command.stdout(std::fs::File::create(&out).unwrap()).stderr(std::fs::File::create(&errors).unwrap());
        let status = command.status().unwrap_or_else(|e| panic!("{program}: {e}"));
        let stderr = [std::fs::read(out).unwrap(), std::fs::read(errors).unwrap()].concat();
        Output { status, stdout: Vec::new(), stderr }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.output("pg_ctl", &["stop", "--mode=immediate", "--pgdata", &self.path("data")]);
    }
}

/// Where the server's programs are: Debian keeps them off the path.
fn programs() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let has_programs = |folder: &&PathBuf| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    let found = folders.iter().find(has_programs);
    found
        .cloned()
        .expect("PostgreSQL's initdb and pg_ctl: install the package postgresql, or run cargo xtask test")
}

fn unprivileged() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).ok()?;
    ["postgres", "nobody"].iter().find_map(|name| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}
