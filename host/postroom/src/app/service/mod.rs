//! What an installation does for all its companies, asked by a link that it signed: it takes providers' reports, fetches of
//! pixels and sign-ins by invitation, follows their mailboxes, and shows how it is.
//!
//! No person acts here, so there is no user whose store it could be. The company comes out of the link's token, which the
//! installation's key authenticates ([`LinkTokens`]), and goes into the statements; a mail is looked for among those of the
//! token's company or account alone. For that these files use the unscoped store, which no other use case may: `cargo xtask
//! tidy` holds both.
//!
//! Nothing here knows HTTP: whether a report is its provider's is verified by the caller, which has the headers.

mod invitations;
mod mailboxes;
mod openings;
mod recent_reports;
mod report_notices;
mod reports;
mod status;

pub use invitations::{OpenInvitation, SignInEnd};
pub use mailboxes::{MailboxFollower, SyncObserver};
pub use openings::{Opening, PixelFetch};
pub use recent_reports::RecentReports;
pub use reports::{ReportError, ReportEvent, ReportResult, ReportSource};

use super::AppError;
use crate::config::Web;
use crate::connections::Connections;
use crate::engine::{Capabilities, CompanyPlugin, Engine};
use crate::link_token::LinkTokens;
use postroom_model::CompanyId;
use std::sync::Arc;

/// An installation, as its public endpoints act for it.
pub struct Installation {
    connections: Connections,
    engine: Engine,
    tokens: LinkTokens,
    recent: RecentReports,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Installation(…)")
    }
}

impl Installation {
    /// Opens the installation of these connections.
    ///
    /// # Errors
    /// The key that signs links can't be read.
    pub async fn open(connections: Connections, engine: Engine) -> Result<Self, AppError> {
        let tokens = LinkTokens::of(connections.link_keys().await?);
        // Reports name addresses that may have been erased since.
        connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
        Ok(Self { connections, engine, tokens, recent: RecentReports::default() })
    }

    /// Gives the operator's settings of the web.
    pub fn settings(&self) -> &Web {
        &self.connections.operator().web
    }

    /// Gives what makes and reads the tokens of links.
    pub fn tokens(&self) -> &LinkTokens {
        &self.tokens
    }

    /// Gives the reports that came lately.
    pub fn recent_reports(&self) -> &RecentReports {
        &self.recent
    }

    /// Opens the plugin for one text of a stranger's: an instance that met it serves nothing else. What the plugin logs is dropped,
    /// since a panic may quote the text.
    fn plugin_for_stranger(&self, company: CompanyId) -> CompanyPlugin {
        let capabilities = Capabilities { log: Arc::new(|_, _, _| {}), ..Capabilities::default() };
        self.engine.company_plugin(company.to_string(), capabilities)
    }

    /// Takes the keys of links as they are now: one may have been added or withdrawn.
    pub async fn refresh_link_keys(&self) -> Result<(), AppError> {
        self.tokens.replace(self.connections.link_keys().await?);
        Ok(())
    }
}
