//! De-Authorize: what ends where, and that it is told truthfully.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use postroom::transport::oauth::{AtProvider, GrantState, GrantStore as _, Grants, InMemory};
use postroom::transport::tokens::{Resource, TokenError, Tokens as _};

use crate::server::Manner;
use crate::stores::Fragile;
use crate::{ACCOUNT, Office};

async fn assert_signed_out(office: &Office) {
    assert!(office.store.load(ACCOUNT).await.unwrap().is_none(), "the tokens are erased");
    assert_eq!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedOut);
    let problem = office.other_process().token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert_eq!(problem, TokenError::NeedsSignIn("nobody has signed in to this account".into()));
}

#[tokio::test]
async fn a9_de_authorize_revokes_the_grant_at_google_and_forgets_the_tokens() {
    let office = Office::signed_in(Manner::Google).await;
    let bearer = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, Some(AtProvider::Revoked));
    assert_eq!(outcome.to_string(), "the tokens are forgotten here; Google has revoked the grant");
    assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_none());
    assert_eq!(office.server.good_tokens(), 0);
    assert_signed_out(&office).await;
}

#[tokio::test]
async fn a10_de_authorize_forgets_the_tokens_and_says_what_microsoft_does_not_offer() {
    let office = Office::signed_in(Manner::Microsoft).await;
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, Some(AtProvider::NotOffered));
    assert_eq!(
        outcome.to_string(),
        "the tokens are forgotten here; Microsoft lets no app revoke its own grant: the permission stays listed \
         there; withdraw it at https://myapps.microsoft.com/ or https://account.live.com/consent/Manage"
    );
    assert_signed_out(&office).await;
}

#[tokio::test]
async fn a9_the_tokens_are_forgotten_also_when_the_provider_can_not_be_asked() {
    let office = Office::signed_in(Manner::Google).await;
    office.server.behave(|behaviour| behaviour.revocation_fails = Some(503));
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert!(matches!(outcome.at_provider, Some(AtProvider::Failed(_))), "{outcome:?}");
    let said = outcome.to_string();
    assert!(said.contains("Google has not revoked the grant") && said.contains("out of order"), "{said}");
    assert!(said.ends_with("withdraw it at https://myaccount.google.com/connections"), "{said}");
    assert_signed_out(&office).await;

    let office = Office::signed_in(Manner::Google).await;
    let mut provider = office.server.provider();
    provider.endpoints.revoke = Some("http://127.0.0.1:1/revoke".parse().unwrap());
    office.store.register(ACCOUNT, office.server.client_of(provider));
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert!(matches!(outcome.at_provider, Some(AtProvider::Failed(_))), "{outcome:?}");
    assert_signed_out(&office).await;
}

#[tokio::test]
async fn a_grant_that_the_user_withdrew_already_is_forgotten_without_alarm() {
    let office = Office::signed_in(Manner::Google).await;
    office.server.withdraw();
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, Some(AtProvider::WasGone));
    assert_signed_out(&office).await;
}

#[tokio::test]
async fn where_nobody_was_signed_in_there_is_nothing_to_forget() {
    let office = Office::new(Manner::Google).await;
    let outcome = office.grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, None);
    assert_eq!(outcome.to_string(), "nobody was signed in: nothing to forget");
}

#[tokio::test]
async fn an_account_whose_client_is_gone_can_be_signed_out() {
    let office = Office::signed_in(Manner::Google).await;
    let grants = Grants::new(office.store.clone(), Arc::new(InMemory::default()));
    let outcome = grants.deauthorize(ACCOUNT).await.unwrap();
    assert!(matches!(outcome.at_provider, Some(AtProvider::Failed(_))), "{outcome:?}");
    assert_signed_out(&office).await;
}

#[tokio::test]
async fn a_store_that_can_not_be_written_is_an_error_and_trying_again_helps() {
    let office = Office::signed_in(Manner::Google).await;
    let fragile = Fragile::over(office.store.clone());
    let grants = Grants::new(fragile.clone(), office.store.clone());
    fragile.writes_left.store(0, Ordering::SeqCst);
    let error = grants.deauthorize(ACCOUNT).await.unwrap_err();
    assert_eq!(error.to_string(), "the grant can't be read or stored: the disk is full");
    fragile.writes_left.store(1, Ordering::SeqCst);
    let outcome = grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, Some(AtProvider::WasGone));
    assert_signed_out(&office).await;
}
