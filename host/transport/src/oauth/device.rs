//! Signing in where there is no browser: a code, typed in on another device (RFC 8628).

use std::time::Duration;

use oauth2::{
    DeviceCodeErrorResponseType, EmptyExtraDeviceAuthorizationFields, RequestTokenError, Scope,
    StandardDeviceAuthorizationResponse,
};
use url::Url;

use super::authorization::Wanted;
use super::client::{Client, Redeemed, explain};
use super::error::Error;
use super::grant::Granted;
use crate::tokens::Resource;

/// The shortest and longest pause between two requests, whatever the server asks for.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The longest wait for a user, whatever the server allows.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The instructions to show to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevicePrompt {
    /// The page to open, on any device.
    pub page: Url,
    /// The code to type there.
    pub code: String,
    /// The page with the code filled in, where the provider offers that.
    pub page_with_code: Option<Url>,
    /// How long the code can be used.
    pub expires_in: Duration,
}

/// Signs in by a code. `show` is called once. Polls as often as the provider allows until a user has signed in.
///
/// # Errors
/// [`Error::Setup`] where the provider has no such flow for mail (Google); [`Error::TooLate`] when the code expired;
/// [`Error::Declined`]; the provider's refusals.
pub async fn authorize_device(
    client: &Client,
    wanted: &Wanted,
    show: impl FnOnce(&DevicePrompt),
) -> Result<Granted, Error> {
    let provider = client.provider();
    if provider.endpoints.device.is_none() {
        let words = format!("{} has no sign-in by code for mail; use a browser", provider.name);
        return Err(Error::Setup(words));
    }
    let oauth = client.oauth();
    let request = oauth.exchange_device_code().map_err(|error| Error::Setup(error.to_string()))?;
    // Of one resource, where there are several: this endpoint takes no more. The other is open to the same grant as
    // far as the user consented before.
    let scope = provider.narrowed(wanted.purpose, Resource::Api);
    let scope = scope.unwrap_or_else(|| provider.asked(wanted.purpose).join(" "));
    let request = request.add_scope(Scope::new(scope));
    let answer: StandardDeviceAuthorizationResponse =
        request.request_async(&client.http).await.map_err(explain)?;
    let prompt = DevicePrompt {
        page: web_page(answer.verification_uri())?,
        code: answer.user_code().secret().chars().filter(|c| !c.is_control()).take(64).collect(),
        page_with_code: answer.verification_uri_complete().and_then(|url| web_page(url.secret()).ok()),
        expires_in: answer.expires_in().min(LONGEST),
    };
    show(&prompt);

    let clock = std::sync::Arc::clone(&client.clock);
    let now = std::sync::Arc::clone(&client.clock);
    let poll = oauth
        .exchange_device_access_token::<EmptyExtraDeviceAuthorizationFields>(&answer)
        .set_time_fn(move || now.now());
    let poll = match provider.narrowed(wanted.purpose, Resource::Api) {
        Some(scope) => poll.add_extra_param("scope", scope),
        None => poll,
    };
    let pause = move |time: Duration| clock.sleep(time.clamp(PAUSES.0, PAUSES.1));
    let answered = poll.request_async(&client.http, pause, Some(prompt.expires_in)).await;
    let answered = answered.map_err(|error| match &error {
        RequestTokenError::ServerResponse(refusal) => match refusal.error() {
            DeviceCodeErrorResponseType::ExpiredToken => Error::TooLate(prompt.expires_in),
            _ => explain(error),
        },
        _ => explain(error),
    })?;
    Granted::of(client, wanted.purpose, Redeemed::read(answered, client.clock.now())?).await
}

/// A page that people may be sent to.
fn web_page(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    url.ok_or_else(|| Error::Unusable("the page for the code is not a web page".into()))
}
