//! A picture of an HTML body, made by the installed Chromium. For people who look, and for README pages; the one
//! output that may differ between machines.

use super::Failure;
use crate::capabilities::attachments::AttachmentSource;
use crate::contract::attachments::Attachment;
use base64::Engine as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const WIDTH: u32 = 720;
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PATIENCE: Duration = Duration::from_secs(60);

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
    let page = folder.path().join("mail.html");
    let measuring = format!("{html}<script>document.title=document.documentElement.scrollHeight</script>");
    put(&page, &measuring)?;
    let dump =
        chromium(&browser, folder.path(), &page, &["--dump-dom", &format!("--window-size={WIDTH},400")])
            .await?;
    let height =
        dump.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).and_then(|n| n.parse().ok());
    let height: u32 = height.unwrap_or(1_600).clamp(200, 16_000);
    put(&page, &html)?;
    let picture = folder.path().join("mail.png");
    let shot = format!("--screenshot={}", picture.display());
    chromium(
        &browser,
        folder.path(),
        &page,
        &[&shot, "--hide-scrollbars", &format!("--window-size={WIDTH},{height}")],
    )
    .await?;
    std::fs::copy(&picture, to)
        .map_err(|e| Failure::other(format!("no picture was made for {}: {e}", to.display())))?;
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| Failure::other(format!("can't write {}: {e}", path.display())))
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
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=1000"])
        .arg(format!("--user-data-dir={}", profile.join("profile").display()))
        .args(arguments)
        .arg(page)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if is_root() {
        command.arg("--no-sandbox");
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

/// Chromium's own sandbox refuses to run as root.
fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|s| s.lines().any(|l| l.starts_with("Uid:") && l.split_whitespace().nth(2) == Some("0")))
}
