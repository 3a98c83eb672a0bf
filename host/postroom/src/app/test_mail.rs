//! A test message of an account (rule A7): as its user sends it, by the way that any mail of the account takes.

use super::{AppError, Session, no_files, now};
use crate::outbox::{Keeping, plain};
use postroom_contract::accounts::TestMail;
use postroom_contract::types::Address;
use postroom_model::{AccountState, DisplayName};
use postroom_store::MailId;

/// The content and the recipients of a test message.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// Addresses as typed.
    pub to: String,
    /// Its subject; none: the usual one.
    pub subject: Option<String>,
    /// BCP 47; none: the usual one.
    pub language: Option<String>,
}

impl Session {
    /// Makes a test message and puts it into the outbox, leased to this session, which is to deliver it.
    pub async fn enqueue_test(&self, request: &TestRequest) -> Result<MailId, AppError> {
        let id = MailId::new();
        let name = self.settings.display_name.as_ref().or(self.account.display_name.as_ref());
        let address = self.settings.address.as_ref().unwrap_or(&self.account.address);
        let test = TestMail {
            id: id.to_string(),
            now: now().to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            account_name: self.account.name.to_string(),
            sender: Address { name: name.map(DisplayName::to_string), address: address.to_string() },
            to: request.to.clone(),
            subject: request.subject.clone(),
            language: request.language.clone(),
        };
        let message = self.plugin.test_message(&no_files(), &test).await?;
        let message = message.map_err(|fault| AppError::Input(fault.sentence()))?;
        let keeping = Keeping::test(id, self.account.id, now());
        self.user_store().enqueue(&[plain(&message, keeping, "test")], &self.order()).await?;
        Ok(id)
    }

    /// Takes the account for one that must not be used, so that the rules choose the fallback at once.
    pub fn pretend_account_is_down(&mut self) {
        let by = "a test of the fallback".to_owned();
        self.pretend = Some(AccountState::Compromised { by, since: now() });
    }
}
