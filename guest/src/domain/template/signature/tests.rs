//! What a pasted signature comes out as.

use super::*;
use proptest::prelude::*;

#[test]
fn a_signature_keeps_its_look_and_loses_what_could_harm() {
    for (html, expected) in [
        ("<p>An <b>De Wit</b><br/>Sales</p>", "<p>An <b>De Wit</b><br>Sales</p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("a<SCRIPT src=x>alert(1)", "a"),
        ("<style>p{}</style><p>x", "<p>x</p>"),
        (
            "<p onclick=alert(1) style=\"color:red;position:fixed;background:url(x)\">x</p>",
            "<p style=\"color:red\">x</p>",
        ),
        ("<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"),
        ("<a href='https://a.be/?a=1&amp;b=2'>x</a>", "<a href=\"https://a.be/?a=1&amp;b=2\">x</a>"),
        ("<img src=\"cid:me\">", "<img src=\"cid:me\" alt=\"\" style=\"max-width:100%;height:auto\">"),
        (
            "<img src=\"data:text/html,x\" alt=\"Me\">",
            "<img alt=\"Me\" style=\"max-width:100%;height:auto\">",
        ),
        ("</td></table><b>x", "<b>x</b>"),
        ("<b><i>x</b></i>", "<b><i>x</i></b>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("Fish &amp; chips &euro;&#8364; & more", "Fish &amp; chips €€ &amp; more"),
        ("<a href=\"&#106;avascript:x\">x</a>", "<a>x</a>"),
        (
            "<p style=\"font-family:&quot;Segoe UI&quot;,Arial\">x</p>",
            "<p style=\"font-family:&quot;Segoe UI&quot;,Arial\">x</p>",
        ),
        ("<!-- x --><o:p>y</o:p>", "y"),
        ("<form action=x><input name=y>z</form>", "z"),
        ("<a title='\"><script>'>x</a>", "<a title=\"&quot;&gt;&lt;script&gt;\">x</a>"),
        ("<b a=é é='<'>x</b>", "<b>x</b>"),
    ] {
        assert_eq!(safe_signature(html), expected, "{html}");
    }
}

#[test]
fn a_signature_in_text_has_the_lines_of_the_one_in_html() {
    for (html, expected) in [
        (
            "<p>An <b>De Wit</b><br>Sales &amp; s&#101;rvice</p>\n<p>Tel. 02</p>",
            "An De Wit\nSales & service\nTel. 02",
        ),
        ("<table><tr><td>An</td></tr><tr><td>Sales</td></tr></table>", "An\nSales"),
        ("<style>x</style>", ""),
    ] {
        assert_eq!(signature_text(html), expected, "{html}");
    }
}

#[test]
fn a_signature_as_long_as_settings_may_hold_is_not_cut() {
    let html = format!("{}END", "<p>abc</p>".repeat(6_553));
    assert!((65_500..=65_536).contains(&html.len()), "{}", html.len());
    assert!(safe_signature(&html).ends_with("</p>END"));
    assert!(signature_text(&html).ends_with("\nEND"));
}

proptest! {
    #[test]
    fn whatever_is_pasted_comes_out_closed_and_without_scripts(html in "[<>/a-z \"'=:!é&;-]{0,80}|(<(script|b|p|a href=)?>?){0,12}") {
        let out = safe_signature(&html);
        prop_assert!(!out.contains("<script") && !out.contains("<!"), "{out}");
        prop_assert_eq!(&safe_signature(&out), &out);
        let _ = signature_text(&html);
    }
}

#[test]
fn nothing_in_a_signature_is_wider_than_a_telephone() {
    let img = "max-width:100%;height:auto";
    for (html, expected) in [
        (
            "<table width=640>",
            "<table width=\"100%\" style=\"width:100%;max-width:520px\"></table>".to_owned(),
        ),
        (
            "<table width=300>",
            "<table width=\"300\" style=\"width:100%;max-width:300px\"></table>".to_owned(),
        ),
        ("<table width=\"100%\">", "<table width=\"100%\"></table>".to_owned()),
        (
            "<table style=\"width:450.0pt;color:red\">",
            "<table style=\"color:red;width:100%;max-width:520px\"></table>".to_owned(),
        ),
        ("<div style=\"width:0.5in\">x", "<div style=\"width:100%;max-width:48px\">x</div>".to_owned()),
        ("<div style=\"width:99999999999999999999999999999999999999px\">x", "<div>x</div>".to_owned()),
        ("<div style=\"width:90vw\">x", "<div>x</div>".to_owned()),
        (
            "<table><tr><td style=\"width:600px\">x",
            "<table><tbody><tr><td>x</td></tr></tbody></table>".to_owned(),
        ),
        (
            "<table><tr><td width=9999 style=\"width:40%\">x",
            "<table><tbody><tr><td width=\"100%\" style=\"width:40%\">x</td></tr></tbody></table>".to_owned(),
        ),
        ("<span style=\"width:80px\">x", "<span style=\"width:80px\">x</span>".to_owned()),
        (
            "<img src=cid:b width=640 height=100 alt=B>",
            format!("<img src=\"cid:b\" width=\"520\" alt=\"B\" style=\"{img}\">"),
        ),
        (
            "<img src=cid:b width=64 height=10 alt=B style=\"border:0;width:6000px\">",
            format!(
                "<img src=\"cid:b\" width=\"64\" height=\"10\" alt=\"B\" style=\"border:0;width:520px;{img}\">"
            ),
        ),
        (
            "<img src=cid:b alt=B style=\"height:40px\">",
            "<img src=\"cid:b\" alt=\"B\" style=\"max-width:100%;height:40px\">".to_owned(),
        ),
        ("<p style=\"white-space:nowrap\">x", "<p>x</p>".to_owned()),
        ("<p style=\"white-space:pre-line\">x", "<p style=\"white-space:pre-line\">x</p>".to_owned()),
    ] {
        assert_eq!(safe_signature(html), expected, "{html}");
        assert_eq!(safe_signature(&expected), expected, "again: {html}");
    }
}
