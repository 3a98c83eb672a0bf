//! A picture of an HTML body, made by the installed Chromium. For people who look, and for README pages; the one
//! output that may differ between machines.
//!
//! The body is not trusted: its page has a content security policy before anything else, by which no script of its own
//! runs and nothing is loaded, neither from the network nor from the disk. The browser knows none of our environment; of
//! `root` it is not a process of `root`.

use super::child::without_secrets;
use super::{Failure, output_file};
use base64::Engine as _;
use postroom_contract::attachments::Attachment;
use postroom_transport::attachments::AttachmentSource;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const WIDTH: u32 = 720;
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PATIENCE: Duration = Duration::from_secs(60);
/// The user and the group with no rights.
#[cfg(unix)]
const NOBODY: u32 = 65_534;
/// What of our environment the browser gets.
const ENVIRONMENT: [&str; 4] = ["PATH", "LANG", "LC_ALL", "FONTCONFIG_PATH"];

/// Draws `html` to a PNG file, as tall as the mail is. The browser runs with no way to the network.
pub(super) async fn write(
    html: &str,
    logo: Option<&(Attachment, AttachmentSource)>,
    to: &Path,
) -> Result<(), Failure> {
    let browser = browser()?;
    let folder =
        tempfile::tempdir().map_err(|e| Failure::other(format!("can't make a temporary folder: {e}")))?;
    let html = match logo {
        Some((attachment, source)) => with_logo(html, attachment, source).await?,
        None => html.to_owned(),
    };
    hand_over(folder.path())?;
    let page = folder.path().join("mail.html");
    output_file::write(&page, measuring_page(&html, &uuid::Uuid::new_v4().to_string()).as_bytes())?;
    hand_over(&page)?;
    let dump =
        chromium(&browser, folder.path(), &page, &["--dump-dom", &format!("--window-size={WIDTH},400")])
            .await?;
    let height =
        dump.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).and_then(|n| n.parse().ok());
    let height: u32 = height.unwrap_or(1_600).clamp(200, 16_000);
    output_file::write(&page, guarded(&html, None).as_bytes())?;
    let picture = folder.path().join("mail.png");
    let shot = format!("--screenshot={}", picture.display());
    chromium(
        &browser,
        folder.path(),
        &page,
        &[&shot, "--hide-scrollbars", &format!("--window-size={WIDTH},{height}")],
    )
    .await?;
    let drawn = std::fs::read(&picture);
    let drawn =
        drawn.map_err(|e| Failure::other(format!("no picture was made for {}: {e}", to.display())))?;
    output_file::write(to, &drawn)
}

/// The body with a policy that stands before all of it: pictures within the page alone, and no script but one with this
/// nonce. A frame could show a file: there is none.
fn guarded(html: &str, nonce: Option<&str>) -> String {
    let scripts = nonce.map(|nonce| format!("; script-src 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "<!doctype html><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         font-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'{scripts}\">{}",
        without_refresh(html)
    )
}

/// The page that says how tall it is, in its title.
fn measuring_page(html: &str, nonce: &str) -> String {
    let page = guarded(html, Some(nonce));
    format!("{page}<script nonce=\"{nonce}\">document.title=document.documentElement.scrollHeight</script>")
}

/// The body without the attribute by which a page leads to another, which no policy forbids.
fn without_refresh(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut out = String::with_capacity(html.len());
    let mut from = 0;
    for (at, _) in lower.match_indices("http-equiv") {
        out.push_str(&html[from..at]);
        out.push_str("data-http-equiv");
        from = at + "http-equiv".len();
    }
    out.push_str(&html[from..]);
    out
}

async fn with_logo(
    html: &str,
    attachment: &Attachment,
    source: &AttachmentSource,
) -> Result<String, Failure> {
    let bytes = source.read(0, u32::try_from(source.size()).unwrap_or(u32::MAX)).await;
    let bytes = bytes.map_err(|e| Failure::input(e.to_string()))?;
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(html.replace("cid:logo", &format!("data:{};base64,{data}", attachment.media_type)))
}

fn browser() -> Result<PathBuf, Failure> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = NAMES.iter().flat_map(|name| folders.iter().map(move |f| f.join(name))).find(|p| p.is_file());
    found.ok_or_else(|| {
        Failure::input("--png needs Chromium: install the package `chromium`, or leave --png out")
    })
}

async fn chromium(
    browser: &Path,
    profile: &Path,
    page: &Path,
    arguments: &[&str],
) -> Result<String, Failure> {
    let mut command = std::process::Command::new(browser);
    without_secrets(&mut command);
    let mut command = Command::from(command);
    command
        .args(["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=1000"])
        .arg(format!("--user-data-dir={}", profile.join("profile").display()))
        .args(arguments)
        .arg(page)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .env_clear()
        .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("HOME", profile);
    if is_root() {
        // Chromium's own sandbox refuses to run as root.
        command.arg("--no-sandbox");
        #[cfg(unix)]
        command.uid(NOBODY).gid(NOBODY);
    }
    let ran = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = ran
        .map_err(|_| Failure::other(format!("Chromium took longer than {PATIENCE:?}")))?
        .map_err(|e| Failure::other(format!("can't run {}: {e}", browser.display())))?;
    if !output.status.success() {
        return Err(Failure::other(format!("Chromium failed: {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Gives a folder or a file to the user whom the browser runs as.
fn hand_over(path: &Path) -> Result<(), Failure> {
    #[cfg(unix)]
    if is_root() {
        let given = std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY));
        given.map_err(|e| Failure::other(format!("can't give {} to the browser: {e}", path.display())))?;
    }
    Ok(())
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|s| s.lines().any(|l| l.starts_with("Uid:") && l.split_whitespace().nth(2) == Some("0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_stands_before_whatever_the_body_says() {
        for html in [
            "<html><head><script>alert(1)</script></head></html>",
            "<iframe src=\"file:///etc/passwd\"></iframe>",
            "<!doctype html><meta http-equiv=\"Content-Security-Policy\" content=\"default-src *\">",
        ] {
            for page in [guarded(html, None), measuring_page(html, "n")] {
                let policy = page.find("Content-Security-Policy").expect("a policy");
                assert_eq!(policy, page.find("http-equiv=\"").expect("one") + 12, "{page}");
                assert!(page.starts_with("<!doctype html><meta http-equiv"), "{page}");
                assert!(page.contains("default-src 'none'") && !page.contains("script-src *"), "{page}");
                assert_eq!(page.matches(" http-equiv").count(), 1, "{page}");
            }
            assert!(!guarded(html, None).contains("script-src"));
        }
    }

    #[test]
    fn no_body_leads_to_another_page() {
        for (html, remaining) in [
            ("<meta http-equiv=\"refresh\" content=\"0;url=file:///etc/passwd\">", "<meta data-http-equiv"),
            ("<META HTTP-EQUIV=refresh>", "<META data-http-equiv=refresh>"),
            ("\u{130}<meta\nHttp-Equiv = refresh>", "\u{130}<meta\ndata-http-equiv = refresh>"),
            ("<p>\u{e9}</p>", "<p>\u{e9}</p>"),
        ] {
            assert!(without_refresh(html).contains(remaining), "{html}");
        }
    }
}
