//! Small texts: what is new, what is quoted, what is a signature.

use super::*;

/// Asserts which text of a mail is its new words.
fn is_reply(text: &str, reply: &str) {
    assert_eq!(fold_text(text, false).reply, reply, "{text}");
}

#[test]
fn the_line_over_a_quotation_is_known_in_many_languages() {
    for line in [
        "On Mon, Nov 30, 2026 at 9:15 AM Lotte Peeters <lotte@ateliernord.example> wrote:",
        "On 30/11/2026 09:15, Lotte Peeters wrote:",
        "Le lun. 30 nov. 2026 à 09:15, Lotte Peeters <lotte@ateliernord.example> a écrit :",
        "Op ma 30 nov. 2026 om 09:15 schreef Lotte Peeters <lotte@ateliernord.example>:",
        "Op 30-nov.-2026, om 09:15 heeft Lotte Peeters <lotte@ateliernord.example> het volgende geschreven:",
        "Am 30.11.2026 um 09:15 schrieb Lotte Peeters:",
        "Am Mo., 30. Nov. 2026 um 09:15 Uhr schrieb Lotte <lotte@ateliernord.example>:",
        "El lun, 30 nov 2026 a las 9:15, Lotte (<lotte@ateliernord.example>) escribió:",
        "Il giorno lun 30 nov 2026 alle ore 09:15 Lotte <lotte@ateliernord.example> ha scritto:",
        "Em seg., 30 de nov. de 2026 às 09:15, Lotte <lotte@ateliernord.example> escreveu:",
        "Den man. 30. nov. 2026 kl. 09.15 skrev Lotte <lotte@ateliernord.example>:",
        "man. 30. nov. 2026 kl. 09:15 skrev Lotte <lotte@ateliernord.example>:",
        "Den mån 30 nov. 2026 kl 09:15 skrev Lotte <lotte@ateliernord.example>:",
        "ma 30. marrask. 2026 klo 9.15 Lotte (lotte@ateliernord.example) kirjoitti:",
        "pon., 30 lis 2026 o 09:15 Lotte <lotte@ateliernord.example> napisał(a):",
        "po 30. 11. 2026 v 9:15 odesílatel Lotte <lotte@ateliernord.example> napsal:",
        "30.11.2026 09:15, Lotte пишет:",
        "пн, 30 нояб. 2026 г. в 09:15, Lotte <lotte@ateliernord.example>:",
        "2026年11月30日(月) 9:15 Lotte <lotte@ateliernord.example>:",
        "Lotte <lotte@ateliernord.example> 于2026年11月30日周一 09:15写道：",
        "2026년 11월 30일 (월) 오전 9:15, Lotte <lotte@ateliernord.example>님이 작성:",
        "30 Kas 2026 Pzt, saat 09:15 tarihinde Lotte <lotte@ateliernord.example> şunu yazdı:",
        "Lotte <lotte@ateliernord.example> ezt írta (időpont: 2026. nov. 30., H, 9:15):",
        "Στις Δευ 30 Νοε 2026 στις 9:15 π.μ., ο χρήστης Lotte <lotte@ateliernord.example> έγραψε:",
        "În lun., 30 nov. 2026 la 09:15, Lotte <lotte@ateliernord.example> a scris:",
        "Abc xyz 30 qrs 2026, 09:15 tuv Lotte <lotte@ateliernord.example>:",
    ] {
        is_reply(&format!("Thank you.\n\n{line}\n\nold words\n"), "Thank you.");
        is_reply(&format!("Thank you.\n\n{line}\n> old words\n"), "Thank you.");
    }
}

#[test]
fn a_broken_line_over_a_quotation_is_one() {
    for lines in [
        "On Mon, Nov 30, 2026 at 9:15 AM Lotte Peeters <\nlotte@ateliernord.example> wrote:",
        "On Mon, Nov 30, 2026 at 9:15 AM Lotte Peeters\n<lotte@ateliernord.example>\nwrote:",
        "Le lun. 30 nov. 2026 à 09:15, Lotte Peeters <lotte@ateliernord.example>\na écrit :",
        "Am 30. November 2026 um 09:15\nschrieb Lotte Peeters <lotte@ateliernord.example>:",
    ] {
        is_reply(&format!("Thank you.\n\n{lines}\n\n> old words\n"), "Thank you.");
        is_reply(&format!("Thank you\n{lines}\n\nold words\n"), "Thank you");
    }
    is_reply(
        "On the other hand we wait.\nOn Mon, Nov 30, 2026, Lotte <l@a.example> wrote:\n> old\n",
        "On the other hand we wait.",
    );
}

#[test]
fn the_header_of_the_message_that_is_answered_is_known_in_many_languages() {
    for labels in [
        ["From", "Sent", "To", "Subject"],
        ["Von", "Gesendet", "An", "Betreff"],
        ["Van", "Verzonden", "Aan", "Onderwerp"],
        ["De", "Envoyé", "À", "Objet"],
        ["Fra", "Sendt", "Til", "Emne"],
        ["Från", "Skickat", "Till", "Ämne"],
        ["Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"],
        ["Da", "Inviato", "A", "Oggetto"],
        ["De", "Enviado el", "Para", "Asunto"],
        ["De", "Enviada em", "Para", "Assunto"],
        ["Od", "Wysłano", "Do", "Temat"],
        ["Od", "Odesláno", "Komu", "Předmět"],
        ["Feladó", "Elküldve", "Címzett", "Tárgy"],
        ["От", "Отправлено", "Кому", "Тема"],
        ["Kimden", "Gönderildi", "Kime", "Konu"],
        ["发件人", "发送时间", "收件人", "主题"],
        ["差出人", "送信日時", "宛先", "件名"],
        ["보낸 사람", "날짜", "받는 사람", "제목"],
        ["Qqq", "Rrr", "Sss", "Ttt"],
    ] {
        let [from, sent, to, subject] = labels;
        let header = format!(
            "{from}: Lotte <lotte@ateliernord.example>\n{sent}: 30 November 2026 09:15\n{to}: Jan <jan@customer.example>\n{subject}: Quote 7\n"
        );
        is_reply(&format!("Thank you.\n\n{header}\nold words\n"), "Thank you.");
        is_reply(
            &format!("Thank you.\n________________________________\n{header}\nold words\n"),
            "Thank you.",
        );
        let bold: String = header.lines().map(|line| format!("*{}\n", line.replacen(':', ":*", 1))).collect();
        is_reply(&format!("Thank you.\n\n{bold}\nold words\n"), "Thank you.");
    }
}

#[test]
fn the_title_over_the_message_that_is_answered_is_known_in_many_languages() {
    for title in [
        "-----Original Message-----",
        "----- Ursprüngliche Nachricht -----",
        "-------- Message d'origine --------",
        "-------- Message d’origine --------",
        "-----Oorspronkelijk bericht-----",
        "-------- Oprindelig besked --------",
        "----- Messaggio originale -----",
        "-----Mensaje original-----",
        "-------- Исходное сообщение --------",
        "------------------ 原始邮件 ------------------",
    ] {
        is_reply(&format!("Thank you.\n\n{title}\nold words\n"), "Thank you.");
    }
}

#[test]
fn signatures_are_folded_and_what_looks_like_one_is_not() {
    for (text, reply) in [
        ("Yes.\n\n-- \nJan\nDirector", "Yes."),
        ("Yes.\n--\nJan", "Yes."),
        ("Yes.\n\nSent from my iPhone", "Yes."),
        ("Yes.\n\nVon meinem iPhone gesendet", "Yes."),
        ("Yes.\n\nVerstuurd vanaf mijn iPad", "Yes."),
        ("Yes.\n\nEnvoyé de mon iPhone", "Yes."),
        ("Yes.\n\nOutlook für Android beziehen<https://aka.ms/x>", "Yes."),
        ("Yes.\n\nSent from my iPhone, please excuse the brevity.", "Yes."),
        ("Yes.\n\niPhoneから送信", "Yes."),
        ("Yes.\n\nBest regards,\nJan Smit\nDirector\n+32 2 000 00 00", "Yes."),
        ("Yes.\n\nBest regards,\nJan", "Yes.\n\nBest regards,\nJan"),
        (
            "Yes.\n\nThanks,\nJan\n\nPS: do not forget the invoice of last month",
            "Yes.\n\nThanks,\nJan\n\nPS: do not forget the invoice of last month",
        ),
        ("Yes.\n\nRegards,\nJan\n\n--\nJan Smit\nDirector", "Yes.\n\nRegards,\nJan"),
        ("Yes.\n\n________________________________\nJan Smit\njan@customer.example", "Yes."),
        (
            "Prices:\n-----\n1. ten\n2. twenty\n\n-----\nThat is all that we have in stock now.",
            "Prices:\n-----\n1. ten\n2. twenty\n\n-----\nThat is all that we have in stock now.",
        ),
        ("-- one\n-- two", "-- one\n-- two"),
        ("Yes.\n\n---\nJan Smit\nDirector", "Yes."),
        ("Prices:\n\n---\nbolts 10\nnuts 20", "Prices:\n\n---\nbolts 10\nnuts 20"),
        ("It was sent from my desk, by the way.", "It was sent from my desk, by the way."),
        ("Sent from my iPhone", "Sent from my iPhone"),
        ("👍\n\n--\nJan", "👍\n\n--\nJan"),
    ] {
        is_reply(text, reply);
    }
    let folded = fold_text("Yes.\n\n-- \nJan\n\nOn 1 May 2026 Lotte wrote:\n> Paid?", false);
    assert_eq!(folded.signature.as_deref(), Some("--\nJan"));
    assert_eq!(folded.quoted.as_deref(), Some("On 1 May 2026 Lotte wrote:\n> Paid?"));
}

#[test]
fn answers_between_quoted_lines_stay_with_them() {
    for text in [
        "> Is it paid?\nYes.",
        "On 1 May 2026 Lotte wrote:\n> Is it paid?\n\nYes.\n\n> And the other?\n\nNo.",
        "See my answers.\n\n> Is it paid?\n\nYes.",
    ] {
        is_reply(text, text);
    }
    is_reply("On 1 May 2026 Lotte wrote:\n> Is it paid?\n> Please say.\n\nYes.", "Yes.");
    is_reply("> Is it paid?\nYes.\n> Thank you,\n> Lotte", "> Is it paid?\nYes.");
}

#[test]
fn less_common_ways_to_introduce_a_quotation_are_known() {
    for quotation in [
        "2011/4/7 Lotte <lotte@ateliernord.example>\n\n> old",
        "Lotte Peeters wrote on 30.11.2026 09:15:\n> old",
        "-----------------------------\nOn 30 Nov 2026 Lotte wrote:\n> old",
        "##- Please type your reply above this line -##\n\nold",
        "--- Bitte antworten Sie oberhalb dieser Zeile ---\nold",
        "On Mon, Nov 30, 2026 at 9:15 AM, Lotte\n<lotte@ateliernord.example>wrote:\n> old",
        "*On Mon, Nov 30, 2026 Lotte <lotte@ateliernord.example> wrote:*\n\nold",
        "Lotte wrote:\n> old",
    ] {
        is_reply(&format!("Thank you.\n\n{quotation}\n"), "Thank you.");
    }
}

#[test]
fn lines_that_a_program_broke_are_quoted_as_well() {
    let text = "Fine.\n\nOn 1 May 2026 Lotte <l@a.example> wrote:\n> This is a line that is longer than the width to which the program\nbreaks it.\n> And more.";
    is_reply(text, "Fine.");
}

#[test]
fn all_is_shown_where_nothing_would_be_left() {
    for text in [
        "On 1 May 2026 Lotte wrote:\n> Is it paid?",
        "> only a quotation",
        "From: a@b.example\nSent: 1 May 2026\nSubject: x\n\nold",
        "-----Original Message-----\nold",
    ] {
        is_reply(text, text);
    }
    assert_eq!(fold_text("", false), Folded::default());
    assert_eq!(fold_text(" \n\n", false), Folded::default());
}

#[test]
fn a_text_is_not_taken_for_the_line_over_a_quotation() {
    for text in [
        "On Friday we met.\n\nOn Monday:\n\n- we go on",
        "As I wrote:\n\nthe price is 10 EUR.",
        "The meeting:\nFrom: Brussels\nTo: Paris\nDate: 30 November 2026\n\nSee you.",
        "From: our stock we can deliver.\n\nTo: be sure, ask.",
        "He wrote:\n\n\"Nothing is wrong with the invoice of 12.05.2026.\"\n\nWhat now?",
        "Deliver to:\nJan Smit <jan@customer.example>\nMain street 1",
        "Phone: 123\nMail: jan@customer.example\nWeb: www.customer.example",
        "We open at 9:00:\nplease ring.",
        "On 12.05.2026 we deliver.\n\nPlease send the list to Jan <jan@customer.example>:\n\n- one",
        "Guest: Jan <jan@customer.example>\nArrival: 12 May 2026 15:00\nRooms: 2\nNights: 3\n\nSee you.",
    ] {
        is_reply(text, text);
    }
}

#[test]
fn a_long_text_is_folded_up_to_the_limit_and_nothing_is_lost() {
    let text = format!("{}\n-- \nJan", "word ".repeat(TEXT / 4));
    let folded = fold_text(&text, false);
    assert!(folded.reply.ends_with("Jan") && folded.reply.len() + 4 > text.len());
    let lines = format!("Yes.\n{}", "x\n".repeat(60_000));
    assert_eq!(fold_text(&lines, false).reply, lines.trim_end());
}
