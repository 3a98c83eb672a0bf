//! The lint on pages of every kind: that it finds what a client lacks, and nothing that is none.

use super::*;

fn rules(html: &str) -> Vec<&'static str> {
    let mut rules: Vec<_> = check(html, None, html.len()).into_iter().map(|it| it.rule).collect();
    rules.dedup();
    rules
}

fn features(html: &str) -> Vec<&'static str> {
    supports(html).into_iter().map(|it| it.feature).collect()
}

#[test]
fn the_data_is_whole_and_dated() {
    let [support, shares] = dates();
    assert!(support.date >= "2026-05-13" && !support.source.is_empty(), "{support:?}");
    assert!(shares.date >= "2022-04" && !shares.source.is_empty(), "{shares:?}");
    assert!(data::features().len() > 250);
    for feature in data::features() {
        assert!(feature.by_client().count() > 30, "{}", feature.slug);
    }
    for row in data::accepted() {
        assert!(data::features().iter().any(|it| it.slug == row.feature), "{} is no feature", row.feature);
        assert!(row.reason.len() > 15, "{} has no reason", row.feature);
    }
}

#[test]
fn a_page_without_end_is_read_in_time() {
    let started = std::time::Instant::now();
    for html in [
        format!("<style>{}", "@media{".repeat(32_768)),
        format!("<style>{}p{{top:1vw}}{}</style>", "@media x{".repeat(20_000), "}".repeat(20_000)),
        "<b nowrap>".repeat(23_831),
        "<div nowrap>a".repeat(20_000),
        "<p nowrap>a</p>".repeat(20_000),
    ] {
        check(&html, None, html.len());
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn the_text_within_an_element_ends_with_it() {
    let page = markup::Page::read("<div>a<p>b <i>c</i></p><p>d</p></div>e<br>f");
    let within: Vec<String> = page.elements().map(|(at, _)| page.text_within(at)).collect();
    assert_eq!(within, ["a b c d", "b c", "c", "d", ""]);
}

#[test]
fn a_feature_is_found_wherever_html_and_css_can_have_it() {
    for (html, feature) in [
        ("<div style='DISPLAY : Flex'>a</div>", "css-display-flex"),
        ("<style>@media (max-width:9px){.a{display:flex !important}}</style>", "css-display-flex"),
        ("<style>.a{grid-template-columns:1fr 1fr}</style>", "css-grid-template"),
        ("<p style=\"width:calc(100% - 2px)\">", "css-unit-calc"),
        ("<p style=\"color:var(--x)\">", "css-variables"),
        ("<style>/* x */</style>", "css-comments"),
        ("<style>@import url(x.css);</style>", "css-at-import"),
        (
            "<style>@media (-webkit-min-device-pixel-ratio:2){p{top:1vw}}</style>",
            "css-at-media-device-pixel-ratio",
        ),
        (
            "<style>@media (prefers-color-scheme: dark){p{color:#fff}}</style>",
            "css-at-media-prefers-color-scheme",
        ),
        ("<style>a > b{color:red}</style>", "css-selector-child"),
        ("<style>[data-ogsc] .t{color:red}</style>", "css-selector-attribute"),
        ("<style>p:not(.a):hover{color:red}</style>", "css-pseudo-class-hover"),
        ("<TABLE ALIGN=right><tr><td>a", "html-align"),
        ("<svg></svg>", "html-svg"),
        ("<img src='https://a.be/x.WEBP?1' alt=''>", "image-webp"),
        ("<img src=\"data:image/png;base64,AA==\" alt=\"\">", "image-base64"),
        ("<a href='mailto:a@b.be'>a</a>", "html-mailto-links"),
    ] {
        assert!(features(html).contains(&feature), "{html}: {:?}", features(html));
    }
}

#[test]
fn what_only_word_reads_and_what_is_no_style_counts_for_nothing() {
    for html in [
        "<!--[if mso]><div style=\"display:flex\">a</div><![endif]-->",
        "<p title=\"display:flex\">display:flex</p>",
        "<title>display:flex</title>",
        "<!-- <div style=\"display:flex\"> -->",
    ] {
        assert!(!features(html).contains(&"css-display-flex"), "{html}");
    }
}

#[test]
fn a_finding_names_clients_and_the_share_that_it_concerns_at_most() {
    let html = "<div style=\"display:grid\">a</div>";
    let finding = check(html, None, 1)
        .into_iter()
        .find(|it| it.support.as_ref().is_some_and(|s| s.feature == "css-display-grid"));
    let finding = finding.expect("a finding");
    let support = finding.support.expect("a feature");
    let outlook = support.lacking.iter().find(|it| it.client == "Outlook (Windows)").expect("Outlook");
    assert_eq!((outlook.degree, outlook.share), ("not", Some(420)));
    assert!(support.share > 420 && support.share < 10_000, "{}", support.share);
    assert!(
        finding.detail.contains("not in") && finding.detail.contains("Outlook (Windows)"),
        "{}",
        finding.detail
    );
}

#[test]
fn what_is_as_shipped_is_accepted_and_more_of_it_is_not() {
    let row =
        data::accepted().iter().find(|row| !row.anywhere && row.feature == "css-max-width").expect("a row");
    let shipped = Usage::of("<table style=\"max-width:600px\"></table>");
    let is_found = |html| {
        let findings = check(html, Some(&shipped), 1);
        findings.into_iter().find(|it| it.support.as_ref().is_some_and(|s| s.feature == row.feature))
    };
    assert!(is_found("<table style=\"max-width:500px\"></table>").is_none());
    let twice =
        is_found("<table style=\"max-width:500px\"><tr><td style=\"max-width:1px\">").expect("a finding");
    assert!(twice.detail.contains("in the shipped layout"), "{}", twice.detail);
}

#[test]
fn a_use_that_clients_lack_is_found_although_the_feature_is_accepted() {
    for (html, feature, wanted) in [
        ("<style>p{color:red !important}</style>", "css-important", false),
        ("<style>p{color:red!important}</style>", "css-important", true),
        ("<table align='right'></table>", "html-align", true),
        ("<td align='right'>", "html-align", false),
        ("<p style='margin:0 -4px'>", "css-margin", true),
        ("<p style='margin:0 4px'>", "css-margin", false),
        ("<p style='font-size:1rem'>", "css-font-size", true),
    ] {
        let found = check(html, None, 1);
        let found = found.iter().any(|it| it.support.as_ref().is_some_and(|s| s.feature == feature));
        assert_eq!(found, wanted, "{html}");
    }
}

#[test]
fn text_that_cannot_be_read_is_found_in_light_dark_and_inverted() {
    let dark = "<style>@media (prefers-color-scheme:dark){.c{background-color:#1d2025 !important}.t,.t a{color:#f1f3f5 !important}}</style>";
    for (html, wanted) in [
        ("<p style=\"color:#999\">grey".to_owned(), &["contrast"][..]),
        ("<p style=\"color:#333\">dark grey".to_owned(), &[]),
        ("<p style=\"color:#999;display:none\">grey".to_owned(), &[]),
        ("<p style=\"color:#949494;font-size:24px\">grey and large".to_owned(), &[]),
        ("<td bgcolor='#0b5fff' style='color:#fff'>a".to_owned(), &["contrast-inverted"]),
        ("<td style='background:url(x.png);color:#fff'>a".to_owned(), &[]),
        (format!("{dark}<div class='c'><p class='t'>a <a href='x'>b</a></p></div>"), &[]),
        (
            format!("{dark}<div class='c' bgcolor='#ffffff'><p style='color:#000'>a</p></div>"),
            &["contrast-dark"],
        ),
        (format!("{dark}<div class='c'><font color='#1F497D'>a</font></div>"), &["contrast-dark"]),
    ] {
        let found: Vec<_> = rules(&html).into_iter().filter(|rule| rule.starts_with("contrast")).collect();
        let found: Vec<_> =
            found.into_iter().filter(|it| !(wanted.contains(&"contrast") && *it != "contrast")).collect();
        assert_eq!(found, wanted, "{html}: {:#?}", check(&html, None, 1));
    }
}

#[test]
fn what_makes_a_phone_scroll_sideways_is_found() {
    let word = "x".repeat(60);
    for (html, wanted) in [
        ("<table width=600><tr><td>a".to_owned(), Some("too-wide")),
        ("<table width=\"100%\" style=\"max-width:600px\"><tr><td>a".to_owned(), None),
        ("<table width=600 style=\"width:100%;max-width:600px\"><tr><td>a".to_owned(), None),
        ("<img src=a.png alt=a width=640>".to_owned(), Some("too-wide")),
        ("<img src=a.png alt=a width=640 style=\"max-width:100%\">".to_owned(), None),
        ("<div style=\"min-width:400px\">a".to_owned(), Some("too-wide")),
        ("<!--[if mso]><table width=600><tr><td><![endif]-->a".to_owned(), None),
        (format!("<p style=\"white-space:nowrap\">{}", "some words ".repeat(9)), Some("too-wide")),
        ("<td nowrap>€ 1.480,00".to_owned(), None),
        (format!("<p>{word}"), Some("long-word")),
        (format!("<td style=\"word-break:break-word\"><p>{word}"), None),
        (format!("<a href=\"https://{word}\">a</a>"), None),
    ] {
        let found = rules(&html);
        let found = found.iter().find(|rule| ["too-wide", "long-word"].contains(rule));
        assert_eq!(found.copied(), wanted, "{html}");
    }
}

#[test]
fn gmails_limit_is_that_of_what_leaves() {
    assert!(!rules("<p>a").contains(&"clipped"));
    let findings = check("<p>a", None, CLIPPED + 1);
    assert!(findings.iter().any(|it| it.rule == "clipped"), "{findings:?}");
}

#[test]
fn whatever_comes_is_read_to_its_end() {
    let pieces = [
        "<", ">", "\"", "'", "=", "/", "!--", "-->", "style", "<style>", "</style>", "@media", "{", "}", ";",
        "(", "&", "&#x;", "é", " ", "<p a=", "<![endif",
    ];
    let mut seed = 7_usize;
    for _ in 0..3_000 {
        let mut html = String::new();
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            html.push_str(pieces[(seed >> 33) % pieces.len()]);
        }
        check(&html, None, html.len());
    }
}
