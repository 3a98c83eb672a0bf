//! The table of providers.
//!
//! Sources: the database that Thunderbird configures accounts from (github.com/thunderbird/autoconfig, `ispdb/`,
//! March 2026), where nothing else is said beside the entry; `mx` are the host domains that the database matches, and
//! those of the provider's own documentation. What could not be confirmed is left out: a provider without a server
//! here has none that is the same for all its customers.

use super::model::Security::{Ssl, Tls};
use super::model::SignIn::{AppPassword, Oauth, Password};
use super::model::{SignIn, Transport};
use super::preset::LoginForm::{LocalPart, Own};
use super::preset::{Host, LoginForm, Preset, at};

/// A provider with submission and mailbox, both by password, its mail in a domain of its own.
const fn provider(
    id: &'static str,
    name: &'static str,
    smtp: Option<Host>,
    imap: Option<Host>,
    domains: &'static str,
    mx: &'static str,
) -> Preset {
    let (transport, login, sign_in, notes) = (Transport::Smtp, LoginForm::Address, BY_PASSWORD, &[]);
    Preset { id, name, transport, smtp, imap, login, sign_in, notes, domains, mx }
}

const fn by_app_password(preset: Preset, notes: &'static [&'static str]) -> Preset {
    Preset { sign_in: BY_APP_PASSWORD, notes, ..preset }
}

const fn login_by(preset: Preset, login: LoginForm) -> Preset {
    Preset { login, ..preset }
}

const fn noted(preset: Preset, notes: &'static [&'static str]) -> Preset {
    Preset { notes, ..preset }
}

const BY_PASSWORD: &[SignIn] = &[Password];
const BY_APP_PASSWORD: &[SignIn] = &[AppPassword];

const APP_PASSWORD: &str =
    "The usual password is refused: make an app password in the account's security settings and use that.";
const ALLOW_IMAP: &str =
    "Access by POP3 and IMAP must be allowed once in the e-mail settings of the account.";

/// By name, as they are shown.
pub(super) const PROVIDERS: &[Preset] = &[
    // Hosts by region: docs.aws.amazon.com/ses/latest/dg/smtp-connect.html
    Preset {
        sign_in: BY_PASSWORD,
        login: Own,
        notes: &[
            "The server is email-smtp.REGION.amazonaws.com with the region of the SES account, port 465 \
             (SSL) or 587 (TLS).",
            "Login and password are the SMTP credentials made in the SES console, not those of the AWS \
             account.",
            "The sender's address or domain must be verified in SES. There is no mailbox.",
        ],
        ..provider("amazon-ses", "Amazon SES", None, None, "", "")
    },
    by_app_password(
        provider(
            "aol",
            "AOL Mail",
            at("smtp.aol.com", 465, Ssl),
            at("imap.aol.com", 993, Ssl),
            "aol. aim.com",
            "",
        ),
        &[APP_PASSWORD],
    ),
    provider(
        "bluewin",
        "Bluewin (Swisscom)",
        at("smtpauths.bluewin.ch", 465, Ssl),
        at("imaps.bluewin.ch", 993, Ssl),
        "bluewin.ch bluemail.ch",
        "",
    ),
    // Hosts as Combell's customers publish them, in agreement: smtp-auth.mailprotect.be:465, imap.mailprotect.be:993.
    provider(
        "combell",
        "Combell",
        at("smtp-auth.mailprotect.be", 465, Ssl),
        at("imap.mailprotect.be", 993, Ssl),
        "",
        ".mailprotect.be",
    ),
    provider(
        "domainfactory",
        "DomainFactory",
        at("sslout.df.eu", 465, Ssl),
        at("sslin.df.eu", 993, Ssl),
        "",
        ".ispgateway.de",
    ),
    by_app_password(
        provider(
            "fastmail",
            "Fastmail",
            at("smtp.fastmail.com", 465, Ssl),
            at("imap.fastmail.com", 993, Ssl),
            "fastmail.com fastmail.fm",
            ".messagingengine.com",
        ),
        &[APP_PASSWORD],
    ),
    login_by(
        provider("free", "Free", at("smtp.free.fr", 465, Ssl), at("imap.free.fr", 993, Ssl), "free.fr", ""),
        LocalPart,
    ),
    provider(
        "gandi",
        "Gandi",
        at("mail.gandi.net", 465, Ssl),
        at("mail.gandi.net", 993, Ssl),
        "gandi.net",
        ".mail.gandi.net",
    ),
    // Sign-in: support.google.com/mail/answer/7126229, support.google.com/accounts/answer/185833
    Preset {
        transport: Transport::Gmail,
        sign_in: &[Oauth, AppPassword],
        notes: &[
            "Sign in with Google: mail leaves through the Gmail API and Gmail files the copy in Sent.",
            "By SMTP, the usual password is refused: an app password is needed, and for that two-step \
             verification.",
            "In Google Workspace the administrator may have to allow the app, or forbid app passwords \
             altogether.",
            "Gmail shows the bare address unless a display name is set and the sender is the authorised \
             address.",
        ],
        ..provider(
            "gmail",
            "Gmail, Google Workspace",
            at("smtp.gmail.com", 465, Ssl),
            at("imap.gmail.com", 993, Ssl),
            "gmail.com googlemail.com",
            ".google.com .googlemail.com",
        )
    },
    noted(
        provider(
            "gmx-com",
            "GMX (gmx.com)",
            at("mail.gmx.com", 465, Ssl),
            at("imap.gmx.com", 993, Ssl),
            "gmx.com gmx.us gmx.co.uk gmx.fr gmx.es gmx.it gmx.pt gmx.ie gmx.se",
            ".gmx.com",
        ),
        &[ALLOW_IMAP],
    ),
    noted(
        provider(
            "gmx",
            "GMX (gmx.net)",
            at("mail.gmx.net", 465, Ssl),
            at("imap.gmx.net", 993, Ssl),
            "gmx.net gmx.de gmx.at gmx.ch gmx.eu gmx.biz gmx.org gmx.info",
            ".gmx.net",
        ),
        &[ALLOW_IMAP],
    ),
    provider(
        "godaddy",
        "GoDaddy Workspace",
        at("smtpout.secureserver.net", 465, Ssl),
        at("imap.secureserver.net", 993, Ssl),
        "",
        ".secureserver.net",
    ),
    provider(
        "hetzner",
        "Hetzner",
        at("mail.your-server.de", 465, Ssl),
        at("mail.your-server.de", 993, Ssl),
        "",
        ".your-server.de",
    ),
    // IMAP logs in by the local part, SMTP by the address: support.apple.com/HT202304
    by_app_password(
        provider(
            "icloud",
            "iCloud Mail",
            at("smtp.mail.me.com", 587, Tls),
            at("imap.mail.me.com", 993, Ssl),
            "icloud.com me.com mac.com",
            ".mail.icloud.com",
        ),
        &[
            "The usual password is refused: make an app-specific password at account.apple.com and use \
             that.",
            "IMAP may want the login without what follows the @.",
        ],
    ),
    // infomaniak.com/en/support/faq: mail.infomaniak.com, 465 and 993.
    provider(
        "infomaniak",
        "Infomaniak",
        at("mail.infomaniak.com", 465, Ssl),
        at("mail.infomaniak.com", 993, Ssl),
        "ik.me ikmail.com",
        ".infomaniak.ch .infomaniak.com",
    ),
    // Hosts as IONOS's customers publish them, in agreement: smtp.ionos.com:465, imap.ionos.com:993.
    provider(
        "ionos",
        "IONOS",
        at("smtp.ionos.com", 465, Ssl),
        at("imap.ionos.com", 993, Ssl),
        "online.de onlinehome.de",
        ".ionos.com .ionos.de .ionos.fr .ionos.es .ionos.it .ionos.co.uk .kundenserver.de",
    ),
    provider(
        "kpn",
        "KPN",
        at("smtp.kpnmail.nl", 587, Tls),
        at("imap.kpnmail.nl", 993, Ssl),
        "kpnmail.nl kpnplanet.nl planet.nl wxs.nl hetnet.nl freeler.nl snelnet.net on.nl \
         onsbrabantnet.nl onsmail.nl onsnet.nu xs4all.nl telfort.nl tip.nl tiscali.nl",
        ".kpnmail.nl",
    ),
    login_by(
        provider(
            "laposte",
            "La Poste",
            at("smtp.laposte.net", 465, Ssl),
            at("imap.laposte.net", 993, Ssl),
            "laposte.net",
            "",
        ),
        LocalPart,
    ),
    provider(
        "mail-com",
        "mail.com",
        at("smtp.mail.com", 465, Ssl),
        at("imap.mail.com", 993, Ssl),
        "mail.com email.com post.com usa.com consultant.com engineer.com europe.com",
        ".mail.com",
    ),
    // Basic authentication: Exchange team, 27 January 2026, and message MC786329.
    Preset {
        transport: Transport::Graph,
        sign_in: &[Oauth],
        notes: &[
            "Sign in with Microsoft: mail leaves through Microsoft Graph and Outlook files the copy in \
             Sent Items.",
            "At the end of December 2026 Microsoft switches sign-in by password off for SMTP (550 \
             5.7.30); for IMAP it is off already.",
            "SMTP with OAuth needs authenticated SMTP to be allowed for the mailbox.",
        ],
        ..provider(
            "microsoft",
            "Microsoft 365, Exchange Online",
            at("smtp.office365.com", 587, Tls),
            at("outlook.office365.com", 993, Ssl),
            ".onmicrosoft.com",
            ".mail.protection.outlook.com .mx.microsoft",
        )
    },
    provider(
        "one-com",
        "One.com",
        at("send.one.com", 465, Ssl),
        at("imap.one.com", 993, Ssl),
        "one.com",
        ".one.com",
    ),
    provider(
        "orange-fr",
        "Orange (France), Wanadoo",
        at("smtp.orange.fr", 465, Ssl),
        at("imap.orange.fr", 993, Ssl),
        "orange.fr wanadoo.fr",
        "",
    ),
    Preset {
        transport: Transport::Graph,
        sign_in: &[Oauth],
        notes: &["Sign in with Microsoft: a password is refused for SMTP and IMAP alike."],
        ..provider(
            "outlook-com",
            "Outlook.com, Hotmail, Live",
            at("smtp-mail.outlook.com", 587, Tls),
            at("outlook.office365.com", 993, Ssl),
            "outlook. hotmail. live. msn.com windowslive.com passport.com",
            ".olc.protection.outlook.com",
        )
    },
    provider(
        "ovh",
        "OVHcloud (MX Plan)",
        at("ssl0.ovh.net", 465, Ssl),
        at("ssl0.ovh.net", 993, Ssl),
        "",
        ".mail.ovh.net .ovh.net",
    ),
    provider(
        "posteo",
        "Posteo",
        at("posteo.de", 465, Ssl),
        at("posteo.de", 993, Ssl),
        "posteo.de posteo.net posteo.at posteo.be posteo.ch posteo.eu posteo.org",
        "",
    ),
    // proton.me/support/smtp-submission
    Preset {
        notes: &[
            "By SMTP for addresses in a domain of your own, with a token made in Proton's settings in \
             place of the password.",
            "The mailbox can be reached through Proton Mail Bridge alone, which runs on the user's \
             computer.",
        ],
        sign_in: BY_APP_PASSWORD,
        ..provider(
            "proton",
            "Proton Mail",
            at("smtp.protonmail.ch", 587, Tls),
            None,
            "proton.me protonmail.com protonmail.ch pm.me",
            ".protonmail.ch",
        )
    },
    provider(
        "proximus",
        "Proximus, Skynet",
        at("relay.proximus.be", 587, Tls),
        at("imap.proximus.be", 993, Ssl),
        "proximus.be skynet.be belgacom.net kidcity.be",
        "",
    ),
    provider(
        "rackspace",
        "Rackspace Email",
        at("secure.emailsrvr.com", 465, Ssl),
        at("secure.emailsrvr.com", 993, Ssl),
        "",
        ".emailsrvr.com",
    ),
    provider(
        "sfr",
        "SFR, Neuf",
        at("smtp.sfr.fr", 465, Ssl),
        at("imap.sfr.fr", 993, Ssl),
        "sfr.fr neuf.fr club-internet.fr",
        "",
    ),
    provider(
        "strato",
        "STRATO",
        at("smtp.strato.de", 465, Ssl),
        at("imap.strato.de", 993, Ssl),
        "strato.de",
        ".rzone.de",
    ),
    Preset {
        sign_in: BY_APP_PASSWORD,
        notes: &["The password of the website is refused: set an e-mail password of its own in Telekom's \
             settings and use that."],
        ..provider(
            "t-online",
            "Telekom, T-Online",
            at("securesmtp.t-online.de", 465, Ssl),
            at("secureimap.t-online.de", 993, Ssl),
            "t-online.de magenta.de",
            ".t-online.de",
        )
    },
    // Hosts as Telenet's customers publish them, in agreement: smtp.telenet.be:587, imap.telenet.be:993.
    provider(
        "telenet",
        "Telenet",
        at("smtp.telenet.be", 587, Tls),
        at("imap.telenet.be", 993, Ssl),
        "telenet.be",
        "",
    ),
    // Hosts as TransIP's customers publish them, in agreement: smtp.transip.email:465, imap.transip.email:993.
    provider(
        "transip",
        "TransIP",
        at("smtp.transip.email", 465, Ssl),
        at("imap.transip.email", 993, Ssl),
        "",
        ".transip.email",
    ),
    provider(
        "vodafone-de",
        "Vodafone (Germany), Arcor",
        at("smtp.vodafonemail.de", 465, Ssl),
        at("imap.vodafonemail.de", 993, Ssl),
        "vodafonemail.de arcor.de kabelmail.de",
        "",
    ),
    login_by(
        noted(
            provider(
                "web-de",
                "WEB.DE",
                at("smtp.web.de", 587, Tls),
                at("imap.web.de", 993, Ssl),
                "web.de",
                ".web.de",
            ),
            &[ALLOW_IMAP],
        ),
        LocalPart,
    ),
    by_app_password(
        provider(
            "yahoo",
            "Yahoo Mail",
            at("smtp.mail.yahoo.com", 465, Ssl),
            at("imap.mail.yahoo.com", 993, Ssl),
            "yahoo. ymail.com rocketmail.com myyahoo.com",
            ".yahoodns.net",
        ),
        &[APP_PASSWORD],
    ),
    provider(
        "ziggo",
        "Ziggo",
        at("smtp.ziggo.nl", 587, Tls),
        at("imap.ziggo.nl", 993, Ssl),
        "ziggo.nl ziggomail.com casema.nl zinders.nl zeggis.nl razcall.nl upcmail.nl chello.nl \
         multiweb.nl home.nl quicknet.nl",
        "",
    ),
    provider(
        "zoho",
        "Zoho Mail",
        at("smtp.zoho.com", 465, Ssl),
        at("imap.zoho.com", 993, Ssl),
        "zoho.com zohomail.com",
        ".zoho.com",
    ),
    provider(
        "zoho-eu",
        "Zoho Mail (Europe)",
        at("smtp.zoho.eu", 465, Ssl),
        at("imap.zoho.eu", 993, Ssl),
        "zoho.eu zohomail.eu",
        ".zoho.eu",
    ),
];
