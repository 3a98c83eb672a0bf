//! Whose network a request for a pixel came from, as far as the rule asks (`wit/openings.wit`).
//!
//! Published ranges of those whose programs fetch pictures of mails. They change; one that is missing costs no more than
//! a guess by `User-Agent`.

use ipnet::IpNet;
use postroom_transport::destination::territory;
use std::net::IpAddr;
use std::sync::OnceLock;

const KNOWN: &[(&str, &[&str])] = &[
    ("apple", &["17.0.0.0/8", "2403:300::/32", "2620:149::/32", "2a01:b740::/32"]),
    (
        "google",
        &[
            "64.233.160.0/19",
            "66.102.0.0/20",
            "66.249.64.0/19",
            "72.14.192.0/18",
            "74.125.0.0/16",
            "209.85.128.0/17",
            "216.239.32.0/19",
            "2001:4860::/32",
            "2607:f8b0::/32",
            "2a00:1450::/32",
        ],
    ),
    // Exchange Online Protection.
    (
        "microsoft",
        &[
            "40.92.0.0/15",
            "40.107.0.0/16",
            "52.100.0.0/14",
            "104.47.0.0/17",
            "2a01:111:f400::/48",
            "2a01:111:f403::/48",
        ],
    ),
    ("yahoo", &["66.163.160.0/19", "67.195.0.0/16", "74.6.0.0/16", "98.136.0.0/14", "2001:4998::/32"]),
];

/// Finds the name of an address's network: `apple`, `google`, `microsoft`, `yahoo`, `private` or `other`.
pub(super) fn network(address: IpAddr) -> &'static str {
    static PARSED: OnceLock<Vec<(IpNet, &'static str)>> = OnceLock::new();
    let parsed = PARSED.get_or_init(|| {
        let all = KNOWN.iter().flat_map(|(name, nets)| nets.iter().map(move |net| (net.parse(), *name)));
        all.filter_map(|(net, name)| Some((net.ok()?, name))).collect()
    });
    let address = address.to_canonical();
    if territory(address).is_some() {
        return "private";
    }
    parsed.iter().find(|(net, _)| net.contains(&address)).map_or("other", |(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_reads_and_leads_to_its_owner() {
        for (name, nets) in KNOWN {
            for net in *nets {
                let parsed: IpNet = net.parse().expect(net);
                assert_eq!(network(parsed.hosts().nth(7).unwrap()), *name, "{net}");
            }
        }
        for (address, name) in [
            ("8.8.8.8", "other"),
            ("2606:4700::1", "other"),
            ("203.0.113.7", "private"),
            ("10.1.2.3", "private"),
            ("127.0.0.1", "private"),
            ("::ffff:17.58.0.1", "apple"),
        ] {
            assert_eq!(network(address.parse().unwrap()), name, "{address}");
        }
    }
}
