//! What programs call themselves in `User-Agent`.

/// Parts of names, in lower case, of what fetches pictures without a reader: mail protection, robots, libraries.
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
    ("java-http-client", "Java"),
    ("libcurl", "curl"),
    ("python/", "Python"),
    ("httpx", "httpx"),
    ("guzzlehttp", "Guzzle"),
    ("symfony httpclient", "Symfony"),
    ("php/", "PHP"),
    ("ruby/", "Ruby"),
    ("faraday", "Faraday"),
    ("rest-client", "rest-client"),
    ("restsharp", "RestSharp"),
    ("postmanruntime", "Postman"),
    ("undici", "undici"),
    ("reqwest", "reqwest"),
    ("winhttp", "WinHTTP"),
    ("powershell", "PowerShell"),
    ("scrapy", "Scrapy"),
    ("lua-resty-http", "lua-resty-http"),
    ("puppeteer", "a browser without a window"),
    ("playwright", "a browser without a window"),
    ("selenium", "a browser without a window"),
    ("cloudmark", "Cloudmark"),
    ("checkpoint", "Check Point"),
    ("check point", "Check Point"),
    ("kaspersky", "Kaspersky"),
    ("bitdefender", "Bitdefender"),
    ("sonicwall", "SonicWall"),
    ("clearswift", "Clearswift"),
    ("spamexperts", "SpamExperts"),
    ("rspamd", "Rspamd"),
    ("urlscan", "urlscan"),
    ("virustotal", "VirusTotal"),
    ("google-safety", "Google Safe Browsing"),
    ("safebrowsing", "Google Safe Browsing"),
    ("linkcheck", "a link checker"),
    ("link-check", "a link checker"),
    ("linkpreview", "a link preview"),
    ("link preview", "a link preview"),
    ("urlpreview", "a link preview"),
    ("ahc/", "an HTTP library"),
    ("httpclient", "an HTTP library"),
    ("http-client", "an HTTP library"),
    ("http client", "an HTTP library"),
    ("urllib", "an HTTP library"),
    ("amazon cloudfront", "Amazon CloudFront"),
    ("hubspot connect", "HubSpot"),
    ("google-apps-script", "Google Apps Script"),
    ("feedburner", "FeedBurner"),
    // Robots name the page about them, and no mail program does.
    ("+http", "a robot"),
    ("crawler", "a crawler"),
    ("spider", "a spider"),
    ("scanner", "a scanner"),
];

/// Whole names, in lower case, of programs that have no more in them.
const ALONE: &[&str] = &["curl", "java", "node", "okhttp", "perl", "php", "python", "ruby", "wget"];

/// Proxies that fetch when their user opens the mail.
const PROXIES: &[(&str, &str)] = &[
    ("googleimageproxy", "Gmail's image proxy"),
    ("yahoomailproxy", "Yahoo's image proxy"),
    ("outlookimageproxy", "Outlook's image proxy"),
];

/// What Apple's privacy proxy calls itself: a browser of no make.
const BARE: &str = "Mozilla/5.0";

/// Characters of a name that are looked at.
const LONGEST: usize = 2_000;

fn lowered(agent: &str) -> String {
    agent.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect()
}

fn find(lower: &str, known: &'static [(&str, &str)]) -> Option<&'static str> {
    known.iter().find(|(part, _)| lower.contains(part)).map(|(_, name)| *name)
}

/// True for a word that ends in `bot`: `Googlebot/2.1`, `bot`, but not `Abbott`.
fn is_robot(lower: &str) -> bool {
    lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.ends_with("bot") && word != "cubot")
}

/// Finds the name of a scanner or robot.
pub(super) fn scanner(agent: &str) -> Option<&'static str> {
    let lower = lowered(agent);
    let is_alone = || ALONE.contains(&lower.trim()).then_some("a program without a version");
    find(&lower, SCANNERS).or_else(is_alone).or_else(|| is_robot(&lower).then_some("a robot"))
}

/// Returns true if Gmail fetched ahead of its user: a browser's name with a second `Mozilla/5.0` at its end, which no browser has.
pub(super) fn is_prefetch(agent: &str) -> bool {
    let agent = agent.trim();
    agent.len() > BARE.len() && agent.starts_with(BARE) && agent.ends_with(" Mozilla/5.0")
}

/// Finds the name of a proxy that fetches when the mail is opened.
pub(super) fn proxy(agent: &str) -> Option<&'static str> {
    find(&lowered(agent), PROXIES)
}

/// Returns true if the name is that of Apple's privacy proxy.
pub(super) fn is_bare(agent: &str) -> bool {
    agent.trim() == BARE
}
