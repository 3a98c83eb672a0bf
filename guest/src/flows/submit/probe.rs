//! The connection test of a provider's API (rule A8): a harmless question that the grant allows, so that token, host
//! and permission are known to work before a mail depends on them.

use super::response::{ApiRefusal, Meaning, Words, error_object, no_answer, of_status, refusal};
use super::web::{Request, Web, WebResponse};
use crate::domain::delivery::Transport;
use crate::domain::status::{Failure, Stage};
use serde_json::Value;

/// Result of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Stages that went well, in order, and the words of the server.
    pub steps: Vec<(Stage, String)>,
    /// The first that did not.
    pub failure: Option<Failure>,
}

/// What is asked, of whom, and where the answer names the account.
struct Question {
    provider: &'static str,
    target: &'static str,
    address: &'static [&'static str],
}

fn question(transport: Transport) -> Option<Question> {
    match transport {
        Transport::Gmail => Some(Question {
            provider: "Gmail",
            target: "/gmail/v1/users/me/profile",
            address: &["emailAddress"],
        }),
        Transport::Graph => Some(Question {
            provider: "Microsoft Graph",
            target: "/v1.0/me?$select=mail,userPrincipalName",
            address: &["mail", "userPrincipalName"],
        }),
        Transport::SendGrid => Some(Question { provider: "SendGrid", target: "/v3/scopes", address: &[] }),
        Transport::Smtp => None,
    }
}

/// Asks the API of an account. None for a transport without one.
pub fn probe_api(account: &str, transport: Transport, web: &mut dyn Web) -> Option<Probe> {
    let question = question(transport)?;
    let request = Request::new(account, "GET", question.target.to_owned());
    Some(match web.call(request) {
        Err(error) => Probe { steps: Vec::new(), failure: Some(failure(no_answer(error, false))) },
        Ok(response) => read_answer(&question, &response),
    })
}

fn read_answer(question: &Question, response: &WebResponse) -> Probe {
    let Question { provider, address, .. } = question;
    let mut steps = vec![(Stage::Tls, format!("{provider} answers: HTTP {}", response.status))];
    let json = response.json();
    let words = words(response);
    if response.status == 200 {
        let scopes = json["scopes"].as_array();
        let may_send = |all: &Vec<Value>| all.iter().any(|scope| scope == "mail.send");
        if scopes.is_some_and(|all| !may_send(all)) {
            let lacks = Words::of(None, Some("the key has no permission \"mail.send\""));
            let refused = refusal(provider, response, lacks, Meaning::Permanent(Stage::Login));
            return Probe { steps, failure: Some(failure(refused)) };
        }
        let known = address.iter().find_map(|field| json[*field].as_str());
        steps.push((
            Stage::Login,
            match known {
                Some(address) => format!("signed in as {}", address.chars().take(254).collect::<String>()),
                None => "the key may send".to_owned(),
            },
        ));
        return Probe { steps, failure: None };
    }
    // A grant for sending alone may not even ask who it is: it is known, and that is what was to be tested.
    let narrow =
        words.is(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "ErrorAccessDenied"])
            || words.mentions("insufficient authentication scopes");
    if response.status == 403 && narrow {
        steps.push((Stage::Login, "signed in, with the permission to send alone".to_owned()));
        return Probe { steps, failure: None };
    }
    let meaning = match response.status {
        403 => Meaning::Permanent(Stage::Login),
        500.. => Meaning::Transient,
        status => of_status(status),
    };
    Probe { steps, failure: Some(failure(refusal(provider, response, words, meaning))) }
}

/// Reads Google's and Microsoft's error object, SendGrid's list, or the body itself.
fn words(response: &WebResponse) -> Words {
    if let Some(error) = error_object(response) {
        let reason = error["errors"][0]["reason"].as_str();
        return Words::of(
            reason.or(error["code"].as_str()).or(error["status"].as_str()),
            error["message"].as_str(),
        );
    }
    let json = response.json();
    match json["errors"][0]["message"].as_str() {
        Some(message) => Words::of(None, Some(message)),
        None => Words::of_body(response),
    }
}

fn failure(of: ApiRefusal) -> Failure {
    use crate::domain::status::Verdict;
    match of {
        ApiRefusal::NeedsSignIn(words) => Failure {
            stage: Stage::Login,
            verdict: Verdict::NeedsSignIn,
            reply: None,
            detail: format!("the account needs a new sign-in: \"{words}\""),
            retry_after: None,
            recipients: Vec::new(),
        },
        ApiRefusal::Failed(api) => Failure {
            stage: api.stage,
            verdict: api.verdict,
            reply: None,
            detail: api.detail,
            retry_after: api.retry_after,
            recipients: Vec::new(),
        },
    }
}
