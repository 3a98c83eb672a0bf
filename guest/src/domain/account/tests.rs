//! Accounts as hosts describe them: what is guessed, what is reported about them, what is refused.

use super::*;
use serde_json::{Value, json};

mod capabilities;
mod settings;

fn account(json: &Value) -> Account {
    Account::from_json(&json.to_string()).unwrap()
}

fn smtp(host: &str, port: u16, security: &str) -> Value {
    json!({"host": host, "port": port, "security": security, "login": "office@example.com"})
}

fn own_smtp() -> Value {
    json!({
        "name": "Office", "transport": "smtp", "address": "office@example.com",
        "smtp": smtp("mail.example.com", 465, "ssl"),
        "imap": {"host": "mail.example.com", "security": "ssl", "login": "office@example.com"},
    })
}

#[test]
fn a5_the_port_is_proposed_from_the_security() {
    for (protocol, security, port) in [
        (Protocol::Smtp, Security::Ssl, 465),
        (Protocol::Smtp, Security::Tls, 587),
        (Protocol::Smtp, Security::None, 25),
        (Protocol::Imap, Security::Ssl, 993),
        (Protocol::Imap, Security::Tls, 143),
        (Protocol::Imap, Security::None, 143),
    ] {
        assert_eq!(proposed_port(protocol, security), port, "{protocol:?} {security:?}");
    }
}

#[test]
fn providers_are_guessed_by_domain_and_then_by_where_mail_goes() {
    let mx = |hosts: &[&str]| hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>();
    for (address, hosts, expected) in [
        ("a@gmail.com", &[][..], Some(("gmail", "domain"))),
        ("A@Outlook.BE", &[], Some(("outlook-com", "domain"))),
        ("a@hotmail.co.uk", &[], Some(("outlook-com", "domain"))),
        ("a@live.nl", &[], Some(("outlook-com", "domain"))),
        ("a@yahoo.fr", &[], Some(("yahoo", "domain"))),
        ("a@telenet.be", &[], Some(("telenet", "domain"))),
        ("a@skynet.be", &[], Some(("proximus", "domain"))),
        ("a@x.onmicrosoft.com", &[], Some(("microsoft", "domain"))),
        ("a@firma.be", &["firma-be.mail.protection.outlook.com."], Some(("microsoft", "mx"))),
        ("a@firma.be", &["ASPMX.L.GOOGLE.COM"], Some(("gmail", "mx"))),
        ("a@firma.be", &["mx.other.example", "mx1.mail.ovh.net"], Some(("ovh", "mx"))),
        ("a@firma.be", &["mx.mailprotect.be"], Some(("combell", "mx"))),
        ("a@firma.de", &["mx00.kundenserver.de"], Some(("ionos", "mx"))),
        ("a@firma.de", &["mx00.ionos.de"], Some(("ionos-de", "mx"))),
        ("a@firma.fr", &["mx00.ionos.fr"], Some(("ionos-fr", "mx"))),
        ("a@firma.co.uk", &["mx01.ionos.co.uk"], Some(("ionos-uk", "mx"))),
        ("a@firma.com", &["mx00.ionos.com"], Some(("ionos-com", "mx"))),
        ("a@schlund.de", &[], Some(("ionos", "domain"))),
        ("a@firma.be", &["mx.zoho.eu"], Some(("zoho-pro-eu", "mx"))),
        ("a@firma.com", &["mx2.zoho.com"], Some(("zoho-pro", "mx"))),
        ("a@firma.in", &["mx.zoho.in"], Some(("zoho-pro-in", "mx"))),
        ("a@zoho.eu", &["mx.zoho.eu"], Some(("zoho-eu", "domain"))),
        ("a@zoho.com.au", &[], Some(("zoho-au", "domain"))),
        ("a@yahoo.co.jp", &[], Some(("yahoo-jp", "domain"))),
        ("a@yahoo.co.uk", &[], Some(("yahoo", "domain"))),
        ("a@yahoo.ie", &[], Some(("yahoo", "domain"))),
        ("a@verizon.net", &[], Some(("aol", "domain"))),
        ("a@cs.com", &[], Some(("aol", "domain"))),
        ("a@firma.com", &["mx-aol.mail.gm0.yahoodns.net"], Some(("aol", "mx"))),
        ("a@firma.com", &["mta5.am0.yahoodns.net"], Some(("yahoo", "mx"))),
        ("a@live.io", &[], None),
        ("a@outlook.io", &[], None),
        ("a@yahoo.zz", &[], None),
        ("a@live.com.mx", &[], Some(("outlook-com", "domain"))),
        ("a@hotmail.ch", &[], Some(("outlook-com", "domain"))),
        ("a@gmx.ca", &[], Some(("gmx-com", "domain"))),
        ("a@gmx.tm", &[], Some(("gmx-com", "domain"))),
        ("a@posteo.co.uk", &[], Some(("posteo", "domain"))),
        ("a@zeggis.com", &[], Some(("ziggo", "domain"))),
        ("a@pandora.be", &[], Some(("telenet", "domain"))),
        ("a@scarlet.be", &[], Some(("scarlet", "domain"))),
        ("a@post.cz", &[], Some(("seznam", "domain"))),
        ("a@ya.ru", &[], Some(("yandex", "domain"))),
        ("a@bk.ru", &[], Some(("mail-ru", "domain"))),
        ("a@pec.it", &[], Some(("aruba-pec", "domain"))),
        ("a@talk21.com", &[], Some(("bt", "domain"))),
        ("a@sbcglobal.net", &[], Some(("att", "domain"))),
        ("a@mailbox.org", &[], Some(("mailbox-org", "domain"))),
        ("a@gmail.com.example", &[], None),
        ("a@outlook.example.com", &[], None),
        ("a@notgmail.com", &["notgoogle.com", ""], None),
        ("no address", &["aspmx.l.google.com"], None),
    ] {
        let guessed = guess(address, &mx(hosts));
        let guessed = guessed.as_ref().map(|found| (found.preset.id, found.by.name()));
        assert_eq!(guessed, expected, "{address} {hosts:?}");
    }
}

#[test]
fn a_login_is_of_the_form_that_each_server_wants() {
    use LoginForm::{Address, LocalPart, Own};
    for (id, smtp, imap) in [
        ("gmail", Address, Address),
        ("icloud", Address, LocalPart),
        ("web-de", LocalPart, LocalPart),
        ("wp-pl", LocalPart, LocalPart),
        ("yahoo-jp", LocalPart, LocalPart),
        ("seznam", Address, Address),
        ("amazon-ses", Own, Own),
    ] {
        let preset = by_id(id).unwrap();
        assert_eq!((preset.login_at(Protocol::Smtp), preset.login_at(Protocol::Imap)), (smtp, imap), "{id}");
    }
    let login = |host: &str, login: &str| json!({"host": host, "security": "ssl", "login": login, "sign_in": "app-password"});
    let mut json = json!({
        "transport": "smtp", "address": "jo@icloud.com", "sender": {"display_name": "Jo"},
        "smtp": {"host": "smtp.mail.me.com", "security": "tls", "login": "jo@icloud.com", "sign_in": "app-password"},
        "imap": login("imap.mail.me.com", "jo"),
    });
    assert_eq!(check(&json.to_string()), []);
    json["smtp"]["login"] = json!("jo");
    assert_eq!(check(&json.to_string()).iter().map(|it| it.code).collect::<Vec<_>>(), ["login"]);
}

#[test]
fn every_preset_is_an_account_without_complaints_about_its_servers() {
    let mut ids = Vec::new();
    for preset in presets() {
        assert!(!ids.contains(&preset.id), "{} twice", preset.id);
        ids.push(preset.id);
        assert!(!preset.sign_in.is_empty(), "{}", preset.id);
        assert!(
            preset.smtp.is_some() || !preset.notes.is_empty(),
            "{}: no server and no word why",
            preset.id
        );
        for (protocol, host) in [(Protocol::Smtp, preset.smtp), (Protocol::Imap, preset.imap)] {
            let Some(host) = host else { continue };
            assert_eq!(host.port, proposed_port(protocol, host.security), "{}", preset.id);
            assert_ne!(host.security, Security::None, "{}", preset.id);
        }
        let Some(smtp) = preset.smtp else { continue };
        let json = json!({
            "transport": "smtp", "address": "office@example.com", "provider": preset.id,
            "sender": {"display_name": "Office"},
            "smtp": {
                "host": smtp.name, "security": smtp.security, "login": "office@example.com",
                "sign_in": preset.sign_in[0],
            },
            "imap": {"host": "imap.example.com", "security": "ssl", "login": "x@example.com", "sign_in": preset.sign_in[0]},
        });
        assert_eq!(check(&json.to_string()), [], "{}", preset.id);
    }
    let mut names: Vec<String> = presets().iter().map(|preset| preset.name.to_lowercase()).collect();
    let shown = names.clone();
    names.sort();
    assert_eq!(shown, names, "presets are listed by name");
}

fn platform() -> Platform {
    Platform {
        name: "Postroom".into(),
        domain: "platform.example".into(),
        reply_domain: "reply.platform.example".into(),
    }
}

#[test]
fn a14_the_companys_name_comes_first_in_name_and_address() {
    let of = platform_identity("Atelier Nord", &platform(), None, "t0ken").unwrap();
    assert_eq!(of.sender.to_string(), "Atelier Nord via Postroom <atelier-nord@platform.example>");
    assert_eq!(of.reply_to.to_string(), "Atelier Nord <reply+t0ken@reply.platform.example>");
    let second = platform_identity("Atelier Nord", &platform(), Some("2"), "t0ken").unwrap();
    assert_eq!(second.sender.address.wire(), "atelier-nord-2@platform.example");
}

#[test]
fn a14_addresses_are_safe_and_stable_whatever_the_name() {
    for (company, expected) in [
        ("Müller & Söhne GmbH", "mueller-soehne-gmbh"),
        ("postmaster", "company-postmaster"),
        ("Reply", "company-reply"),
        ("a@b.example\r\nBcc: x@y.example", "a-b-example-bcc-x-y-example"),
        ("<script>\"", "script"),
    ] {
        let of = platform_identity(company, &platform(), None, "t").unwrap();
        assert_eq!(of.sender.address.local(), expected, "{company:?}");
        assert_eq!(platform_identity(company, &platform(), None, "t"), Ok(of), "{company:?}");
    }
    let (one, other) = ("ООО Ромашка", "株式会社");
    let local = |company| {
        platform_identity(company, &platform(), None, "t").unwrap().sender.address.local().to_owned()
    };
    assert!(local(one).is_ascii() && local(one).starts_with("company-"), "{}", local(one));
    assert_ne!(local(one), local(other));
    let long = local(&"long name ".repeat(40));
    assert!(long.len() <= 40, "{long}");
}

#[test]
fn a14_arguments_that_are_no_identity_are_named() {
    let bad = |domain: &str| Platform { domain: domain.into(), ..platform() };
    for (company, platform, suffix, token, argument) in [
        (" \u{200b}", platform(), None, "t", "company"),
        ("A", bad("localhost"), None, "t", "domain"),
        ("A", bad("a b.example"), None, "t", "domain"),
        ("A", bad("[192.0.2.1]"), None, "t", "domain"),
        ("A", Platform { reply_domain: String::new(), ..platform() }, None, "t", "reply-domain"),
        ("A", platform(), Some(""), "t", "suffix"),
        ("A", platform(), Some("@x"), "t", "suffix"),
        ("A", platform(), None, "", "token"),
        ("A", platform(), None, "UPPER", "token"),
        ("A", platform(), None, &"x".repeat(59), "token"),
    ] {
        let fault = platform_identity(company, &platform, suffix, token).expect_err(argument);
        assert_eq!(fault.argument, argument, "{fault}");
    }
}

fn origin() -> Origin {
    Origin {
        product: "Postroom".into(),
        addresses: vec!["192.0.2.7".into(), "2001:db8::/48".into()],
        region: Some("Frankfurt, Germany".into()),
        contact: Some("help@operator.example".into()),
    }
}

fn microsoft() -> Value {
    json!({
        "name": "Jan <sales>", "transport": "smtp", "address": "jan@example.com",
        "smtp": {"host": "smtp.office365.com", "security": "tls", "login": "jan@example.com", "sign_in": "oauth"},
        "imap": {"host": "outlook.office365.com", "security": "ssl", "login": "jan@example.com", "sign_in": "oauth"},
        "send_as": [
            {"address": "o'neil@example.com", "relation": "shared-mailbox"},
            {"address": "j@example.com", "relation": "alias"},
        ],
    })
}

#[test]
fn a15_the_page_names_origin_hosts_ports_and_permissions() {
    let accounts = [account(&microsoft()), account(&own_smtp())];
    let page = administrator_page(&accounts, &origin(), None);
    for expected in [
        "- 192.0.2.7\n- 2001:db8::/48\n",
        "Region: Frankfurt, Germany",
        "Sends through: smtp.office365.com:587 (SMTP, STARTTLS)",
        "Mailbox: outlook.office365.com:993 (IMAP, SSL/TLS)",
        "Signs in as: jan@example.com, with OAuth 2.0, no password",
        "- o'neil@example.com (shared mailbox)\n- j@example.com (alias)",
        "- SMTP.Send\n- IMAP.AccessAsUser.All\n- offline_access",
        "Set-CASMailbox -Identity 'jan@example.com' -SmtpClientAuthenticationDisabled $false",
        "Add-RecipientPermission -Identity 'o''neil@example.com' -Trustee 'jan@example.com' -AccessRights SendAs",
        "Set-OrganizationConfig -SendFromAliasEnabled $true",
        "mail.example.com:465 (SMTP, SSL/TLS)",
        "help@operator.example",
    ] {
        assert!(page.text.contains(expected), "{expected:?} in\n{}", page.text);
    }
    assert!(page.html.contains("<h2>Account Jan &lt;sales&gt;</h2>"), "{}", page.html);
    assert!(!page.html.contains("<sales>"));
}

#[test]
fn a15_the_page_is_in_the_four_languages() {
    let mut titles = Vec::new();
    for (language, code, word) in [
        ("nl-BE", "nl", "Verzendt via"),
        ("fr", "fr", "Envoie par"),
        ("en-GB", "en", "Sends through"),
        ("de-AT", "de", "Sendet über"),
        ("es", "en", "Sends through"),
    ] {
        let page = administrator_page(&[account(&microsoft())], &origin(), Some(language));
        assert_eq!(page.language.code(), code, "{language}");
        assert!(page.text.contains(word), "{language}: {}", page.text);
        assert!(page.html.starts_with(&format!("<!DOCTYPE html>\n<html lang=\"{code}\">")), "{language}");
        assert!(!page.text.contains("{}"), "{language}: {}", page.text);
        titles.push(page.title);
    }
    titles.dedup();
    assert_eq!(titles.len(), 5, "{titles:?}");
}

#[test]
fn a15_each_transport_has_its_hosts() {
    for (json, expected) in [
        (json!({"transport": "gmail", "address": "a@example.com"}), "gmail.googleapis.com:443 (HTTPS)"),
        (
            json!({"transport": "gmail", "address": "a@example.com"}),
            "https://www.googleapis.com/auth/gmail.send",
        ),
        (json!({"transport": "graph", "address": "a@example.com"}), "graph.microsoft.com:443 (HTTPS)"),
        (json!({"transport": "graph", "address": "a@example.com"}), "- Mail.Send\n"),
        (json!({"transport": "sendgrid", "address": "a@example.com"}), "api.sendgrid.com:443 (HTTPS)"),
        (json!({"transport": "mail-client"}), "nothing has to be allowed"),
        (json!({"transport": "platform"}), "nothing has to be allowed"),
    ] {
        let page = administrator_page(&[account(&json)], &Origin::default(), None);
        assert!(page.text.contains(expected), "{json}: {expected:?} in\n{}", page.text);
        assert!(page.text.contains("The operator has not stated"), "{json}");
    }
}

fn sample(part: &Value) -> Value {
    let kind = part["type"].as_str().or_else(|| part["type"][0].as_str()).unwrap();
    match kind {
        "object" => {
            let fields = part["properties"].as_object().unwrap();
            Value::Object(fields.iter().map(|(name, part)| (name.clone(), sample(part))).collect())
        }
        "array" => json!([sample(&part["items"])]),
        "boolean" => json!(true),
        "integer" => json!(465),
        _ => part["enum"].get(0).cloned().unwrap_or_else(|| json!("text")),
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_fields() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let everything = sample(&schema);
    assert_eq!(serde_json::to_value(account(&everything)).unwrap(), everything);
    for (name, part) in schema["properties"].as_object().unwrap() {
        assert!(part["description"].as_str().is_some_and(|text| text.len() > 4), "{name}");
        for word in part["enum"].as_array().into_iter().flatten() {
            let mut other = everything.clone();
            other[name] = word.clone();
            assert!(Account::from_json(&other.to_string()).is_ok(), "{name}: {word}");
        }
        let mut null = everything.clone();
        null[name] = Value::Null;
        let nullable = part["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
        assert_eq!(Account::from_json(&null.to_string()).is_ok(), nullable, "{name} as null");
    }
    let mut more = everything;
    more["surprise"] = json!(1);
    assert_eq!(Account::from_json(&more.to_string()).unwrap_err().path, "$.surprise");
}
