//! No connection to where the account may not go.

use super::super::{SmtpClient, Stage, Submitter, Verdict};
use super::{MESSAGE, Security, account, submission};
use postroom_model::AllowList;

#[tokio::test]
async fn without_the_operators_permission_no_connection_to_this_machine_is_made() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut account = account(port, Security::None);
    account.allow_private = AllowList::none();
    let failure = SmtpClient::default()
        .submit(&account, &submission(&["a@b.test"], MESSAGE))
        .await
        .expect_err("refused");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("127.0.0.1, a loopback address"), "{failure}");
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(knocked.is_err(), "a connection was made");
}

#[tokio::test]
async fn an_unknown_host_and_a_closed_port_fail_at_their_stages() {
    let mut unknown = account(25, Security::None);
    unknown.host = "no-such-host.invalid".into();
    let failure = SmtpClient::default()
        .submit(&unknown, &submission(&["a@b.test"], MESSAGE))
        .await
        .expect_err("unknown");
    assert_eq!((failure.stage, failure.verdict), (Stage::Resolve, Verdict::Transient), "{failure}");

    let port = postroom_providers::ClosedPort::new();
    let closed = account(port.number(), Security::None);
    let failure =
        SmtpClient::default().submit(&closed, &submission(&["a@b.test"], MESSAGE)).await.expect_err("closed");
    assert_eq!((failure.stage, failure.verdict), (Stage::Connect, Verdict::Transient), "{failure}");
}
