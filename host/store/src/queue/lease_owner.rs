//! Names of lease owners. A name states the process, so that another program of the same machine can find out whether that
//! process still lives. A wrong answer costs nothing but time: leasing a mail anew closes its former owner's attempt.

use std::fmt;
use std::path::Path;

/// The owner of a lease: a worker, or a command that a person waits for. What it has leased belongs to it until the lease ends;
/// nothing has to be cleared away after one that died.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// Creates a lease owner in this process. `kind` is what people read: `worker`, `command`.
    pub fn new(kind: &str) -> Self {
        Self(format!("{kind}/{}/{}", Process::own(), uuid::Uuid::now_v7()))
    }

    /// Returns true if the owner of this name was a process of this machine that has ended. That is known of a process of the
    /// same machine, boot and PID namespace alone: anywhere else the number names another process, or none.
    pub(crate) fn has_ended(name: &str) -> bool {
        name.split('/').nth(1).and_then(Process::parse).is_some_and(|process| process.has_ended())
    }

    /// Returns its kind, as people read it.
    pub(crate) fn kind(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Returns its name in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LeaseOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A process, by its name in the store: `PID-START@HOST@BOOT@NAMESPACE`. What the system does not provide is empty, and then it
/// is unknown whether the process has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    id: String,
    /// When it started, in the system's ticks since the boot: a number that is given to another process starts anew.
    start: String,
    space: Space,
}

/// The scope in which the number of a process means that process.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Space {
    host: String,
    boot: String,
    namespace: String,
}

impl Space {
    fn own() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        // Of a `/proc` that shows another namespace, the entry `self` has another number than this process knows of itself.
        let shown = std::fs::read_link("/proc/self").is_ok_and(|id| id == Path::new(&own_id()));
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok().filter(|_| shown);
        let namespace = namespace.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
        Self {
            host: plain(&read("/proc/sys/kernel/hostname")),
            boot: plain(&read("/proc/sys/kernel/random/boot_id")),
            namespace: plain(&namespace),
        }
    }

    fn is_known(&self) -> bool {
        ![&self.host, &self.boot, &self.namespace].iter().any(|part| part.is_empty())
    }
}

impl Process {
    fn own() -> Self {
        let id = own_id();
        Self { start: start_of(&id).unwrap_or_default(), id, space: Space::own() }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('@');
        let (id, start) = parts.next()?.split_once('-')?;
        let mut part = || parts.next().map(str::to_owned);
        let space = Space { host: part()?, boot: part()?, namespace: part()? };
        Some(Self { id: id.to_owned(), start: start.to_owned(), space })
    }

    fn has_ended(&self) -> bool {
        let is_number = !self.id.is_empty() && self.id.bytes().all(|byte| byte.is_ascii_digit());
        is_number
            && !self.start.is_empty()
            && self.space.is_known()
            && self.space == Space::own()
            && start_of(&self.id).is_none_or(|start| start != self.start)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, start, space: Space { host, boot, namespace } } = self;
        write!(f, "{id}-{start}@{host}@{boot}@{namespace}")
    }
}

fn own_id() -> String {
    std::process::id().to_string()
}

/// Reads when a process started; none: there is no process of this number. The 22nd field of `/proc/PID/stat` (proc(5)); the
/// second is the program's name in parentheses, which may contain anything.
fn start_of(id: &str) -> Option<String> {
    let stat = std::fs::read(Path::new("/proc").join(id).join("stat")).ok()?;
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let fields = std::str::from_utf8(stat.get(after_name..)?).ok()?;
    fields.split_ascii_whitespace().nth(19).map(str::to_owned)
}

/// Removes what separates the parts of a name.
fn plain(text: &str) -> String {
    text.trim().replace(['/', '@'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_of_the_same_boot_and_namespace_is_known_to_have_ended() {
        let own = Process::own();
        let (id, start) = (own.id.clone(), own.start.clone());
        assert!(own.space.is_known() && !start.is_empty(), "this system tells: {own}");
        let elsewhere = |change: fn(&mut Space)| {
            let mut process = Process { id: u32::MAX.to_string(), ..own.clone() };
            change(&mut process.space);
            process
        };
        let gone = |id: &str, start: &str| Process { id: id.into(), start: start.into(), ..own.clone() };
        for (what, process, ended) in [
            ("this process", own.clone(), false),
            ("its number, started at another time", gone(&id, "1"), true),
            ("a number that no process has", gone(&u32::MAX.to_string(), &start), true),
            ("no number", gone("self", &start), false),
            ("a path", gone("../1", &start), false),
            ("nobody knows when it started", gone(&u32::MAX.to_string(), ""), false),
            ("another machine", elsewhere(|it| it.host.push('x')), false),
            ("another boot", elsewhere(|it| it.boot.push('x')), false),
            ("another namespace", elsewhere(|it| it.namespace.push('x')), false),
            ("nobody knows which namespace", elsewhere(|it| it.namespace.clear()), false),
        ] {
            let name = format!("worker/{process}/{}", uuid::Uuid::now_v7());
            assert_eq!(LeaseOwner::has_ended(&name), ended, "{what}: {name}");
        }
        for name in ["", "worker", "worker/", "worker/12@host/x", "worker/12-3@host/x", "worker/12-3@@@/x"] {
            assert!(!LeaseOwner::has_ended(name), "{name}");
        }
        assert_eq!(Process::parse(&own.to_string()), Some(own));
    }

    #[test]
    fn the_kind_of_a_lease_owner_is_what_it_was_named() {
        assert_eq!(LeaseOwner::new("worker").kind(), "worker");
    }
}
