//! Signing in by a code that is typed elsewhere.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use postroom::transport::oauth::{Clock as _, Error, Granted, Purpose, Wanted, authorize_device};
use postroom::transport::tokens::{Resource, Tokens as _};
use serde_json::json;

use crate::server::Manner;
use crate::{ACCOUNT, TestHost};

/// Signs in by a code; the user decides after so many questions, or never.
async fn by_code(host: &Arc<TestHost>, decides: Option<(usize, bool)>) -> Result<Granted, Error> {
    let mut deciding = None;
    let client = host.server.client();
    let granted = authorize_device(&client, &Wanted::new(Purpose::Send), |prompt| {
        assert!(prompt.page.as_str().ends_with("/type-it-here"), "{prompt:?}");
        assert!(prompt.page_with_code.as_ref().unwrap().as_str().ends_with(&prompt.code), "{prompt:?}");
        assert_eq!(prompt.expires_in, Duration::from_secs(900));
        let Some((questions, allows)) = decides else { return };
        let (host, code) = (Arc::clone(host), prompt.code.clone());
        deciding = Some(tokio::spawn(async move {
            while host.server.asked().len() < questions {
                tokio::task::yield_now().await;
            }
            host.server.decide(&code, allows);
        }));
    })
    .await;
    if let Some(deciding) = deciding {
        deciding.await.unwrap();
    }
    granted
}

fn errors(host: &TestHost) -> Vec<String> {
    host.server.asked().into_iter().map(|asked| asked.error.unwrap_or_else(|| "none".into())).collect()
}

#[tokio::test]
async fn a10_a_user_without_a_browser_signs_in_by_a_code() {
    let host = Arc::new(TestHost::new(Manner::Microsoft).await);
    let granted = by_code(&host, Some((2, true))).await.unwrap();
    assert_eq!(granted.address.as_deref(), Some("office@ateliernord.example.com"));
    let errors_received = errors(&host);
    assert!(errors_received.len() >= 3, "{errors_received:?}");
    assert_eq!(errors_received.last().map(String::as_str), Some("none"), "{errors_received:?}");
    assert!(
        errors_received[..errors_received.len() - 1].iter().all(|error| error == "authorization_pending"),
        "{errors_received:?}"
    );
    host.grants.install(ACCOUNT, granted).await.unwrap();
    let bearer = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    assert!(host.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    host.clock.advance(TimeDelta::hours(2));
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "it brought a refresh token");
}

#[tokio::test]
async fn a_server_that_is_asked_too_often_is_asked_less_often() {
    let host = Arc::new(TestHost::new(Manner::Strict).await);
    host.server.behave(|behaviour| behaviour.announced_interval = 2);
    let granted = by_code(&host, Some((4, true))).await;
    assert!(granted.is_ok(), "{granted:?}");
    let errors_received = errors(&host);
    assert_eq!(
        errors_received[..3],
        ["authorization_pending", "slow_down", "authorization_pending"],
        "{errors_received:?}"
    );
    assert_eq!(
        errors_received.iter().filter(|error| *error == "slow_down").count(),
        1,
        "{errors_received:?}"
    );
}

#[tokio::test]
async fn a_server_that_wants_to_be_asked_at_once_is_given_a_second() {
    let host = Arc::new(TestHost::new(Manner::Strict).await);
    host.server.behave(|behaviour| behaviour.announced_interval = 0);
    let before = host.clock.now();
    assert!(by_code(&host, Some((3, true))).await.is_ok());
    let questions = i32::try_from(host.server.asked().len()).unwrap();
    assert!(host.clock.now() - before >= TimeDelta::seconds(1) * (questions - 1));
}

#[tokio::test]
async fn a_user_who_declines_elsewhere_has_declined() {
    for manner in [Manner::Microsoft, Manner::Strict] {
        let host = Arc::new(TestHost::new(manner).await);
        let granted = by_code(&host, Some((1, false))).await;
        assert!(matches!(granted, Err(Error::Declined(_))), "{manner:?}: {granted:?}");
    }
}

#[tokio::test]
async fn a_code_that_nobody_types_expires() {
    let host = Arc::new(TestHost::new(Manner::Microsoft).await);
    let before = host.clock.now();
    let granted = by_code(&host, None).await;
    assert_eq!(granted.unwrap_err(), Error::TooLate(Duration::from_secs(900)));
    assert!(host.clock.now() - before >= TimeDelta::seconds(900));
}

#[tokio::test]
async fn a9_google_has_no_sign_in_by_code_for_mail_and_that_is_said() {
    let host = TestHost::new(Manner::Google).await;
    let result = authorize_device(&host.server.client(), &Wanted::new(Purpose::Send), |_| {}).await;
    let words = "Google has no sign-in by code for mail; use a browser";
    assert_eq!(result.unwrap_err(), Error::Setup(words.into()));
    assert!(host.server.asked().is_empty());
}

#[tokio::test]
async fn no_prompt_of_a_server_can_do_harm() {
    let prompt = |page: &str, code: &str| json!({ "device_code": "d", "user_code": code, "verification_uri": page, "expires_in": u64::MAX });
    for page in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"] {
        let host = TestHost::new(Manner::Strict).await;
        host.server.behave(|behaviour| behaviour.device_response = Some(prompt(page, "c")));
        let result = authorize_device(&host.server.client(), &Wanted::new(Purpose::Send), |prompt| {
            panic!("shown: {prompt:?}");
        })
        .await;
        assert!(matches!(result, Err(Error::Unusable(_))), "{page}: {result:?}");
    }
    let host = TestHost::new(Manner::Strict).await;
    let code = format!("\u{1b}[2J{}", "x".repeat(10_000));
    host.server.behave(|behaviour| behaviour.device_response = Some(prompt("https://example.com/", &code)));
    let result = authorize_device(&host.server.client(), &Wanted::new(Purpose::Send), |prompt| {
        assert!(prompt.code.len() <= 64 && !prompt.code.contains('\u{1b}'), "{prompt:?}");
        assert!(prompt.expires_in <= Duration::from_secs(1_800));
    })
    .await;
    assert!(result.is_err(), "{result:?}");
}
