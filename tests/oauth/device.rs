//! Signing in by a code that is typed elsewhere.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use postroom::transport::oauth::{Clock as _, Error, Granted, Purpose, Wanted, authorize_device};
use postroom::transport::tokens::{Resource, Tokens as _};
use serde_json::json;

use crate::server::Manner;
use crate::{ACCOUNT, Office};

/// Signs in by a code; the user decides after so many questions, or never.
async fn by_code(office: &Arc<Office>, decides: Option<(usize, bool)>) -> Result<Granted, Error> {
    let mut deciding = None;
    let client = office.server.client();
    let granted = authorize_device(&client, &Wanted::new(Purpose::Send), |prompt| {
        assert!(prompt.page.as_str().ends_with("/type-it-here"), "{prompt:?}");
        assert!(prompt.page_with_code.as_ref().unwrap().as_str().ends_with(&prompt.code), "{prompt:?}");
        assert_eq!(prompt.expires_in, Duration::from_secs(900));
        let Some((questions, allows)) = decides else { return };
        let (office, code) = (Arc::clone(office), prompt.code.clone());
        deciding = Some(tokio::spawn(async move {
            while office.server.asked().len() < questions {
                tokio::task::yield_now().await;
            }
            office.server.decide(&code, allows);
        }));
    })
    .await;
    if let Some(deciding) = deciding {
        deciding.await.unwrap();
    }
    granted
}

fn errors(office: &Office) -> Vec<String> {
    office.server.asked().into_iter().map(|asked| asked.error.unwrap_or_else(|| "none".into())).collect()
}

#[tokio::test]
async fn a10_a_user_without_a_browser_signs_in_by_a_code() {
    let office = Arc::new(Office::new(Manner::Microsoft).await);
    let granted = by_code(&office, Some((2, true))).await.unwrap();
    assert_eq!(granted.address.as_deref(), Some("office@ateliernord.example.com"));
    let heard = errors(&office);
    assert!(heard.len() >= 3, "{heard:?}");
    assert_eq!(heard.last().map(String::as_str), Some("none"), "{heard:?}");
    assert!(heard[..heard.len() - 1].iter().all(|error| error == "authorization_pending"), "{heard:?}");
    office.grants.install(ACCOUNT, granted).await.unwrap();
    let bearer = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    office.clock.advance(TimeDelta::hours(2));
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "it brought a refresh token");
}

#[tokio::test]
async fn a_server_that_is_asked_too_often_is_asked_less_often() {
    let office = Arc::new(Office::new(Manner::Strict).await);
    office.server.behave(|behaviour| behaviour.told_interval = 2);
    let granted = by_code(&office, Some((4, true))).await;
    assert!(granted.is_ok(), "{granted:?}");
    let heard = errors(&office);
    assert_eq!(heard[..3], ["authorization_pending", "slow_down", "authorization_pending"], "{heard:?}");
    assert_eq!(heard.iter().filter(|error| *error == "slow_down").count(), 1, "{heard:?}");
}

#[tokio::test]
async fn a_server_that_wants_to_be_asked_at_once_is_given_a_second() {
    let office = Arc::new(Office::new(Manner::Strict).await);
    office.server.behave(|behaviour| behaviour.told_interval = 0);
    let before = office.clock.now();
    assert!(by_code(&office, Some((3, true))).await.is_ok());
    let questions = i32::try_from(office.server.asked().len()).unwrap();
    assert!(office.clock.now() - before >= TimeDelta::seconds(1) * (questions - 1));
}

#[tokio::test]
async fn a_user_who_declines_elsewhere_has_declined() {
    for manner in [Manner::Microsoft, Manner::Strict] {
        let office = Arc::new(Office::new(manner).await);
        let granted = by_code(&office, Some((1, false))).await;
        assert!(matches!(granted, Err(Error::Declined(_))), "{manner:?}: {granted:?}");
    }
}

#[tokio::test]
async fn a_code_that_nobody_types_expires() {
    let office = Arc::new(Office::new(Manner::Microsoft).await);
    let before = office.clock.now();
    let granted = by_code(&office, None).await;
    assert_eq!(granted.unwrap_err(), Error::TooLate(Duration::from_secs(900)));
    assert!(office.clock.now() - before >= TimeDelta::seconds(900));
}

#[tokio::test]
async fn a9_google_has_no_sign_in_by_code_for_mail_and_that_is_said() {
    let office = Office::new(Manner::Google).await;
    let outcome = authorize_device(&office.server.client(), &Wanted::new(Purpose::Send), |_| {}).await;
    let words = "Google has no sign-in by code for mail; use a browser";
    assert_eq!(outcome.unwrap_err(), Error::Setup(words.into()));
    assert!(office.server.asked().is_empty());
}

#[tokio::test]
async fn no_prompt_of_a_server_can_do_harm() {
    let prompt = |page: &str, code: &str| json!({ "device_code": "d", "user_code": code, "verification_uri": page, "expires_in": u64::MAX });
    for page in ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"] {
        let office = Office::new(Manner::Strict).await;
        office.server.behave(|behaviour| behaviour.device_says = Some(prompt(page, "c")));
        let outcome = authorize_device(&office.server.client(), &Wanted::new(Purpose::Send), |prompt| {
            panic!("shown: {prompt:?}");
        })
        .await;
        assert!(matches!(outcome, Err(Error::Unusable(_))), "{page}: {outcome:?}");
    }
    let office = Office::new(Manner::Strict).await;
    let code = format!("\u{1b}[2J{}", "x".repeat(10_000));
    office.server.behave(|behaviour| behaviour.device_says = Some(prompt("https://example.com/", &code)));
    let outcome = authorize_device(&office.server.client(), &Wanted::new(Purpose::Send), |prompt| {
        assert!(prompt.code.len() <= 64 && !prompt.code.contains('\u{1b}'), "{prompt:?}");
        assert!(prompt.expires_in <= Duration::from_secs(1_800));
    })
    .await;
    assert!(outcome.is_err(), "{outcome:?}");
}
