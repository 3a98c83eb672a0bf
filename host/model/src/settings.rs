//! The settings as the plugin takes them: the company's share, and the user's for the account at hand.

use super::{Company, User, UserSettings};
use serde_json::{Map, Value, json};

/// Builds JSON by the schema `settings`, for a mail that this user creates for this account. The company's texts and look, the
/// user's name, signature and texts. In the mode of the mail client the caller leaves the signature out (rule A4)
/// by the contract's `job.signature`, not here.
pub fn plugin_settings(company: &Company, user: &User, own: &UserSettings) -> String {
    let mut settings = match serde_json::from_str(&company.settings) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    let mut fields = Map::new();
    let texts = [
        ("display_name", own.display_name.as_ref().map(ToString::to_string)),
        ("email", own.address.as_ref().map(ToString::to_string)),
        ("signature_html", own.signature_html.clone()),
        ("signature_text", own.signature_text.clone()),
        ("own_email", Some(user.address.to_string())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            fields.insert(name.to_owned(), text.into());
        }
    }
    fields.insert("auto_bcc_self".to_owned(), own.auto_bcc_self.into());
    settings.insert("user".to_owned(), fields.into());
    if !user.templates.is_empty() {
        let templates = settings.entry("templates").or_insert_with(|| json!({}));
        if let Value::Object(templates) = templates {
            templates.insert("user".to_owned(), json!(user.templates));
        }
    }
    Value::Object(settings).to_string()
}
