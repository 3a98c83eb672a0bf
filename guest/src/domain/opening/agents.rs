//! What programs call themselves in `User-Agent`.

/// Parts of names, in lower case, of what fetches pictures for nobody: mail protection, robots, libraries.
const SCANNERS: &[(&str, &str)] = &[
    ("barracuda", "Barracuda"),
    ("mimecast", "Mimecast"),
    ("proofpoint", "Proofpoint"),
    ("urldefense", "Proofpoint"),
    ("trendmicro", "Trend Micro"),
    ("trend micro", "Trend Micro"),
    ("symantec", "Symantec"),
    ("messagelabs", "Symantec"),
    ("fireeye", "Trellix"),
    ("trellix", "Trellix"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("sophos", "Sophos"),
    ("ironport", "Cisco"),
    ("fortinet", "Fortinet"),
    ("fortimail", "Fortinet"),
    ("zscaler", "Zscaler"),
    ("hornetsecurity", "Hornetsecurity"),
    ("vade", "Vade"),
    ("safelinks", "Microsoft Defender"),
    ("microsoft-atp", "Microsoft Defender"),
    ("microsoft office existence discovery", "Microsoft Office"),
    ("microsoft office protocol discovery", "Microsoft Office"),
    ("bingpreview", "BingPreview"),
    ("skypeuripreview", "SkypeUriPreview"),
    ("facebookexternalhit", "Facebook"),
    ("slackbot", "Slack"),
    ("whatsapp", "WhatsApp"),
    ("headlesschrome", "a browser without a window"),
    ("phantomjs", "a browser without a window"),
    ("python-requests", "python-requests"),
    ("python-urllib", "python-urllib"),
    ("aiohttp", "aiohttp"),
    ("go-http-client", "Go-http-client"),
    ("libwww-perl", "libwww-perl"),
    ("okhttp", "okhttp"),
    ("node-fetch", "node-fetch"),
    ("axios/", "axios"),
    ("curl/", "curl"),
    ("wget/", "Wget"),
    ("java/", "Java"),
    ("apache-httpclient", "Apache-HttpClient"),
    ("crawler", "a crawler"),
    ("spider", "a spider"),
    ("scanner", "a scanner"),
];

/// Proxies that fetch when their user opens the mail.
const PROXIES: &[(&str, &str)] =
    &[("googleimageproxy", "Gmail's image proxy"), ("yahoomailproxy", "Yahoo's image proxy")];

/// Characters of a name that are looked at.
const LONGEST: usize = 2_000;

fn lowered(agent: &str) -> String {
    agent.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect()
}

fn find(lower: &str, known: &'static [(&str, &str)]) -> Option<&'static str> {
    known.iter().find(|(part, _)| lower.contains(part)).map(|(_, name)| *name)
}

/// A word that ends in `bot`: `Googlebot/2.1`, `bot`, but not `Abbott`.
fn is_robot(lower: &str) -> bool {
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.ends_with("bot") && word != "cubot")
}

/// The name of a scanner or robot.
pub(super) fn scanner(agent: &str) -> Option<&'static str> {
    let lower = lowered(agent);
    find(&lower, SCANNERS).or_else(|| is_robot(&lower).then_some("a robot"))
}

/// The name of a proxy that fetches when the mail is opened.
pub(super) fn proxy(agent: &str) -> Option<&'static str> {
    find(&lowered(agent), PROXIES)
}

/// What Apple's privacy proxy calls itself: a browser of no make.
pub(super) fn is_bare(agent: &str) -> bool {
    agent.trim() == "Mozilla/5.0"
}

/// Whether the name alone says that it is no person's program.
pub fn is_machine(agent: &str) -> bool {
    is_bare(agent) || scanner(agent).is_some()
}
