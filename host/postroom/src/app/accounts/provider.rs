//! The provider behind an address: the one named, else the one that the address shows, else, where the operator allows to ask,
//! the one that takes the domain's mail.

use crate::app::{AppError, no_files};
use crate::config::DnsUse;
use crate::engine::CompanyPlugin;
use postroom_contract::accounts::Preset;
use postroom_model::MailAddress;
use postroom_transport::dns::{Dns as _, Resolver};

/// The provider of an address, as far as it is known.
#[derive(Debug, Default)]
pub struct KnownProvider {
    /// What it offers; none: it is not known.
    pub preset: Option<Preset>,
    /// The host that takes the domain's mail, where the provider was recognised by it.
    pub exchanger: Option<String>,
    /// Why that could not be asked.
    pub dns_error: Option<String>,
}

/// Finds what the provider of an address is known to offer.
pub async fn known_provider(
    plugin: &CompanyPlugin,
    dns: &DnsUse,
    address: &MailAddress,
    named: Option<&str>,
) -> Result<KnownProvider, AppError> {
    let Some(named) = named else { return recognised(plugin, dns, address).await };
    let mut presets = plugin.presets(&no_files()).await?;
    match presets.iter().position(|preset| preset.id == named) {
        Some(index) => {
            Ok(KnownProvider { preset: Some(presets.swap_remove(index)), ..KnownProvider::default() })
        }
        None => {
            let known = presets.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(AppError::Input(format!("no provider is known as \"{named}\": there are {known}")))
        }
    }
}

async fn recognised(
    plugin: &CompanyPlugin,
    dns: &DnsUse,
    address: &MailAddress,
) -> Result<KnownProvider, AppError> {
    let guessed = plugin.guess(&no_files(), address.as_str(), &[]).await?;
    if guessed.is_some() || !dns.recognise_providers {
        return Ok(KnownProvider { preset: guessed.map(|found| found.preset), ..KnownProvider::default() });
    }
    // Without an answer no provider is recognised, and what is missing is asked for as ever.
    let (exchangers, dns_error) = match exchangers(dns, address).await {
        Ok(exchangers) => (exchangers, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let guessed = plugin.guess(&no_files(), address.as_str(), &exchangers).await?;
    let exchanger = guessed.as_ref().and_then(|_| exchangers.into_iter().next());
    Ok(KnownProvider { preset: guessed.map(|found| found.preset), exchanger, dns_error })
}

/// Asks who takes a domain's mail.
async fn exchangers(dns: &DnsUse, address: &MailAddress) -> Result<Vec<String>, String> {
    let Some((_, domain)) = address.as_str().rsplit_once('@') else { return Ok(Vec::new()) };
    let resolver = dns.resolver.map_or_else(Resolver::system, Resolver::at).map_err(|e| e.to_string())?;
    resolver.exchangers(domain).await.map_err(|e| e.to_string())
}
