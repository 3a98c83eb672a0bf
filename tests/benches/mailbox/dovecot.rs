//! A private Dovecot: its own configuration and folder, IMAP without TLS on loopback. Stopped, and its folder removed, when it is dropped.

use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The password that opens every mailbox.
pub(crate) const PASSWORD: &str = "bench";

/// Longest wait for it to listen.
const PATIENCE: Duration = Duration::from_secs(20);

const CONFIGURATION: &str = r"
base_dir = @DIR@/run
state_dir = @DIR@/state
instance_name = postroom-bench-@PORT@
log_path = @DIR@/log
listen = 127.0.0.1
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_username_chars =
first_valid_uid = 1
mail_uid = dovecot
mail_gid = dovecot
mail_location = maildir:~/Maildir
mail_max_userip_connections = 50
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
}
service imap-login {
  inet_listener imap {
    address = 127.0.0.1
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = static
  args = password=@PASSWORD@
}
userdb {
  driver = static
  args = uid=dovecot gid=dovecot home=@DIR@/mail/%Ln allow_all_users=yes
}
";

/// The server.
#[derive(Debug)]
pub(crate) struct Dovecot {
    pub(crate) port: u16,
    folder: tempfile::TempDir,
}

impl Dovecot {
    /// Writes its configuration. It serves no mailbox yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let user = Command::new("id").arg("-u").output()?;
        ensure!(user.stdout.trim_ascii() == b"0", "Dovecot is started as root: run the benchmark as root");
        let folder = tempfile::Builder::new().prefix("postroom-bench-").tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        for name in ["mail", "run", "state"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let filled = CONFIGURATION
            .replace("@DIR@", &folder.path().display().to_string())
            .replace("@PORT@", &port.to_string())
            .replace("@PASSWORD@", PASSWORD);
        fs::write(folder.path().join("dovecot.conf"), filled)?;
        fs::write(folder.path().join("log"), "")?;
        Ok(Self { port, folder })
    }

    /// The Maildir of a user.
    pub(crate) fn maildir(&self, user: &str) -> PathBuf {
        self.folder.path().join("mail").join(user).join("Maildir")
    }

    /// Starts it. All files of mailboxes become its own.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        self.own()?;
        run(dovecot(self.folder.path(), "dovecot"))?;
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > end {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!("Dovecot does not listen: {log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Makes what was put into mailboxes readable for it.
    pub(crate) fn own(&self) -> anyhow::Result<()> {
        let mut command = Command::new("chown");
        command.args(["-R", "dovecot:dovecot"]).arg(self.folder.path().join("mail"));
        command.arg(self.folder.path().join("log"));
        run(command)
    }

    /// Removes what the server remembers of the headers and structures of messages: it reads every file again. Uids stay.
    pub(crate) fn forget(&self, user: &str) -> anyhow::Result<()> {
        for folder in ["", ".Sent"] {
            let cache = self.maildir(user).join(folder).join("dovecot.index.cache");
            if cache.exists() {
                fs::remove_file(cache)?;
            }
        }
        Ok(())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let mut command = dovecot(self.folder.path(), "doveadm");
        let _ = command.arg("stop").stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Its programs are in folders that only root's path has.
fn dovecot(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).arg("-c").arg(folder.join("dovecot.conf")).stdin(Stdio::null());
    command
}

fn run(mut command: Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("can't run {:?}", command.get_program()))?;
    ensure!(status.success(), "{:?}: {status}", command.get_program());
    Ok(())
}
