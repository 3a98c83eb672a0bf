//! Use cases as people know them: open a session, make a mail, send it, send many, look at what became of them, keep accounts.
//!
//! The command line calls them, and so can a web page or a business system. A use case prints nothing and asks no person: what
//! happens on the way goes to an observer of its own, what a person has to decide is asked of it, and what was wrong is an
//! [`AppError`] that says whose fault it is and whether a retry can help. Which options a caller offers, and which sentence a
//! person reads, is the caller's.
//!
//! Architecture invariant: nothing here knows a terminal, HTTP, or a process; `cargo xtask tidy` checks it.

mod account_access;
mod accounts;
mod backup;
pub mod bulk;
mod clock;
mod companies;
mod compose;
mod deliver;
mod description;
mod error;
mod exchange;
mod explanations;
mod hold;
mod keys;
mod mail_content;
mod mail_view;
mod mailbox;
mod named;
mod open_tracking;
mod own_program;
mod platform;
mod plugin;
mod read;
mod records;
mod records_place;
mod removal;
mod resend;
mod service;
mod session;
mod stop;
mod store_places;
mod stored_plugins;
mod suppressions;
mod test_mail;
mod timeline;
mod users;
mod worker;
mod worker_lock;

pub use account_access::AccountAccess;
pub use accounts::{
    AccountChange, AccountReport, AccountSecret, InvitationRequest, KnownProvider, ListedAccount,
    MailboxFolders, NewAccountRequest, PaceChange, PaceReport, ServerTest, SignedIn, StageFailure, Webhook,
    WebhookProvider, add_account, administrator_page, check_account, first_state, known_provider,
    list_accounts, refuse_errors, refuse_unused, report_account, secrets_needed_again, sendgrid_point,
    sign_in_deadline, sns_region, store_secrets, wanted_secret,
};
pub use backup::{RestoreRequest, RestoredStore};
pub use clock::now;
pub use companies::{
    CompanyChange, CompanyReport, CompanySettings, add_company, change_company, company_settings,
    report_company,
};
pub use compose::{Composed, addressed_to_company, compose, damaged, missing};
pub use deliver::{Delivered, DeliveryEvent, DeliveryObserver, DeliveryRequest};
pub use description::{described_with_reports, description};
pub use error::{AppError, Choice, Fault, draft_fault};
pub use exchange::{CompanyFile, export_company};
pub use explanations::Explanations;
pub use hold::{MailChange, MailChanges};
pub use mail_content::{BatchContent, MailContent, UnusableAddress, WITHOUT_DOCUMENT};
pub use mail_view::MailView;
pub use mailbox::{
    LetterPeople, LetterRequest, MailboxAccess, PreparedLetter, SearchProgress, ServerHit, ServerSearch,
    Shown,
};
pub use named::{MailName, only_batch, recipients_of};
pub use open_tracking::{OpenTracking, has_pixels, pixel_left_out, reasons, refuse_unseen};
pub use own_program::{HANDED_OVER, UnsentMessage, hand_over, mailto_link, unsent_message};
pub use platform::platform_addresses;
pub use plugin::{PluginLoad, company_plugin, no_files};
pub use read::{ReadSource, fold_text, read_message};
pub use records::{NotifiedRecords, keep_notifying, notify_records, records};
pub use records_place::{RecordsChange, change_records, records_row, remove_records};
pub use removal::{apply_retention, erase_person};
pub use resend::{AccountResend, NotResent, Resend, ResendRow, ResendVerdict};
pub use service::{
    Installation, MailboxFollower, OpenInvitation, Opening, PixelFetch, RecentReports, ReportError,
    ReportEvent, ReportResult, ReportSource, SignInEnd, SyncObserver,
};
pub use session::Session;
pub use stop::{StopSender, StopSignal};
pub use store_places::{OpenedStore, StorePlaces, one_company, one_user};
pub use stored_plugins::StoredPlugins;
pub use suppressions::{release, suppress};
pub use test_mail::TestRequest;
pub use timeline::{MailStatus, is_too_old, latest, mail_timeline};
pub use users::{UserChange, add_user, change_user, remove_user, user_with_accounts, users};
pub use worker::start_worker;
pub use worker_lock::WorkerLock;

// Types of the rooms below that use cases take and give.
pub use crate::connections::{ConnectionError, Connections, LinkKeyRow, purpose as grant_purpose};
pub use crate::engine::{Accounts, Capabilities, CompanyPlugin, Engine, Options, probe_report};
pub use crate::mailbox::{FolderProgress, FolderResult, IncomingResult, MailboxResult, SyncError};
pub use crate::outbox::{
    Answers, Attempt as SingleAttempt, Draft, DraftError, Made, Portal, Ready, Sent, SentCopy, Step,
    WorkerOptions,
};
pub use crate::vault::{KeyRow, KeySource, Rotated};
pub use postroom_store::{
    AccountPause, AttachedFile, Attempt, AttemptResult, AuditFilter, AuditHead, AuditVerdict, Backup, Batch,
    BatchCounts, BatchId, Bookmark, Changed, CompanyStore, ConversationDetail, ConversationFilter,
    ConversationRow, Count, Direction, DocumentLink, Enqueued, Erased, Event, FilePlace, Filter, Healed,
    Listed, Location, Mail, MailCommand, MailCommandResult, MailId, MailSummary, MailboxFolder,
    MailboxMessage, MailboxToFollow, MessageFile, NoticeFilter, NoticeKind, NoticeRow, NoticeState,
    OpenCheck, Order, OutboxRow, PartnerContact, PauseCause, Person, PersonRole, Proposal, QueueState,
    Restored, SearchFilter, SendOptions, Store, StoreError, Suppression, UserStore, WaitReason,
};
