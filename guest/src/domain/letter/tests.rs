//! Who an answer goes to, what it refers to, and what it quotes, also of originals that were written to do harm.

use super::*;
use crate::domain::folding::fold_text;
use crate::domain::inbound::Sender;
use crate::domain::language::{Language, Locale};
use crate::domain::reading::{AttachedFile, safe_html};
use crate::domain::settings::Settings;
use crate::domain::template::Signature;
use LetterKind::{Forward, New, Reply, ReplyAll};

const OFFICE: &str = "office@nord.example";

fn sender(text: &str) -> Sender {
    match text.split_once(" <") {
        Some((name, address)) => {
            Sender { name: Some(name.to_owned()), address: address.trim_end_matches('>').to_owned() }
        }
        None => Sender { name: None, address: text.to_owned() },
    }
}

fn senders(list: &[&str]) -> Vec<Sender> {
    list.iter().map(|text| sender(text)).collect()
}

fn original() -> Original {
    Original {
        message_id: Some("<3@customer.example>".to_owned()),
        references: vec!["<1@nord.example>".to_owned(), "<2@customer.example>".to_owned()],
        subject: "Re: Quote 7".to_owned(),
        authors: senders(&["Jérôme <jerome@customer.example>"]),
        to: senders(&[OFFICE, "Ann <ann@customer.example>"]),
        cc: senders(&["Bea <bea@other.example>", "OFFICE@Nord.example"]),
        date: Some("2026-11-30T10:00:00+01:00".parse().unwrap()),
        text: "Agreed.\n\n> Is the quote right?\n".to_owned(),
        html: Some("<p>Agreed.</p><blockquote>Is the quote right?</blockquote>".to_owned()),
        ..Original::default()
    }
}

fn people_in(kind: LetterKind, original: &Original, settings: &str) -> [String; 4] {
    let settings = Settings::from_json(settings).unwrap();
    let found = addressees(kind, Some(original), &[OFFICE.to_owned()], &settings);
    let list = |of: &[crate::domain::address::Mailbox]| {
        of.iter().map(|it| it.address.to_string()).collect::<Vec<_>>().join(" ")
    };
    [list(&found.to), list(&found.cc), list(&found.bcc), list(&found.reply_to)]
}

fn people(kind: LetterKind, original: &Original) -> (String, String) {
    let [to, cc, ..] = people_in(kind, original, "{}");
    (to, cc)
}

fn pair(to: &str, cc: &str) -> (String, String) {
    (to.to_owned(), cc.to_owned())
}

#[test]
fn an_answer_goes_to_the_author_and_an_answer_to_all_to_the_others_too_and_never_to_ourselves() {
    let original = original();
    assert_eq!(people(Reply, &original), pair("jerome@customer.example", ""));
    let all = pair("jerome@customer.example", "ann@customer.example bea@other.example");
    assert_eq!(people(ReplyAll, &original), all);
    assert_eq!(people(Forward, &original), pair("", ""));
    assert_eq!(people(New, &original), pair("", ""));
}

#[test]
fn an_answer_goes_where_its_author_wants_answers() {
    let reply_to = senders(&["Orders <orders@customer.example>", OFFICE]);
    let asked = Original { reply_to, ..original() };
    assert_eq!(people(Reply, &asked), pair("orders@customer.example", ""));
    let all = pair("orders@customer.example", "ann@customer.example bea@other.example");
    assert_eq!(people(ReplyAll, &asked), all);
    let by_form = Original {
        authors: senders(&[OFFICE]),
        reply_to: senders(&["visitor@home.example"]),
        to: senders(&[OFFICE]),
        ..original()
    };
    assert_eq!(people(Reply, &by_form), pair("visitor@home.example", ""), "a form writes in our name");
    let unusable = Original { reply_to: senders(&["nobody at all"]), ..original() };
    assert_eq!(people(Reply, &unusable), pair("jerome@customer.example", ""));
}

#[test]
fn an_own_message_is_answered_to_those_whom_it_went_to() {
    let own = Original { authors: senders(&["Nord <office@NORD.example>"]), ..original() };
    assert_eq!(people(Reply, &own), pair("ann@customer.example", ""));
    assert_eq!(people(ReplyAll, &own), pair("ann@customer.example", "bea@other.example"));
    let own = Original { reply_to: senders(&[OFFICE]), ..own };
    assert_eq!(people(Reply, &own), pair("ann@customer.example", ""), "its Reply-To is our own");
    let note = Original { to: senders(&[OFFICE]), cc: vec![], ..own };
    assert_eq!(people(ReplyAll, &note), pair(OFFICE, ""), "a note to oneself");
}

#[test]
fn everyone_is_named_once_and_what_is_no_address_is_left_out() {
    let twice = Original {
        to: senders(&["ANN@customer.example", "jerome@customer.example", "ann@customer.example"]),
        cc: senders(&["ann@customer.example", "\r\nBcc: x@evil.example", "a@b@c", "", "x y@z.example"]),
        ..original()
    };
    let (to, cc) = people(ReplyAll, &twice);
    assert_eq!(
        (to.as_str(), cc.to_lowercase().as_str()),
        ("jerome@customer.example", "ann@customer.example")
    );
}

#[test]
fn the_copies_that_company_and_user_have_set_are_made() {
    let settings = r#"{
        "recipients": {"cc": "archive@nord.example", "bcc": "crm@nord.example", "reply_to": "team@nord.example"},
        "user": {"email": "bea@other.example", "own_email": "lotte@nord.example", "auto_bcc_self": true}
    }"#;
    let [to, cc, bcc, reply_to] = people_in(ReplyAll, &original(), settings);
    assert_eq!(to, "jerome@customer.example");
    assert_eq!(
        cc, "ann@customer.example archive@nord.example",
        "the address that the user sends from is own"
    );
    assert_eq!(
        (bcc.as_str(), reply_to.as_str()),
        ("crm@nord.example lotte@nord.example", "team@nord.example")
    );
}

#[test]
fn an_answer_refers_to_the_whole_conversation_and_a_forward_to_none() {
    let shown = |original: &Original, kind| {
        let thread = thread_of(kind, original);
        let ids = thread.references.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        (thread.in_reply_to.map(|id| id.to_string()).unwrap_or_default(), ids)
    };
    let (answers, refers) = shown(&original(), Reply);
    assert_eq!(answers, "<3@customer.example>");
    assert_eq!(refers, "<1@nord.example> <2@customer.example> <3@customer.example>");
    assert_eq!(shown(&original(), Forward), pair("", ""));
    let only_parent = Original { references: vec![], in_reply_to: vec!["<1@x>".into()], ..original() };
    assert_eq!(shown(&only_parent, Reply).1, "<1@x> <3@customer.example>");
    let several =
        Original { references: vec![], in_reply_to: vec!["<1@x>".into(), "<2@x>".into()], ..original() };
    assert_eq!(shown(&several, Reply).1, "<3@customer.example>");
    let unnamed = Original { message_id: None, ..original() };
    assert_eq!(shown(&unnamed, Reply), pair("", "<1@nord.example> <2@customer.example>"));
    let hostile = Original {
        message_id: Some("<a@b>\r\nBcc: x@evil.example".into()),
        references: vec!["<é@x>".into(), "<2@x>".into(), "<2@x>".into(), "<a b@x>".into()],
        ..original()
    };
    assert_eq!(shown(&hostile, Reply), pair("", "<2@x>"));
}

#[test]
fn of_a_long_conversation_the_first_and_the_newest_are_referred_to() {
    let references = (0..200).map(|number| format!("<{number}@x>")).collect();
    let thread = thread_of(Reply, &Original { references, ..original() });
    let ids: Vec<_> = thread.references.iter().map(ToString::to_string).collect();
    assert_eq!(ids.len(), 50);
    assert_eq!(
        (ids[0].as_str(), ids[1].as_str(), ids[49].as_str()),
        ("<0@x>", "<152@x>", "<3@customer.example>")
    );
}

#[test]
fn the_subject_is_one_line_with_one_prefix() {
    let of = |kind, subject: &str| {
        draft_subject(kind, Some(&Original { subject: subject.to_owned(), ..original() }))
    };
    assert_eq!(of(Reply, "AW: Re: Quote 7"), "Re: Quote 7");
    assert_eq!(of(Forward, "Re: Quote 7"), "Fwd: Re: Quote 7");
    assert_eq!(of(New, "Re: Quote 7"), "");
    assert_eq!(of(Reply, "Quote\r\nBcc: x@evil.example\u{2028}\u{202e}7"), "Re: Quote Bcc: x@evil.example 7");
}

#[test]
fn the_quote_is_introduced_in_the_readers_language_and_folded_away_by_programs_that_know_it() {
    let signature = Signature { html: "Lotte".to_owned(), text: "Lotte\nAtelier Nord".to_owned() };
    for (tag, attribution) in [
        ("nl", "Op 30 november 2026 om 10:00 schreef Jérôme <jerome@customer.example>:"),
        ("fr-BE", "Le 30 novembre 2026 à 10:00, Jérôme <jerome@customer.example> a écrit :"),
        ("en", "On 30 November 2026 at 10:00, Jérôme <jerome@customer.example> wrote:"),
        ("de", "Am 30. November 2026 um 10:00 schrieb Jérôme <jerome@customer.example>:"),
    ] {
        let locale = Locale::parse(tag).unwrap();
        let quote = quote(Reply, &original(), locale, false);
        assert_eq!(quote.text, format!("{attribution}\n> Agreed.\n>\n>> Is the quote right?\n"));
        let written = body("Thank you.", &signature, Some(&quote), "Re: Quote 7", locale);
        let folded = fold_text(&written.text, false);
        assert_eq!(folded.quoted.as_deref(), Some(quote.text.trim_end()), "{tag}");
        assert!(folded.reply.starts_with("Thank you."), "{tag}: {}", folded.reply);
        assert!(!folded.reply.contains("Agreed"), "{tag}: {}", folded.reply);
    }
}

#[test]
fn the_signature_stands_above_the_quote() {
    let locale = Locale::of(Language::En);
    let signature = Signature { html: "<b>Lotte</b>".to_owned(), text: "Lotte".to_owned() };
    for kind in [Reply, ReplyAll, Forward] {
        let quote = quote(kind, &original(), locale, false);
        let written = body("One.\n\nTwo: www.nord.example", &signature, Some(&quote), "Re: 7", locale);
        assert!(written.text.starts_with("One.\n\nTwo: www.nord.example\n\nLotte\n\n"), "{}", written.text);
        assert!(written.text.ends_with(&quote.text), "{}", written.text);
        assert!(!written.text.contains("\n-- \n"), "a reader's program would hide the quote");
        let at = |what: &str| written.html.find(what).unwrap();
        assert!(at("One.") < at("<b>Lotte</b>") && at("<b>Lotte</b>") < at("Agreed."), "{}", written.html);
        assert!(written.html.contains("<a href=\"https://www.nord.example\""), "{}", written.html);
    }
}

#[test]
fn a_forward_has_the_header_of_the_original_and_its_body_without_marks() {
    let copied = Original { cc: senders(&["Bea <bea@other.example>"]), ..original() };
    for (tag, labels) in [
        (
            "nl",
            [
                "Doorgestuurd bericht",
                "Van:",
                "Datum:",
                "Onderwerp:",
                "Aan:",
                "Cc:",
                "30 november 2026 om 10:00",
            ],
        ),
        ("fr", ["Message transféré", "De :", "Date :", "Objet :", "À :", "Cc :", "30 novembre 2026 à 10:00"]),
        (
            "en",
            ["Forwarded message", "From:", "Date:", "Subject:", "To:", "Cc:", "30 November 2026 at 10:00"],
        ),
        (
            "de",
            [
                "Weitergeleitete Nachricht",
                "Von:",
                "Datum:",
                "Betreff:",
                "An:",
                "Cc:",
                "30. November 2026 um 10:00",
            ],
        ),
    ] {
        let [title, from, date, subject, to, cc, at] = labels;
        let quote = quote(Forward, &copied, Locale::parse(tag).unwrap(), false);
        let wanted = format!(
            "---------- {title} ----------\n{from} Jérôme <jerome@customer.example>\n{date} {at} (UTC+01:00)\n\
             {subject} Re: Quote 7\n{to} office@nord.example, Ann <ann@customer.example>\n{cc} Bea <bea@other.example>\n\n\
             Agreed.\n\n> Is the quote right?\n"
        );
        assert_eq!(quote.text, wanted);
        assert!(
            quote.html.contains("<p>Agreed.</p>") && !quote.html.contains("type=\"cite\""),
            "{}",
            quote.html
        );
        let folded = fold_text(&format!("Please see below.\n\n{}", quote.text), true);
        assert!(folded.reply.contains("Agreed."), "{tag}: a forwarded message is a part of the new words");
    }
}

#[test]
fn what_is_not_known_of_an_original_is_left_out() {
    let locale = Locale::of(Language::En);
    let undated = Original { date: None, ..original() };
    assert!(
        quote(Reply, &undated, locale, false).text.starts_with("Jérôme <jerome@customer.example> wrote:\n")
    );
    let bare = Original { text: "Hello".to_owned(), ..Original::default() };
    assert_eq!(quote(Reply, &bare, locale, false).text, "Original message:\n> Hello\n");
    assert_eq!(
        quote(Forward, &bare, locale, false).text,
        "---------- Forwarded message ----------\n\nHello\n"
    );
    assert!(
        quote(Reply, &bare, locale, false).html.contains(">Hello</div>"),
        "its text, where it has no HTML"
    );
}

#[test]
fn nothing_of_a_hostile_original_runs_loads_or_breaks_out() {
    let evil = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>\r\nBcc: x@evil.example";
    let hostile = Original {
        subject: evil.to_owned(),
        authors: vec![Sender { name: Some(evil.to_owned()), address: evil.to_owned() }],
        to: vec![Sender { name: Some(evil.to_owned()), address: "a@customer.example".to_owned() }],
        html: Some(format!(
            "</blockquote></div><style>p{{}}</style><svg onload=alert(1)><p>kept</p>{evil}<img src=\"https://x.example/p.gif\">\
             <img src=\"cid:a\"><a href=\"javascript:alert(1)\">b</a><form action=https://x.example><input>"
        )),
        text: evil.to_owned(),
        ..original()
    };
    for kind in [Reply, Forward] {
        for (html, has_pictures) in [(true, false), (true, true), (false, false)] {
            let original = Original { html: hostile.html.clone().filter(|_| html), ..hostile.clone() };
            let quoted = quote(kind, &original, Locale::of(Language::En), has_pictures);
            let bare = quoted.html.to_lowercase();
            for forbidden in
                ["<script", "<img src=x", "<style", "<svg", "<form", "\"javascript:", "src=\"http"]
            {
                assert!(!bare.contains(forbidden), "{forbidden}: {bare}");
            }
            assert_eq!(quoted.html.contains("cid:a"), html && has_pictures, "{}", quoted.html);
            let opened = quoted.html.matches("<blockquote").count();
            assert_eq!(opened, quoted.html.matches("</blockquote").count(), "{}", quoted.html);
            assert_eq!(
                quoted.html.matches("<div").count(),
                quoted.html.matches("</div").count(),
                "{}",
                quoted.html
            );
            assert_eq!(safe_html(&quoted.html).0.remote_images, 0);
            let (head, _) = quoted.text.split_once("\n\n").unwrap_or((&quoted.text, ""));
            assert!(head.len() < 4_000 && (kind == Reply || !head.contains("\nBcc:")), "{head}");
        }
    }
}

#[test]
fn a_quote_is_bounded_and_says_where_it_was_cut() {
    let long = Original {
        text: "words of a long letter\n".repeat(100_000),
        html: Some(format!("<div>{}</div>", "<p>words of a long letter</p>".repeat(100_000))),
        authors: vec![sender(&format!("{} <a@customer.example>", "x".repeat(10_000)))],
        to: vec![sender("a@customer.example"); 500],
        ..original()
    };
    for original in [long.clone(), Original { html: None, ..long }] {
        for kind in [Reply, Forward] {
            let quote = quote(kind, &original, Locale::of(Language::En), false);
            assert!((128 << 10..200 << 10).contains(&quote.text.len()), "{}", quote.text.len());
            assert!(quote.text.trim_end().ends_with("[…]"));
            assert!((100 << 10..300 << 10).contains(&quote.html.len()), "{}", quote.html.len());
            assert!(quote.html.contains("<p>[…]</p>"));
        }
    }
}

fn file(part: &str, name: &str, media_type: &str, content_id: Option<&str>, size: u64) -> AttachedFile {
    AttachedFile {
        part: part.to_owned(),
        name: Some(name.to_owned()),
        media_type: media_type.to_owned(),
        size,
        is_inline: content_id.is_some(),
        content_id: content_id.map(str::to_owned),
        sha256: String::new(),
    }
}

#[test]
fn a_forward_carries_all_files_and_an_answer_the_pictures_that_it_shows() {
    let with_files = Original {
        html: Some(
            "<img src=\"cid:logo%40x\" alt=\"\"><img src=\"cid:a&amp;b@x\"><img src=\"cid:t@x\">".into(),
        ),
        files: vec![
            file("1.2", "logo.png", "image/png", Some("logo@x"), 10),
            file("1.3", "b.gif", "image/gif", Some("a&b@x"), 10),
            file("1.4", "unused.png", "image/png", Some("other@x"), 10),
            file("1.5", "text.html", "text/html", Some("t@x"), 10),
            file("2", "../order\r\n.pdf", "application/pdf", None, 10),
            file("3", "winmail.dat", "application/ms-tnef", None, 10),
            file("3:1", "inside.doc", "application/msword", None, 10),
        ],
        ..original()
    };
    let shown = |kind, original: &Original| {
        let parts = carried_parts(kind, original).into_iter();
        let shown = parts.map(|it| match it.content_id {
            Some(id) => format!("{} {} {}", it.part, it.file_name, id.as_str()),
            None => format!("{} {}", it.part, it.file_name),
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(shown(Reply, &with_files), ["1.2 logo.png logo@x", "1.3 b.gif a&b@x"]);
    assert_eq!(
        shown(Forward, &with_files),
        [
            "1.2 logo.png logo@x",
            "1.3 b.gif a&b@x",
            "1.4 unused.png",
            "1.5 text.html",
            "2 ..-order.pdf",
            "3 winmail.dat"
        ]
    );
    assert!(shown(New, &with_files).is_empty());
    let mut large = with_files;
    large.files[0].size = 5_000_001;
    assert!(shown(Reply, &large).is_empty(), "an answer is made without large pictures");
    assert_eq!(shown(Forward, &large).len(), 6);
}
