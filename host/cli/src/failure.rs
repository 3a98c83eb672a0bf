//! Failures as a person and a program see them: a sentence on standard error, an exit code.

use super::exit::Exit;
use super::outbox::why;
use super::output::{json_text, printable};
use postroom::app::{AppError, Choice, Fault, Listed, Location, MailName, now, recipients_of};
use postroom_contract::recipients::Field;
use postroom_model::SecretKind;
use std::process::ExitCode;
use std::sync::OnceLock;

/// Mails that a number may have before its list is cut.
const MOST_NAMED: usize = 20;

/// Where the store of this command is: a person who must mend it has to know.
static STORE: OnceLock<String> = OnceLock::new();

/// Says where the store is that this command works with.
pub(super) fn works_with(store: &Location) {
    let _ = STORE.set(store.to_string());
}

/// Why a command failed. The code is documented in `postroom --help`.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: Exit,
    /// What to tell.
    pub message: String,
}

impl Failure {
    /// Makes a failure that has no exit code of its own.
    pub fn other(message: impl Into<String>) -> Self {
        Self { code: Exit::Other, message: message.into() }
    }

    /// Makes a failure of a wrong input.
    pub fn input(message: impl Into<String>) -> Self {
        Self { code: Exit::Input, message: message.into() }
    }

    /// Adds the file's name to the message, unless it is there already.
    pub(super) fn of_file(self, file: &std::path::Path) -> Self {
        let name = file.display().to_string();
        let message =
            if self.message.contains(&name) { self.message } else { format!("{name}: {}", self.message) };
        Self { message, ..self }
    }

    /// Prints the failure and gives the exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        if json {
            let object = serde_json::json!({ "error": self.message, "code": self.code.code() });
            println!("{}", json_text(&object.to_string()));
        }
        eprintln!("postroom: {}", printable(&self.message));
        self.code.into()
    }
}

impl From<Fault> for Exit {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Input => Self::Input,
            Fault::Request => Self::Usage,
            Fault::Refused => Self::Refused,
            Fault::Later => Self::Later,
            Fault::InDoubt => Self::InDoubt,
            Fault::Unwritable => Self::Unwritable,
            Fault::Internal => Self::Other,
        }
    }
}

impl<E> From<E> for Failure
where
    AppError: From<E>,
{
    fn from(error: E) -> Self {
        let error = AppError::from(error);
        Self { code: error.fault().into(), message: sentence(&error) }
    }
}

/// Puts an error of a use case into words for the command line, with its commands and options.
pub(super) fn sentence(error: &AppError) -> String {
    match error {
        AppError::NoPlugin => {
            "no plugin found: build it with `cargo xtask plugin`, or name it with --plugin or \
                               $POSTROOM_PLUGIN"
                .to_owned()
        }
        AppError::WorkerAtStore(location) => {
            format!("a worker is at the store {location}: stop it, then restore")
        }
        AppError::NoStorePlace => "name the store with --store".to_owned(),
        AppError::NoKeyPlace => "name the master key with --key".to_owned(),
        AppError::WhichOne(choice, names) => which(*choice, names),
        AppError::NoAccount(login) => format!("{login} may use no account: `postroom account grant`"),
        AppError::NoMail(MailName::Mail(id)) => {
            format!("there is no mail {id} (`postroom outbox --all` lists them)")
        }
        AppError::NoMail(MailName::Number(number)) => format!(
            "no mail is about a document with the number \"{number}\": give a mail's id or a document's number \
             (`postroom outbox --all` lists them)"
        ),
        AppError::SeveralMails(name, found) => several_mails(name, found),
        AppError::NothingAbout(what) => format!(
            "no mail is known about \"{what}\": give a document's number, a partner's name or a mail's id \
             (`postroom outbox` lists what there is)"
        ),
        AppError::NoBatch(name) => {
            format!("there is no batch \"{name}\" (`postroom outbox batches` lists them)")
        }
        AppError::SeveralBatches(name, found) => {
            let rows = found.iter().map(|it| format!("\n  {} as {}", it.id, it.account_name));
            let rows: String = rows.collect();
            format!("{} batches are called \"{name}\": name one of them by its id{rows}", found.len())
        }
        AppError::Cancelled(id) => {
            format!("the mail {id} was cancelled: make it anew with `postroom send --again`")
        }
        AppError::BeingSent { mail, until } => {
            let clock = until.with_timezone(&chrono::Local).format("%H:%M:%S");
            format!(
                "the mail {mail} is being sent by somebody else, who has it until {clock} at least: `postroom status {mail}`"
            )
        }
        AppError::NoPlatform => {
            "the operator's settings have no [platform]: name them with --operator".to_owned()
        }
        AppError::NoPlatformFor(account) => {
            format!("accounts.{account}: the operator has no platform ([platform], --operator)")
        }
        AppError::PlatformAddressTaken { address, account } => format!(
            "{address} belongs to another company: `postroom account set {account} --transport platform` chooses another \
             address"
        ),
        AppError::UnusableAddresses(texts) => {
            let option = |field: Field| match field {
                Field::To => "--to",
                Field::Cc => "--cc",
                Field::Bcc => "--bcc",
                Field::ReplyTo => "--reply-to",
            };
            let lines = texts
                .iter()
                .map(|it| format!("{}: \"{}\" is no address: {}", option(it.field), it.text, it.detail));
            lines.collect::<Vec<_>>().join("\n")
        }
        AppError::NoResolver(error) => format!("--dns: {error}; name one: --dns=192.0.2.53:53"),
        AppError::RecordsBusy => {
            "somebody else tells them at this moment: `postroom records notices --open`".to_owned()
        }
        AppError::NoUser => "settings belong to a user: name them with --user".to_owned(),
        AppError::NoInvitee => "an invitation is for a user: name them with --for".to_owned(),
        AppError::NoPublicUrl => {
            "the operator's settings have no [web] public_url (docs/operator.md)".to_owned()
        }
        AppError::UnusedSecret { given, transport, signs_in } => unused_secret(*given, transport, signs_in),
        AppError::RecordsKeyElsewhere => {
            "the key that is kept is for another URL: give the one for this URL with --key-file FILE"
                .to_owned()
        }
        AppError::NoRecordsKey => "give the key that requests are signed with: --key-file FILE".to_owned(),
        AppError::NoRecords(company) => format!(
            "{company} has no records: `postroom company records --url URL --key-file FILE`, or --folder DIR"
        ),
        error => match (error.store_error(), STORE.get()) {
            (Some(cause), Some(place)) if cause.needs_operator() => format!("{error} (the store is {place})"),
            _ => error.to_string(),
        },
    }
}

fn which(choice: Choice, names: &[String]) -> String {
    let (what, option, make) = match choice {
        Choice::Company => ("company", "--company", "postroom company add NAME"),
        Choice::User => ("user", "--user", "postroom user add LOGIN"),
        Choice::Account => ("account", "--account", "postroom account grant"),
    };
    match names {
        [] => format!("there is no {what} yet: make one with `{make}`"),
        names => format!("which {what}? Name it with {option}: {}", names.join(", ")),
    }
}

/// A secret that an account has no use for: the options that give it, and what it is for.
fn unused_secret(given: SecretKind, transport: &str, signs_in: &str) -> String {
    let (given, used_by) = match given {
        SecretKind::AccessToken => {
            ("an access token (--token-file, --token-env)", "SMTP and IMAP by a token")
        }
        SecretKind::ClientSecret => {
            ("a client's secret (--client-secret-file, --client-secret-env)", "a sign-in by OAuth")
        }
        _ => ("an API key (--api-key-file, --api-key-env)", "SendGrid's API"),
    };
    format!(
        "{given} is for {used_by}; this account ({transport}) {signs_in}: leave it out, or choose another --transport"
    )
}

/// The mails that a number names, so that one of them can be named.
fn several_mails(name: &MailName, found: &[Listed]) -> String {
    let rows = found.iter().take(MOST_NAMED).map(|it| {
        let why = why(it);
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let (day, state) = (it.mail.created.format("%Y-%m-%d %H:%M"), it.outbox.label(now()));
        let (id, use_case, to) = (it.mail.id, &it.mail.use_case, recipients_of(it));
        format!("\n  {id} of {day}, {use_case}, to {to}, {state}{why}")
    });
    let rows: String = rows.collect();
    let (all, more) = (found.len(), if found.len() > MOST_NAMED { "\n  …" } else { "" });
    format!("{all} mails are about {name}: name one of them by its id{rows}{more}")
}
