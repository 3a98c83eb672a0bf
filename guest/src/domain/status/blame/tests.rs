//! Refusals as servers word them, and whose fault each is.

use super::*;

fn reply(text: &str) -> Reply {
    let (code, text) = text.split_once([' ', '-']).unwrap();
    let (enhanced, words) = match text.split_once(' ') {
        Some((first, rest))
            if first.contains('.') && first.bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            (Some(first.to_owned()), rest)
        }
        _ => (None, text),
    };
    Reply { code: code.parse().unwrap(), enhanced, text: words.to_owned() }
}

const AFTER_LOGIN: [Stage; 3] = [Stage::Sender, Stage::Recipient, Stage::Data];

#[test]
fn a_used_up_quota_is_one_at_any_stage_with_any_code_and_says_over_which_time() {
    use Period::{Day, Hour, Minute, Moment, Unknown};
    for (text, period) in [
        // In the form of large providers.
        ("550 5.4.5 Daily user sending limit exceeded - gsmtp", Day),
        ("550 5.4.5 Daily SMTP relay limit exceeded for customer", Day),
        (
            "554 5.2.0 X.Submission.Exception:SubmissionQuotaExceededException; the sender's submission quota was exceeded",
            Unknown,
        ),
        ("550 5.1.90 You have reached your daily limit for message recipients", Day),
        ("550 5.7.232 Your trial tenant has exceeded its daily limit for sending email", Day),
        ("452 4.5.3 Too many recipients this hour", Hour),
        ("454 Throttling failure: Maximum sending rate exceeded.", Minute),
        ("454 Throttling failure: Daily message quota exceeded.", Day),
        ("432 4.3.2 Concurrent connections limit exceeded", Moment),
        ("421 4.7.28 we have detected an unusual rate of mail", Unknown),
        ("421 4.7.0 [TSS04] deferred due to unexpected volume", Unknown),
        ("451 Authentication failed: Maximum credits exceeded", Unknown),
        // Hosts and panels.
        ("550 Domain a.example has exceeded the max emails per hour (151/150 (100%)) allowed.", Hour),
        ("550 5.7.1 Sender address rejected: Too many mails (200 per hour), try again later", Hour),
        ("554 5.7.0 The limit on the number of allowed outgoing messages was exceeded.", Unknown),
        ("550 User a@b.example has reached the outbound mail limit of 300 for today", Day),
        ("450 4.7.1 <a@b.example>: message rate limit exceeded", Unknown),
        ("550 rate limited: slow down, 10 messages per minute at most", Minute),
        ("550 5.7.0 You sent 1000 e-mails in 24 hours, the maximum of your plan has been reached", Day),
        ("552 5.2.0 Sending quota for this account exhausted until tomorrow", Unknown),
        // Other languages.
        ("550 Tageslimit für den Versand erreicht", Day),
        ("550 5.7.1 Zu viele Nachrichten pro Stunde", Hour),
        ("554 Limite d'envoi journalière dépassée", Day),
        ("550 5.7.1 Trop de messages envoyés", Unknown),
        ("550 Limiet van 250 berichten per uur overschreden", Hour),
        ("550 Límite de mensajes por hora superado", Hour),
        ("550 Limite giornaliero di messaggi superato", Day),
        // A code for a mailbox, and words for the account.
        ("552 5.2.2 You have exceeded your daily sending limit", Day),
        ("450 4.2.1 Peak SMTP relay limit exceeded for customer", Unknown),
        ("550 5.7.0 Sender has exceeded 100 emails per hour", Hour),
        ("550 Daily sending cap reached", Day),
        ("450 4.7.1 Error: too much mail from 192.0.2.7", Unknown),
    ] {
        for stage in AFTER_LOGIN {
            assert_eq!(Blame::of_reply(stage, &reply(text)), Blame::Quota(period), "{stage}: {text}");
        }
    }
}

#[test]
fn what_is_about_the_recipient_or_the_message_is_final_for_it_alone() {
    for text in [
        "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown",
        "552 5.2.2 <a@b.example>: user is over quota",
        "552 5.2.2 The email account that you tried to reach is over quota",
        "552 Mailbox is full, storage limit exceeded",
        "550 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour",
        "550-5.2.1 The user you are trying to contact is receiving mail at a rate that is too high",
        "552 5.3.4 Message size exceeds fixed maximum message size",
        "552 5.2.3 Your message exceeded our message size limits",
        "554 5.7.1 Message rejected: spam score exceeds the limit",
        "554 5.4.6 Too many hops",
        "550 5.7.1 Message content rejected by policy",
        "550 5.7.26 Your email has been blocked because the sender is unauthenticated",
        "550 5.2.1 The email account that you tried to reach is disabled",
        "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking it",
        "554 5.7.1 <a@b.example>: Relay access denied",
        "550 Ce compte est suspendu",
        "550 5.7.133 Sender not allowed to send to this group",
        "550 you are not on the list of allowed senders of this recipient",
        "554 5.6.0 maximum nesting of the message exceeded",
        // Replies of recipients' servers in words that accounts' servers use.
        "554 delivery error: dd This user doesn't have an account. This account has been disabled or discontinued [#102]",
        "554 5.7.9 Message not accepted for policy reasons.",
        "550 5.2.1 This account is inactive / has been suspended",
        "550 5.1.1 <x@y.example>: Account blocked. This account is not active",
        "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
        "550 5.7.1 Client was not authenticated to send to this group",
        "550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized to send to the recipient",
        "550 Your address has been blocked by <x@y.example>",
        "550 Your domain is on the recipient's list of blocked senders",
        "550 5.7.1 Message blocked by outbound content filter",
        "554 Outgoing message blocked: spam content",
        "550 Attachment type blocked by outgoing policy",
        "550 Sending of this message was blocked because it contains a virus",
        "554 5.7.1 Client host blocked using a list; your IP is listed",
        "452 4.5.3 Your message has too many recipients. For more information regarding our sending limits go to https://x",
        "550 5.5.3 RESOLVER.ADR.RecipLimit; too many recipients",
        "550 Too many recipients, maximum is 50",
        "550 Maximum number of recipients per message exceeded",
        "552 5.7.0 Number of MIME parts exceeds the maximum for a message",
        "550 Message rejected: too many URLs, limit reached",
        "550 14 points over max for this user",
        "552 user quota exceeded",
        "552 Message would exceed recipient's quota",
        "552 The user has exceeded his quota, message not accepted",
        "552 Account quota exceeded",
        "552 User account is over its quota limit",
        "552 <x@y.example>: Mail quota exceeded",
        "450 Ratelimit \"to\" exceeded",
        "450 Too many messages to this recipient today",
        "550 5.7.1 Mailbox for user has exceeded the maximum number of messages per day it may accept",
        "554 5.7.1 spam score 15.2 exceeded limit of 5 for mail today",
        // The recipient's own name is no word of the server's.
        "550 5.1.1 <sending@firma.example>: user account disabled",
        "450 4.1.1 <max@hit-radio.example>: unverified user",
        "450 4.1.1 <daily.limit@mail.example>: could not be reached, mail server exceeded its time",
    ] {
        for stage in [Stage::Recipient, Stage::Data] {
            assert_eq!(Blame::of_reply(stage, &reply(text)), Blame::Mail, "{stage}: {text}");
        }
    }
}

#[test]
fn what_is_wrong_with_the_account_is_its_own_fault_at_every_stage() {
    for text in [
        "530 5.7.57 Client was not authenticated to send anonymous mail during MAIL FROM",
        "530 5.7.0 Must issue a STARTTLS command first",
        "535 5.7.8 Username and Password not accepted",
        "550 5.7.30 Basic authentication is not supported for Client Submission",
        "550 5.1.8 Access denied, bad outbound sender",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "550 5.7.705 Service unavailable. Access denied, tenant has exceeded threshold",
        "554 Your account has been suspended",
        "550 Outgoing mail from this account is disabled",
        // Postfix answers RCPT with what it thinks of the sender.
        "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c",
        "550 The from address does not match a verified Sender Identity",
        "554 Message rejected: Email address is not verified",
        "550 5.7.1 User is not allowed to send emails",
        "550 5.7.1 Authentication required",
        "550 Ihr Konto wurde gesperrt",
        "550 Votre compte est suspendu",
    ] {
        for stage in AFTER_LOGIN {
            let blame = Blame::of_reply(stage, &reply(text));
            assert_eq!(blame, Blame::Account(Recovery::Person), "{stage}: {text}");
        }
    }
    for stage in [Stage::Greeting, Stage::Login, Stage::Tls, Stage::Connect, Stage::Resolve] {
        let shut = Blame::of_reply(stage, &reply("554 5.7.1 go away"));
        assert_eq!(shut, Blame::Account(Recovery::Person), "{stage}");
        let passing = reply("535 5.7.0 authentication failed: Connection lost to authentication server");
        assert_eq!(Blame::of_reply(stage, &passing), Blame::Account(Recovery::Time), "{stage}");
    }
}

#[test]
fn a_refusal_at_mail_is_the_senders_unless_it_is_about_the_message() {
    for text in ["550 5.7.1 sender denied", "550 you may not use this address", "550 5.1.0 Address rejected"]
    {
        assert_eq!(Blame::of_reply(Stage::Sender, &reply(text)), Blame::Sender, "{text}");
        assert_eq!(Blame::of_reply(Stage::Data, &reply(text)), Blame::Mail, "{text}");
    }
    for text in [
        "552 5.3.4 Message too big",
        "501 5.5.4 Syntax error",
        "555 unknown parameter",
        "553 5.6.7 SMTPUTF8 needed",
    ] {
        assert_eq!(Blame::of_reply(Stage::Sender, &reply(text)), Blame::Mail, "{text}");
    }
}

#[test]
fn a_final_code_whose_words_say_later_is_not_final_for_the_message() {
    let later = reply("554 5.3.0 Service temporarily unavailable, try again later");
    assert_eq!(Blame::of_reply(Stage::Data, &later), Blame::Passing);
    assert_eq!(Blame::of_reply(Stage::Recipient, &later), Blame::Mail, "one recipient's refusal is final");
    let soft = reply("451 4.7.1 Please try again later");
    assert_eq!(Blame::of_reply(Stage::Data, &soft), Blame::Mail, "a 4xx is undecided already");
}

#[test]
fn every_phrase_is_in_the_form_in_which_texts_are_searched_and_in_a_section_that_is_used() {
    for (name, phrase) in crate::domain::phrases::sections(WORDINGS) {
        assert_eq!(plain(phrase), phrase, "{name}");
        assert!(SECTIONS.contains(&name), "nobody reads the section {name}");
    }
    for name in SECTIONS {
        let filled = crate::domain::phrases::sections(WORDINGS).any(|(section, _)| section == *name);
        assert!(filled, "no section {name}");
    }
}
