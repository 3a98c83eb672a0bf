//! Servers whose extensions do not work as they announce, by the name of the host.

/// What is not used with a server although it announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quirk {
    /// Its VANISHED can't be read, and its message numbers are wrong afterwards.
    NoQresync,
}

const KNOWN: &[(&str, Quirk)] = &[("imap.mail.me.com", Quirk::NoQresync)];

/// Returns whether QRESYNC works with the server of this host.
pub(super) fn allows_qresync(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    !KNOWN.iter().any(|(known, quirk)| host.eq_ignore_ascii_case(known) && *quirk == Quirk::NoQresync)
}

#[cfg(test)]
mod tests {
    use super::allows_qresync;

    #[test]
    fn a_server_whose_qresync_does_not_work_is_not_asked_for_it() {
        assert!(!allows_qresync("imap.mail.me.com") && !allows_qresync("IMAP.Mail.me.com."));
        assert!(allows_qresync("imap.example") && allows_qresync("mail.me.com"));
    }
}
