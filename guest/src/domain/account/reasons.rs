//! Why an account has an ability or has it not.

use super::evidence::PROOFS;
use crate::domain::reason::{joined, reasons};

reasons! {
    /// Why an account has an ability or has it not, and why it can't get a status.
    CapabilityReason, {
        NoSmtpServer = "no-smtp-server", "No SMTP server is set.";
        SendsBySmtp = "sends-by-smtp", "Mail leaves through the account's own SMTP server.";
        SendsByGmail = "sends-by-gmail", "Mail leaves through the Gmail API.";
        SendsByGraph = "sends-by-graph", "Mail leaves through Microsoft Graph.";
        SendsBySendgrid = "sends-by-sendgrid", "Mail leaves through SendGrid.";
        SendsByPlatform = "sends-by-platform", "Mail leaves from the platform, in the company's name.";
        SendsByMailProgram = "sends-by-mail-program", "The user's own mail program sends: Postroom hands the mail over.";
        CopyByGmail = "copy-by-gmail", "Gmail files the copy in Sent by itself.";
        CopyByOutlook = "copy-by-outlook", "Outlook files the copy in Sent Items by itself.";
        CopyByMailProgram = "copy-by-mail-program", "The user's own mail program files the copy.";
        CopyByProvider = "copy-by-provider", "The provider files what is sent through its server by itself.";
        CopyByImap = "copy-by-imap", "Postroom files a copy in the mailbox's Sent folder by IMAP.";
        NoCopyWithoutImap = "no-copy-without-imap", "Without IMAP there is no mailbox to file a copy in.";
        NoCopySendgrid = "no-copy-sendgrid", "SendGrid keeps no mail, and no mailbox is set.";
        NoCopyPlatform = "no-copy-platform", "The platform has no Sent folder: the document's timeline shows the mail.";
        InboxByImap = "inbox-by-imap", "The mailbox is read by IMAP, and nothing is moved off the server.";
        InboxNotRead = "inbox-not-read", "This host does not read the mailbox: it files copies in Sent and tests the connection.";
        InboxPlatform = "inbox-platform", "Answers come to the platform's reply address, where `postroom track` finds them.";
        InboxNoImap = "inbox-no-imap", "Own SMTP without IMAP has no inbox.";
        InboxSendgrid = "inbox-sendgrid", "SendGrid sends only.";
        InboxNoMailbox = "inbox-no-mailbox", "No mailbox is set: switch IMAP on for this account.";
        InboxMailProgram = "inbox-mail-program", "The inbox is that of the user's own mail program.";
        RepliesInMailbox = "replies-in-mailbox", "Answers are found in the mailbox and shown with the document.";
        RepliesByPlatform = "replies-by-platform", "`postroom track` reads what comes to the reply address, and leads each answer to its document.";
        RepliesInMailProgram = "replies-in-mail-program", "Answers come to the user's own mail program.";
        RepliesNotRead = "replies-not-read", "Answers come to a mailbox that this host does not read: give its files to `postroom track`.";
        UnknownByMailProgram = "unknown-by-mail-program", "The status is Unknown: the mail was handed to your mail program.";
        DeliveryBySendgrid = "delivery-by-sendgrid", "SendGrid reports each delivery and failure.";
        NoDeliverySendgrid = "no-delivery-sendgrid", "SendGrid's event reports do not reach this host.";
        DeliveryByProvider = "delivery-by-provider", "The provider reports each delivery and failure.";
        DeliveryByReport = "delivery-by-report", "Reports that `--notify-delivered` asks for are read; not every server sends them.";
        DeliveryNotRead = "delivery-not-read", "Not by itself: reports that `--notify-delivered` asks for are mails, for `postroom track`.";
        DeliveryByOpening = "delivery-by-opening", "The API reports no delivery: it is known once the mail is opened.";
        NoDeliveryApi = "no-delivery-api", "The API reports no delivery.";
        NoReadSmtp = "no-read-smtp", "Own SMTP has no Read tracking; an answer or a receipt that comes unasked counts.";
        ReadBySendgrid = "read-by-sendgrid", "SendGrid reports that a mail was opened.";
        ReadByPixel = "read-by-pixel", "The opening of a mail is seen where the user asks for it.";
        OpeningsNotSeen = "openings-not-seen", "This host does not see the opening of a mail: its address is not reachable for recipients.";
        NoProof = "no-proof", "Nothing tells it by this account.";
    }
}

/// The code of every reason of a capability: those of an ability, and those of the ways by which a status comes.
pub const CAPABILITY_REASONS: &[&str] =
    &joined::<{ CapabilityReason::CODES.len() + PROOFS.len() }>(CapabilityReason::CODES, &PROOFS);
