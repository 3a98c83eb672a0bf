//! Checks what a domain lacks for its mail to be accepted: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), and a host
//! that receives replies and reports (RFC 5321, RFC 7505).

use super::{Dns, NoAnswer};

/// Names above a domain at which its policy may be published.
const ABOVE: usize = 4;

/// Lists what is missing at a domain, a sentence each. `selector`: of the DKIM key that signs, where it is known.
pub async fn shortcomings(dns: &dyn Dns, domain: &str, selector: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |checked: Result<Option<String>, NoAnswer>| match checked {
        Ok(lack) => found.extend(lack),
        Err(silent) => found.push(silent.to_string()),
    };
    add(spf(dns, domain).await);
    if let Some(selector) = selector {
        add(dkim(dns, domain, selector).await);
    }
    add(dmarc(dns, domain).await);
    add(exchangers(dns, domain).await);
    found
}

async fn spf(dns: &dyn Dns, domain: &str) -> Result<Option<String>, NoAnswer> {
    let texts = dns.texts(domain).await?;
    let is_spf = |text: &&String| text.split(' ').next().is_some_and(|it| it.eq_ignore_ascii_case("v=spf1"));
    let records: Vec<&String> = texts.iter().filter(is_spf).collect();
    Ok(match records.as_slice() {
        [] => Some(format!("{domain} has no SPF record: it names no server that may send its mail")),
        [one] => {
            let all = |term: &str| term.eq_ignore_ascii_case("+all") || term.eq_ignore_ascii_case("all");
            one.split(' ')
                .any(all)
                .then(|| format!("the SPF record of {domain} lets every server send its mail"))
        }
        more => Some(format!(
            "{domain} has {} SPF records, and so none that counts: only one may be there",
            more.len()
        )),
    })
}

async fn dkim(dns: &dyn Dns, domain: &str, selector: &str) -> Result<Option<String>, NoAnswer> {
    let name = format!("{selector}._domainkey.{domain}");
    let texts = dns.texts(&name).await?;
    let key = |text: &String| {
        let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
        tags.find(|(tag, _)| tag.trim() == "p").map(|(_, key)| !key.trim().is_empty())
    };
    let keys: Vec<bool> = texts.iter().filter_map(key).collect();
    Ok(match keys.as_slice() {
        [] => Some(format!("there is no DKIM key at {name}: signatures can't be checked")),
        keys if !keys.contains(&true) => Some(format!("the DKIM key at {name} was withdrawn")),
        _ => None,
    })
}

/// Looks for a policy at the domain, else above it: a company's policy holds for the names below its own.
async fn dmarc(dns: &dyn Dns, domain: &str) -> Result<Option<String>, NoAnswer> {
    let mut at = Some(domain);
    for _ in 0..=ABOVE {
        let Some(name) = at.filter(|name| name.contains('.')) else { break };
        let texts = dns.texts(&format!("_dmarc.{name}")).await?;
        let is_policy = |text: &&String| {
            text.split(';').next().is_some_and(|tag| tag.replace(' ', "").eq_ignore_ascii_case("v=DMARC1"))
        };
        match texts.iter().filter(is_policy).count() {
            0 => at = name.split_once('.').map(|(_, above)| above),
            1 => return Ok(None),
            more => return Ok(Some(format!("_dmarc.{name} has {more} policies, and so none that counts"))),
        }
    }
    Ok(Some(format!("{domain} has no DMARC policy: large receivers want one of whoever sends much mail")))
}

async fn exchangers(dns: &dyn Dns, domain: &str) -> Result<Option<String>, NoAnswer> {
    Ok(match dns.exchangers(domain).await?.as_slice() {
        [] => Some(format!("{domain} has no MX record: answers and reports may not arrive")),
        [none] if none.is_empty() => {
            Some(format!("{domain} says that it takes no mail: answers and reports can't arrive"))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxFuture;
    use std::collections::BTreeMap;

    /// Texts by name, hosts by domain; a name that is in neither does not exist, `silent.test` never answers.
    #[derive(Debug, Default)]
    struct Zone(BTreeMap<String, Vec<String>>, Vec<String>);

    impl Zone {
        fn at(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
            if name.ends_with("silent.test") {
                return Err(NoAnswer { name: name.into(), detail: "timed out".into() });
            }
            Ok(self.0.get(name).cloned().unwrap_or_default())
        }
    }

    impl Dns for Zone {
        fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
            Box::pin(async move { self.at(name) })
        }

        fn exchangers<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>> {
            Box::pin(async move { self.at(domain).map(|_| self.1.clone()) })
        }
    }

    async fn lacks(texts: &[(&str, &str)], hosts: &[&str], domain: &str) -> String {
        let mut zone = Zone(BTreeMap::new(), hosts.iter().map(|&host| host.into()).collect());
        for (name, text) in texts {
            zone.0.entry((*name).into()).or_default().push((*text).into());
        }
        shortcomings(&zone, domain, Some("key1")).await.join("; ")
    }

    #[tokio::test]
    async fn what_a_domain_lacks_is_told_and_nothing_of_one_that_has_all() {
        let spf = ("nord.test", "v=spf1 include:_spf.provider.test -all");
        let key = ("key1._domainkey.nord.test", "v=DKIM1; k=rsa; p=MIIB");
        let policy = ("_dmarc.nord.test", "v=DMARC1; p=none");
        let mx: &[&str] = &["mx.nord.test"];
        for (texts, hosts, wanted) in [
            (vec![spf, key, policy], mx, vec![]),
            (vec![spf, key, policy, ("nord.test", "google-site-verification=1")], mx, vec![]),
            (vec![key, policy], mx, vec!["no SPF record"]),
            (vec![("nord.test", "v=spf10 -all"), key, policy], mx, vec!["no SPF record"]),
            (vec![spf, spf, key, policy], mx, vec!["2 SPF records"]),
            (vec![("nord.test", "v=spf1 +all"), key, policy], mx, vec!["every server"]),
            (vec![spf, policy], mx, vec!["no DKIM key at key1._domainkey.nord.test"]),
            (vec![spf, ("key1._domainkey.nord.test", "v=DKIM1; p="), policy], mx, vec!["withdrawn"]),
            (vec![spf, key], mx, vec!["no DMARC policy"]),
            (vec![spf, key, policy, policy], mx, vec!["2 policies"]),
            (vec![spf, key, policy], &[], vec!["no MX record"]),
            (vec![spf, key, policy], &[""], vec!["takes no mail"]),
            (vec![], &[], vec!["SPF", "DKIM", "DMARC", "MX"]),
        ] {
            let found = lacks(&texts, hosts, "nord.test").await;
            assert!(wanted.iter().all(|it| found.contains(it)), "{found}, wanted {wanted:?}");
            assert_eq!(found.is_empty(), wanted.is_empty(), "{texts:?} {hosts:?}: {found}");
        }
    }

    #[tokio::test]
    async fn a_policy_above_the_domain_counts_and_silence_is_no_answer() {
        let above = [("_dmarc.nord.test", "v=DMARC1; p=reject")];
        assert!(!lacks(&above, &[], "mail.shop.nord.test").await.contains("DMARC"));
        assert!(lacks(&[("_dmarc.test", "v=DMARC1; p=reject")], &[], "nord.test").await.contains("DMARC"));
        let found = lacks(&[], &[], "silent.test").await;
        assert_eq!(found.matches("DNS did not answer").count(), 4, "{found}");
        for domain in ["", ".", "a", "....", &"x.".repeat(500)] {
            lacks(&[], &[], domain).await;
        }
    }
}
