//! A user at work as one account: what they may reach, and what their mail is made and sent with.

use super::error::Choice;
use super::store_places::only;
use super::stored_plugins::is_by_state;
use super::{AppError, PluginLoad, now};
use crate::connections::{ConnectionError, Connections};
use crate::engine::CompanyPlugin;
use crate::outbox::{Clock, Copies, CurrentPause, Dispatch, LEASE, OutboxHandle};
use postroom_model::{Account, AccountState, Company, Logo, Name, User, UserSettings, plugin_settings};
use postroom_store::{BatchId, MailId, Order, StoreError, UserStore};
use postroom_transport::attachments::AttachmentSource;
use tokio::sync::OnceCell;

/// A user, an account that they may use, and what they can reach.
pub struct Session {
    /// Connections of the store.
    pub connections: Connections,
    /// The company.
    pub company: Company,
    /// The user.
    pub user: User,
    /// The account.
    pub account: Account,
    /// The company's fallback, where it is another account and can be used.
    pub fallback: Option<Account>,
    /// Why the fallback can't be used.
    pub fallback_error: Option<ConnectionError>,
    /// What the user has set for the account.
    pub settings: UserSettings,
    /// The settings of company, user and account, as the plugin takes them: JSON by the schema `settings`.
    pub plugin_settings: String,
    /// The plugin at work for the company, able to reach the account and the fallback.
    pub plugin: CompanyPlugin,
    /// The company's logo.
    pub logo: Option<LogoFile>,
    /// The outbox, on behalf of this session.
    pub outbox: OutboxHandle,
    /// The state that the account is taken to be in, for a test.
    pub pretend: Option<AccountState>,
    pause: CurrentPause,
}

/// The company's logo, as a file of each mail.
#[derive(Debug)]
pub struct LogoFile {
    /// Its name.
    pub file_name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub content: AttachmentSource,
}

impl From<Logo> for LogoFile {
    fn from(logo: Logo) -> Self {
        let media_type = logo.media_type();
        Self { file_name: logo.file_name, media_type, content: AttachmentSource::from_bytes(logo.content) }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} as {})", self.user.login, self.account.name)
    }
}

impl Session {
    /// Opens a session for a user and one of the accounts that they may use: the one named, or the only one.
    pub async fn open(
        plugin: PluginLoad,
        connections: Connections,
        company: Company,
        user: User,
        account: Option<&Name>,
    ) -> Result<Self, AppError> {
        let user_store = connections.store().user_store(&user);
        let account = match account {
            Some(name) => user_store.account(name).await?,
            None => {
                let all = user_store.accounts().await?;
                if all.is_empty() {
                    return Err(AppError::NoAccount(user.login));
                }
                only(all, Choice::Account, |it| it.name.to_string())?
            }
        };
        Self::of_account(plugin, connections, company, user, account).await
    }

    /// Opens a session to move a mail on: as the account that the mail is sent as, which the user may use.
    pub async fn of_mail(
        plugin: PluginLoad,
        connections: Connections,
        company: Company,
        user: User,
        mail: MailId,
    ) -> Result<Self, AppError> {
        let mail = connections.store().user_store(&user).mail(mail).await?;
        let account = connections.store().account(company.id, mail.mail.account).await?;
        Self::of_account(plugin, connections, company, user, account).await
    }

    /// Opens a session for a user and an account that is known to be one of theirs.
    pub async fn of_account(
        plugin: PluginLoad,
        connections: Connections,
        company: Company,
        user: User,
        account: Account,
    ) -> Result<Self, AppError> {
        let settings = connections.store().user_store(&user).settings(account.id).await?;
        let mut fallback = match company.fallback.account.filter(|id| *id != account.id) {
            Some(id) => Some(connections.store().account(company.id, id).await?),
            None => None,
        };
        let reached = [Some(&account), fallback.as_ref()].into_iter().flatten();
        let (capabilities, closed) = connections.capabilities(reached).await;
        // Waited for last: it loads meanwhile.
        let plugin = plugin.engine().await?.company_plugin(company.id.to_string(), capabilities);
        let (mut own_error, mut fallback_error) = (None, None);
        for (which, error) in closed {
            let error_of = if which.id == account.id { &mut own_error } else { &mut fallback_error };
            *error_of = Some(error);
        }
        // Otherwise its mail leaves by the fallback, or is held until a person has signed in.
        if let Some(error) = own_error.filter(|error| !is_by_state(&account, error)) {
            return Err(error.into());
        }
        if fallback_error.is_some() {
            fallback = None;
        }
        let outbox = OutboxHandle::open(connections.store(), "command", Clock::system())
            .with_file_digests(connections.file_digests().clone());
        let logo = connections.store().user_store(&user).logo().await?.map(LogoFile::from);
        let plugin_settings = plugin_settings(&company, &user, &settings);
        let pause = connections.store().account_pause(company.id, account.id).await?;
        Ok(Self {
            connections,
            company,
            user,
            account,
            fallback,
            fallback_error,
            settings,
            plugin_settings,
            plugin,
            logo,
            outbox,
            pretend: None,
            pause: CurrentPause::new(pause),
        })
    }

    /// Returns the store, scoped to the user.
    pub fn user_store(&self) -> UserStore<'_> {
        self.connections.store().user_store(&self.user)
    }

    /// Makes the order for a mail that this session sends itself, right away.
    pub fn order(&self) -> Order {
        let until = now() + LEASE;
        Order { lease: Some((self.outbox.lease_owner.clone(), until)), ..Order::default() }
    }

    /// Gives the batch that mails are about to enter: the one that was opened before, else one of this name.
    pub async fn batch(&self, batch: &OnceCell<BatchId>, name: &Name) -> Result<BatchId, StoreError> {
        let open = || async { self.user_store().open_batch(self.account.id, name, now()).await };
        batch.get_or_try_init(open).await.copied()
    }

    pub(super) fn dispatch(&self) -> Dispatch<'_> {
        Dispatch {
            outbox: &self.outbox,
            company_plugin: &self.plugin,
            company: &self.company,
            account: &self.account,
            fallback: self.fallback.as_ref(),
            copies: Copies::AtOnce,
            pretend: self.pretend.clone(),
            cleared: false,
            pause: self.pause.clone(),
        }
    }
}
