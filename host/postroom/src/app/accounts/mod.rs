//! Accounts of a company: added, changed, tested, signed in to; what they can do, and what should be known about them.

mod administrator_page;
mod change;
mod findings;
mod folders;
mod list;
mod pace;
mod provider;
mod report;
mod secrets;
mod sign_in;
mod test;
mod webhook;
mod webhook_key;

pub use administrator_page::administrator_page;
pub use change::{AccountChange, NewAccountRequest, add_account};
pub use findings::{check_account, refuse_errors};
pub use folders::MailboxFolders;
pub use list::{ListedAccount, list_accounts};
pub use pace::{PaceChange, PaceReport};
pub use provider::{KnownProvider, known_provider};
pub use report::{AccountReport, report_account, sign_in_deadline};
pub use secrets::{
    AccountSecret, first_state, refuse_unused, secrets_needed_again, store_secrets, wanted_secret,
};
pub use sign_in::{InvitationRequest, SignedIn};
pub use test::{ServerTest, StageFailure};
pub use webhook::{Webhook, WebhookProvider};
pub use webhook_key::{sendgrid_point, sns_region};
