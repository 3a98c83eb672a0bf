//! Owners of mails who go away before the outcome is known: what waits is not sent, and what is under way leaves the
//! conversation in order for those who stay.

use std::sync::Arc;
use std::time::Duration;

use super::super::Security;
use super::account;
use super::account_queues::{
    EXTENSIONS, all_words, client, commands, hand_in, hand_in_all, mail, obey, results,
};
use super::server::{Peer, Server};

#[tokio::test]
async fn a_mail_whose_owner_went_away_while_it_waited_is_not_sent() {
    let gone = Arc::new(tokio::sync::Notify::new());
    let may_be_used_again = gone.clone();
    let server = Server::start(move |mut peer: Peer| {
        let may_be_used_again = may_be_used_again.clone();
        async move {
            peer.welcome(EXTENSIONS).await;
            commands(&mut peer, "one").await;
            may_be_used_again.notified().await;
            peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
            peer.message().await;
            peer.send("250 took one\r\n").await;
            obey(&mut peer, "took three").await;
        }
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let first = hand_in(&client, &account, mail("one")).await;
    let second = hand_in(&client, &account, mail("two")).await;
    let third = hand_in(&client, &account, mail("three")).await;
    second.abort();
    let _ = second.await;
    gone.notify_one();
    assert_eq!(all_words(&results(vec![first, third]).await), ["accepted: took one", "accepted: took three"]);
    client.close().await;
    let lines = server.finish().await;
    assert!(!lines.iter().any(|line| line.contains("two@")), "{lines:?}");
}

#[tokio::test]
async fn an_owner_who_goes_away_in_the_middle_leaves_the_conversation_in_order() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum When {
        CommandsSent,
        BodySent,
        CommandsBehindABody,
    }
    for when in [When::CommandsSent, When::BodySent, When::CommandsBehindABody] {
        let (gone, there) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let (may_be_used_again, arrived) = (gone.clone(), there.clone());
        let server = Server::start(move |mut peer: Peer| {
            let (may_be_used_again, arrived) = (may_be_used_again.clone(), arrived.clone());
            async move {
                peer.welcome(EXTENSIONS).await;
                commands(&mut peer, "one").await;
                if when == When::CommandsSent {
                    arrived.notify_one();
                    may_be_used_again.notified().await;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
                assert!(peer.message().await.starts_with(b"Subject: one"));
                if when != When::CommandsSent {
                    commands(&mut peer, "two").await;
                    arrived.notify_one();
                    may_be_used_again.notified().await;
                    peer.send("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
                } else {
                    commands(&mut peer, "two").await;
                    peer.send("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
                }
                assert!(peer.message().await.starts_with(b"Subject: two"));
                peer.send("250 took two\r\n").await;
                obey(&mut peer, "took three").await;
            }
        })
        .await;
        let (client, account) = (client(1), account(server.port, Security::None));
        let mut all = hand_in_all(&client, &account, &["one", "two"]).await;
        there.notified().await;
        let leaving = all.remove(usize::from(when == When::CommandsBehindABody));
        leaving.abort();
        let _ = leaving.await;
        gone.notify_one();
        all.push(hand_in(&client, &account, mail("three")).await);
        let stayed = if when == When::CommandsBehindABody { "one" } else { "two" };
        assert_eq!(
            all_words(&results(all).await),
            [format!("accepted: took {stayed}"), "accepted: took three".to_owned()],
            "{when:?}"
        );
        client.close().await;
        let lines = server.finish().await;
        assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 1, "{when:?}: {lines:?}");
    }
}
