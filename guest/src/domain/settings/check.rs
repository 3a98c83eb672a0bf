//! What a type can't express about settings: colours, languages, lengths. A value that would be dropped in silence later is refused here,
//! where its path is known.

use super::{Settings, SettingsError};
use crate::domain::iban;
use crate::domain::language::{Language, Locale};
use std::collections::BTreeMap;

/// Bytes of a text on one line.
const MAX_LINE: usize = 1_000;
/// Bytes of a longer text: a signature, a list of addresses.
const MAX_TEXT: usize = 64 * 1024;
/// Lines of the company's address, and of its registration.
const MAX_ADDRESS: usize = 20;
/// Days that a reminder may give.
const MAX_DAYS: u32 = 90;
/// Templates of the company, and of the user.
const MAX_TEMPLATES: usize = 1_000;
/// Bytes of one template.
const MAX_TEMPLATE: usize = 256 * 1024;
/// Largest number of lines shown in the mail.
const MAX_SHOWN: u32 = 10_000;
/// Accounts of the company.
const MAX_ACCOUNTS: usize = 50;
/// Widths of a logo that fit the layout.
const LOGO: std::ops::RangeInclusive<u32> = 20..=520;

type Checked = Result<(), SettingsError>;

pub(super) fn settings(settings: &Settings) -> Checked {
    let (company, user) = (&settings.company, &settings.user);
    for (path, text) in [
        ("$.company.name", &company.name),
        ("$.company.telephone", &company.telephone),
        ("$.company.email", &company.email),
        ("$.company.website", &company.website),
        ("$.company.vat_identifier", &company.vat_identifier),
        ("$.company.language", &company.language),
        ("$.user.display_name", &user.display_name),
        ("$.user.email", &user.email),
        ("$.user.own_email", &user.own_email),
    ] {
        text.as_deref().map_or(Ok(()), |text| one_line(path, text))?;
    }
    company.legal_name.as_deref().map_or(Ok(()), |text| one_line("$.company.legal_name", text))?;
    lines("$.company.address", &company.address)?;
    lines("$.company.registration", &company.registration)?;
    for (tag, texts) in &company.languages {
        let path = format!("$.company.languages[{tag:?}]");
        language(&path, tag)?;
        texts.name.as_deref().map_or(Ok(()), |text| one_line(&format!("{path}.name"), text))?;
        lines(&format!("{path}.address"), &texts.address)?;
        lines(&format!("{path}.registration"), &texts.registration)?;
    }
    for (tag, texts) in &user.languages {
        let path = format!("$.user.languages[{tag:?}]");
        language(&path, tag)?;
        let name = &texts.display_name;
        name.as_deref().map_or(Ok(()), |text| one_line(&format!("{path}.display_name"), text))?;
        for (field, text) in [("html", &texts.signature_html), ("text", &texts.signature_text)] {
            let path = format!("{path}.signature_{field}");
            text.as_deref().map_or(Ok(()), |text| bounded(&path, text, MAX_TEXT))?;
        }
    }
    let payment = &settings.payment;
    for (field, days) in [
        ("reminder_1_days", payment.reminder_1_days),
        ("reminder_2_days", payment.reminder_2_days),
        ("reminder_3_days", payment.reminder_3_days),
    ] {
        if days > MAX_DAYS {
            return fault(&format!("$.payment.{field}"), format!("{days} days: at most {MAX_DAYS}"));
        }
    }
    company.language.as_deref().map_or(Ok(()), |tag| language("$.company.language", tag))?;
    for (path, text) in [
        ("$.user.signature_html", &user.signature_html),
        ("$.user.signature_text", &user.signature_text),
        ("$.recipients.cc", &settings.recipients.cc),
        ("$.recipients.bcc", &settings.recipients.bcc),
        ("$.recipients.reply_to", &settings.recipients.reply_to),
    ] {
        text.as_deref().map_or(Ok(()), |text| bounded(path, text, MAX_TEXT))?;
    }
    templates("$.templates.company", &settings.templates.company)?;
    templates("$.templates.user", &settings.templates.user)?;
    let layout = &settings.layout;
    if !is_colour(&layout.accent) {
        return fault(
            "$.layout.accent",
            format!("expected a colour such as #1f4e79, found {:?}", layout.accent),
        );
    }
    if layout.lines > MAX_SHOWN {
        return fault("$.layout.lines", format!("{} lines: at most {MAX_SHOWN}", layout.lines));
    }
    if !LOGO.contains(&layout.logo_width) {
        let (least, most) = (LOGO.start(), LOGO.end());
        return fault("$.layout.logo_width", format!("{} pixels: from {least} to {most}", layout.logo_width));
    }
    accounts(&settings.payment.accounts)
}

/// Checks the IBANs of the company: a wrong digit would leave mails without their code, unnoticed.
fn accounts(accounts: &[String]) -> Checked {
    if accounts.len() > MAX_ACCOUNTS {
        return fault("$.payment.accounts", format!("at most {MAX_ACCOUNTS} accounts"));
    }
    for (index, account) in accounts.iter().enumerate() {
        let path = format!("$.payment.accounts[{index}]");
        one_line(&path, account)?;
        if iban::parse(account).is_none() {
            let detail = format!(
                "expected an IBAN such as \"BE71 0961 2345 6769\", found {account:?}: is a digit wrong?"
            );
            return fault(&path, detail);
        }
    }
    Ok(())
}

fn language(path: &str, tag: &str) -> Checked {
    if Locale::parse(tag).is_some() {
        return Ok(());
    }
    let shipped = Language::ALL.map(Language::code).join(", ");
    let tag: String = tag.chars().take(40).collect();
    fault(path, format!("no texts in the language {tag:?}: use one of {shipped}, with or without a region"))
}

fn lines(path: &str, lines: &[String]) -> Checked {
    if lines.len() > MAX_ADDRESS {
        return fault(path, format!("at most {MAX_ADDRESS} lines"));
    }
    for (index, line) in lines.iter().enumerate() {
        one_line(&format!("{path}[{index}]"), line)?;
    }
    Ok(())
}

fn templates(path: &str, sources: &BTreeMap<String, String>) -> Checked {
    if sources.len() > MAX_TEMPLATES {
        return fault(path, format!("{} templates: at most {MAX_TEMPLATES}", sources.len()));
    }
    for (name, source) in sources {
        one_line(path, name)?;
        bounded(&format!("{path}[{name:?}]"), source, MAX_TEMPLATE)?;
    }
    Ok(())
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Checks that a text is one line: such texts end up in headers and on one line of a footer.
fn one_line(path: &str, text: &str) -> Checked {
    if text.chars().any(|c| c.is_ascii_control()) {
        return fault(path, "a control character: this is one line of text".into());
    }
    bounded(path, text, MAX_LINE)
}

fn bounded(path: &str, text: &str, most: usize) -> Checked {
    if text.len() > most {
        return fault(path, format!("{} bytes: at most {most}", text.len()));
    }
    Ok(())
}

fn fault(path: &str, detail: String) -> Checked {
    Err(SettingsError { path: path.into(), detail })
}
