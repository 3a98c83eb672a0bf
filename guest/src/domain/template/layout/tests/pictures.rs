//! Mails to look at, in a browser or as pictures: written into the folder that `POSTROOM_LOOK` names by
//! `POSTROOM_LOOK=/tmp/mails cargo test -p postroom-plugin --lib mails_to_look_at -- --ignored`.

use super::*;
use crate::domain::language::Locale;
use crate::domain::template::{Logo, Portal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A square and a name, dark on nothing, as most logos are.
const LOGO: &str = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSIxNDAiIGhlaWdodD0iMzYiPjxwYXRoIGQ9Ik00IDMyTDE4IDRsMTQgMjhoLThsLTYtMTQtNiAxNHoiIGZpbGw9IiMxZjRlNzkiLz48dGV4dCB4PSI0MCIgeT0iMjQiIGZvbnQtZmFtaWx5PSJBcmlhbCIgZm9udC13ZWlnaHQ9IjcwMCIgZm9udC1zaXplPSIxNSIgZmlsbD0iIzFmNGU3OSI+QXRlbGllciBOb3JkPC90ZXh0Pjwvc3ZnPg==";

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings::default();
    let company = &mut settings.company;
    company.name = Some("Atelier Nord".into());
    company.address = vec!["Dok Noord 14".into(), "9000 Gent".into(), "Belgium".into()];
    company.telephone = Some("+32 9 555 01 20".into());
    company.email = Some("hello@ateliernord.example".into());
    company.website = Some("https://ateliernord.example".into());
    company.vat_identifier = Some("BE0123456749".into());
    settings.user.signature_text = Some("Lotte Claes\nAccounting".into());
    settings.payment.accounts = vec!["BE71096123456769".into()];
    settings.layout.accent = "#1f4e79".into();
    change(&mut settings);
    settings
}

fn due_later(d: &mut Document) {
    d.due_date = samples::today().checked_add_days(chrono::Days::new(21));
}

#[test]
#[ignore = "writes files for people to look at"]
#[allow(clippy::disallowed_methods)] // the folder is the caller's
fn mails_to_look_at() {
    let Ok(folder) = std::env::var("POSTROOM_LOOK") else { return };
    let word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    let pasted = "<p style=\"color:#000\"><b>Lotte Claes</b></p><p><font color=\"#1F497D\">Accounting, Atelier Nord</font></p>\
        <table width=\"640\" bgcolor=\"#ffffff\"><tr><td style=\"color:#000\">A banner of 640 pixels</td>\
        <td><a href=\"https://ateliernord.example\">ateliernord.example</a></td></tr></table>";
    let debit = PaymentMeans {
        code: Some("59".into()),
        mandate: Some("MANDATE-2026-7".into()),
        ..PaymentMeans::default()
    };
    let plain = || settings(|_| ());
    for (name, locale, document, use_case, settings) in [
        ("invoice", "en", invoice(due_later), UseCase::New, plain()),
        ("invoice-nl", "nl-BE", invoice(due_later), UseCase::New, plain()),
        ("invoice-fr", "fr-BE", invoice(due_later), UseCase::New, plain()),
        ("invoice-de", "de-DE", invoice(due_later), UseCase::New, plain()),
        ("overdue", "en", invoice(|_| ()), UseCase::Reminder3, plain()),
        ("paid", "nl-BE", invoice(|d| d.balance = decimal("0")), UseCase::ThankYou, plain()),
        ("debit", "de-DE", invoice(|d| d.payment_means = vec![debit.clone()]), UseCase::New, plain()),
        ("credit", "fr-BE", document(DocumentKind::CreditNote, |_| ()), UseCase::New, plain()),
        ("quote", "en", document(DocumentKind::Quote, |_| ()), UseCase::New, plain()),
        ("delivery", "nl-BE", document(DocumentKind::DeliveryNote, |_| ()), UseCase::New, plain()),
        ("cancelled", "en", invoice(|_| ()), UseCase::Cancelled, plain()),
        ("yellow", "en", invoice(due_later), UseCase::New, settings(|s| s.layout.accent = "#ffcc00".into())),
        (
            "default-blue",
            "en",
            invoice(due_later),
            UseCase::New,
            settings(|s| s.layout.accent = Settings::default().layout.accent),
        ),
        (
            "pasted",
            "en",
            invoice(due_later),
            UseCase::New,
            settings(|s| s.user.signature_html = Some(pasted.into())),
        ),
        (
            "long-words",
            "de-DE",
            invoice(|d| {
                due_later(d);
                d.number = format!("INV-{}", "0".repeat(60));
                d.references.order = Some("9".repeat(100));
                d.lines[0].name = "X".repeat(120);
                d.lines[1].description = Some(word.repeat(2));
                d.payment_means[0].account_name = Some(format!("{word} GmbH & Co. KGaA"));
                d.totals.payable = decimal("1234567890.12");
                d.totals.tax_inclusive = decimal("1234567890.12");
                d.balance = None;
            }),
            UseCase::New,
            settings(|s| {
                s.company.website = Some(format!("https://{word}.example/{word}"));
                s.user.signature_text = Some(format!("Lotte\nhttps://{}", word.repeat(2)));
            }),
        ),
    ] {
        let portal = Portal {
            view_url: "https://portal.example/d/Zx81",
            pdf_url: Some("https://portal.example/d/Zx81.pdf"),
        };
        let mail = render(&RenderRequest {
            purpose: Purpose::new(document.kind, use_case).unwrap(),
            locale: Locale::parse(locale).unwrap(),
            attached: Attached { pdf: true, ubl: false, added: 0 },
            portal: Some(portal),
            logo: Some(Logo { size: Some((140, 36)) }),
            ..request(&document, &settings)
        })
        .unwrap();
        let mut html = mail.html.replace("cid:logo", LOGO);
        if let Some(png) = &mail.payment_code {
            html =
                html.replace("cid:payment-code", &format!("data:image/png;base64,{}", STANDARD.encode(png)));
            std::fs::write(format!("{folder}/{name}.png"), png).unwrap();
        }
        std::fs::write(format!("{folder}/{name}.html"), html).unwrap();
        std::fs::write(format!("{folder}/{name}.txt"), mail.text).unwrap();
    }
}
