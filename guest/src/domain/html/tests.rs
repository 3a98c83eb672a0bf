//! HTML made to exhaust a parser, and what a browser would make of it.

use super::*;

const POLICY: Policy = Policy {
    elements: &["a", "b", "br", "div", "font", "i", "img", "p", "table", "tbody", "td", "tr"],
    dropped: &["script", "style", "template", "noscript", "title"],
    attributes: &["href", "src", "style", "title"],
    properties: &["color"],
    link_schemes: &["https://"],
    source_schemes: &["cid:"],
    makes_links: false,
    most: usize::MAX,
    adjust: |_, _| {},
};

fn generated(html: &str, limits: &Limits) -> String {
    generate(&parse(html, limits), &POLICY).html
}

#[test]
fn what_is_generated_is_what_a_browser_would_see() {
    let limits = Limits::of_bytes(1 << 16);
    for (html, expected) in [
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<b><p>a</b>b", "<b></b><p><b>a</b>b</p>"),
        ("<table><b>a<tr><td>b", "<b>a</b><table><tbody><tr><td>b</td></tr></tbody></table>"),
        ("<td>a</td>", "a"),
        ("a&nbsp;b&#x41;&bogus;", "a&nbsp;bA&amp;bogus;"),
        ("<svg><p>a</p></svg>", "<p>a</p>"),
        ("<svg><desc><b>a</b></desc></svg>b", "b"),
        ("<math><mtext><b>a</b></mtext></math>b", "b"),
        ("<template><b>a</b></template>b", "b"),
        ("<noscript><b>a</b></noscript>b", "b"),
        ("<math><mtext><table><mglyph><style><img src=cid:x title='</style><b>'>", ""),
        ("<a href='  https://a.be'>a</a>", "<a>a</a>"),
        ("<a href='java\nscript:x' style='color:r\\65 d;COLOR:red'>a</a>", "<a style=\"color:red\">a</a>"),
        ("<!doctype html><html><head><title>x</title></head><body>a</body></html>", "a"),
        ("<plaintext><b>", "&lt;b&gt;"),
        ("<meta charset=utf-7>a", "a"),
        ("\0a<b\0>b", "ab"),
    ] {
        assert_eq!(generated(html, &limits), expected, "{html}");
    }
}

#[test]
fn text_beyond_the_depth_stays() {
    let limits = Limits::of_bytes(1 << 20);
    let deep = format!("{}end", "<div>".repeat(100_000));
    let out = generated(&deep, &limits);
    assert!(out.contains("end") && out.len() < 10_000, "{} bytes", out.len());
    let script = format!("{}<script>alert(1)</script>end", "<div>".repeat(1_000));
    assert!(!generated(&script, &limits).contains("alert"));
}

#[test]
fn a_small_document_does_not_become_a_large_one() {
    let limits = Limits::of_bytes(1 << 16);
    let formatting: String = (0..2_000).map(|n| format!("<font title={n}>")).collect();
    let many_attributes: String = (0..10_000).map(|n| format!(" a{n}")).collect();
    for html in [
        format!("{formatting}{}", "<p>x".repeat(8_000)),
        (0..4_000).map(|n| format!("<p><b title={n}></p>x")).collect(),
        format!("<b title={}>{}", "x".repeat(30_000), "<p></p>x".repeat(4_000)),
        format!("<b{many_attributes}>x"),
        "<table><tr><td>".repeat(4_000),
        "<table>x".repeat(8_000),
        "<b><div>".repeat(4_000) + &"</b>".repeat(4_000),
        "<a><div>".repeat(8_000),
        "<svg><desc>".repeat(6_000),
        "<select><option>".repeat(4_000),
        "<template>".repeat(6_000),
        "<!--".repeat(16_000),
        "&amp".repeat(16_000),
    ] {
        let tree = parse(&html, &limits);
        assert!(tree.node_count() < 2 * limits.nodes, "{} nodes of {:.60}", tree.node_count(), html);
        let out = generate(&tree, &POLICY).html;
        assert!(out.len() < 20 * limits.bytes, "{} bytes of {:.60}", out.len(), html);
        to_text(&tree, POLICY.dropped);
    }
}

#[test]
fn a_document_ends_where_its_bytes_do() {
    let out = generated("<b>aé", &Limits { bytes: 5, ..Limits::of_bytes(100) });
    assert_eq!(out, "<b>a</b>");
}
