//! What a user should know of a provider. The table of providers names each note by its code; equal notes are one.

use crate::domain::reason::reasons;

reasons! {
    /// What a user should know of a provider.
    Note, {
        SesServer = "ses-server",
            "The server is email-smtp.REGION.amazonaws.com with the region of the SES account, port 465 (SSL) or 587 (TLS).";
        SesCredentials = "ses-credentials",
            "Login and password are the SMTP credentials made in the SES console, not those of the AWS account.";
        SesVerifiedSender = "ses-verified-sender",
            "The sender's address or domain must be verified in SES. There is no mailbox.";
        AppPassword = "app-password",
            "The usual password is refused: make an app password in the account's security settings and use that.";
        CertifiedMail = "certified-mail",
            "This is certified mail (PEC): what is sent to addresses that are none may come back, or arrive as an anomaly.";
        SecureMailKey = "secure-mail-key",
            "The usual password is refused: make a secure mail key in the account's settings and use that.";
        AllowMailPrograms = "allow-mail-programs",
            "Access by other programs must be allowed once in the account's security settings.";
        GoogleSignIn = "google-sign-in",
            "Sign in with Google: mail leaves through the Gmail API and Gmail files the copy in Sent.";
        GoogleAppPassword = "google-app-password",
            "By SMTP, the usual password is refused: an app password is needed, and for that two-step verification.";
        GoogleWorkspace = "google-workspace",
            "In Google Workspace the administrator may have to allow the app, or forbid app passwords altogether.";
        GoogleDisplayName = "google-display-name",
            "Gmail shows the bare address unless a display name is set and the sender is the authorised address.";
        AllowPopImap = "allow-pop-imap",
            "Access by POP3 and IMAP must be allowed once in the e-mail settings of the account.";
        AppleAppPassword = "apple-app-password",
            "The usual password is refused: make an app-specific password at account.apple.com and use that.";
        AppleLogin = "apple-login",
            "SMTP wants the whole address as login, IMAP usually what stands before the @; where IMAP refuses that, use the whole address.";
        MicrosoftSignIn = "microsoft-sign-in",
            "Sign in with Microsoft: mail leaves through Microsoft Graph and Outlook files the copy in Sent Items.";
        MicrosoftPasswordEnd = "microsoft-password-end",
            "At the end of December 2026 Microsoft switches sign-in by password off for SMTP (550 5.7.30); for IMAP it is off already.";
        MicrosoftSmtpAllowed = "microsoft-smtp-allowed",
            "SMTP with OAuth needs authenticated SMTP to be allowed for the mailbox.";
        MicrosoftNoPassword = "microsoft-no-password",
            "Sign in with Microsoft: a password is refused for SMTP and IMAP alike.";
        ProtonToken = "proton-token",
            "By SMTP for addresses in a domain of your own, with a token made in Proton's settings in place of the password.";
        ProtonBridge = "proton-bridge",
            "The mailbox can be reached through Proton Mail Bridge alone, which runs on the user's computer.";
        TelekomPassword = "telekom-password",
            "The password of the website is refused: set an e-mail password of its own in Telekom's settings and use that.";
        YahooJapanAccess = "yahoo-japan-access",
            "This is a service of LY Corporation's own, apart from Yahoo Mail: access by mail programs must be allowed once in its settings.";
        OwnDomainServers = "own-domain-servers",
            "These are the servers of organisations with a domain of their own; where two-step verification is on, an app password is needed.";
    }
}

/// The code of every note.
pub const NOTES: &[&str] = Note::CODES;
