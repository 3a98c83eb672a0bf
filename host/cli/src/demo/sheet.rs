//! The contact sheet: one page that shows every mail of the demonstration and what became of it.

use base64::Engine as _;
use std::fmt::Write as _;

/// A mail on the sheet.
pub(super) struct SampleShown {
    /// Name of its folder.
    pub(super) name: String,
    /// Subject.
    pub(super) subject: String,
    /// Status of the mail.
    pub(super) status: String,
    /// Per recipient: address, status, evidence.
    pub(super) recipients: Vec<(String, String, String)>,
}

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem;background:#eef1f4;color:#1c2733}\
h1{font-size:1.4rem}main{display:grid;grid-template-columns:repeat(auto-fill,minmax(440px,1fr));gap:1.5rem}\
article{background:#fff;border-radius:10px;padding:1rem;box-shadow:0 1px 4px #0002}\
iframe{width:100%;height:560px;border:1px solid #d5dbe1;border-radius:6px;background:#fff}\
h2{font-size:1rem;margin:.2rem 0 .6rem}table{font-size:.85rem;border-spacing:0 .2rem;width:100%}\
td{padding-right:.8rem;vertical-align:top}b{white-space:nowrap}nav a{margin-right:1rem;font-size:.85rem}";

/// Builds the page. Links and frames point to the folders beside it.
pub(super) fn page(shown: &[SampleShown]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Postroom: sample mails</title>\
         <style>{STYLE}</style><h1>Postroom: {} sample mails</h1><main>",
        shown.len()
    );
    for mail in shown {
        let (name, subject) = (escaped(&mail.name), escaped(&mail.subject));
        let _ = write!(html, "<article><h2>{subject}</h2><table>");
        for (address, status, evidence) in &mail.recipients {
            let (address, status, evidence) = (escaped(address), escaped(status), escaped(evidence));
            let _ = write!(html, "<tr><td>{address}<td><b>{status}</b><td>{evidence}");
        }
        let _ = write!(
            html,
            "</table><nav><a href=\"{name}/view.html\">HTML</a><a href=\"{name}/body.txt\">text</a>\
             <a href=\"{name}/message.eml\">message ({})</a></nav>\
             <iframe sandbox src=\"{name}/view.html\" title=\"{subject}\" loading=\"lazy\"></iframe></article>",
            escaped(&mail.status)
        );
    }
    html.push_str("</main></html>\n");
    html
}

/// Puts the logo into an HTML body, which shows it without the message around it.
pub(super) fn viewable(html: &str, logo: &[u8]) -> String {
    let data = base64::engine::general_purpose::STANDARD.encode(logo);
    html.replace("cid:logo", &format!("data:image/png;base64,{data}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
