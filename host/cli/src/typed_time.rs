//! Times as people type them: ISO with an offset or without, `tomorrow 08:30`, and dates in the order of the user's locale.
//!
//! What could mean two times is asked about, never guessed: the hour that a change of the clocks leaves out or repeats, and
//! `05/06/2026` where the locale does not say which is the month. Without an offset a time is in this machine's zone.

use chrono::{
    DateTime, Days, FixedOffset, Local, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone,
};
use std::path::Path;

/// A time in the future is at most so many days ahead: one that is further is a slip.
const FURTHEST: i64 = 366;
/// How late a time may be and still be meant: while a command was typed.
const JUST_NOW: i64 = 60;

const EXPECTED: &str = "expected a time such as 2026-12-01 08:30, 2026-12-01T08:30Z, 2026-12-01 08:30 +01:00, \
                        tomorrow 08:30 or 01.12.2026 08:30";

/// Parses a time, past or future.
pub(super) fn parse_time(text: &str) -> Result<DateTime<FixedOffset>, String> {
    Typed { now: Local::now().fixed_offset(), order: Order::of_this_user() }.read(text, local)
}

/// Parses a time at which a mail is to leave: not in the past, and not so far ahead that it can only be a slip.
pub(super) fn parse_departure(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let time = parse_time(text)?;
    check_departure(time, Local::now().fixed_offset())
}

/// Formats a time with its offset, and the name of this machine's zone where that is the same.
pub(super) fn describe(time: DateTime<FixedOffset>) -> String {
    let local_time = time.with_timezone(&Local);
    // `$TZ` goes before the machine's own zone.
    let named = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    let zone = named.or_else(|| iana_time_zone::get_timezone().ok());
    let zone = zone.map(|name| format!(" ({})", name.trim_start_matches(':'))).unwrap_or_default();
    let shown = |time: &DateTime<FixedOffset>| time.format("%a %Y-%m-%d %H:%M:%S %:z").to_string();
    if local_time.offset().local_minus_utc() == time.offset().local_minus_utc() {
        format!("{}{zone}", shown(&time))
    } else {
        format!("{}, here {}{zone}", shown(&time), shown(&local_time.fixed_offset()))
    }
}

/// Formats the time as an addition to a sentence about mails that leave then; nothing where they leave at once.
pub(super) fn not_before(time: Option<DateTime<FixedOffset>>) -> String {
    time.map(|time| format!(", not before {}", describe(time))).unwrap_or_default()
}

fn check_departure(
    time: DateTime<FixedOffset>,
    now: DateTime<FixedOffset>,
) -> Result<DateTime<FixedOffset>, String> {
    let ahead = time.signed_duration_since(now);
    if ahead.num_seconds() < -JUST_NOW {
        return Err(format!("{} is in the past: leave --at out to send it now", describe(time)));
    }
    if ahead.num_days() > FURTHEST {
        return Err(format!("{} is more than a year ahead: is the year right?", describe(time)));
    }
    Ok(time)
}

/// The order of day and month in a date of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
    Unknown,
}

impl Order {
    /// By the locale that this program was started with.
    fn of_this_user() -> Self {
        let named = ["LC_ALL", "LC_TIME", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|it| !it.is_empty()));
        Self::of(&named.unwrap_or_default())
    }

    fn of(locale: &str) -> Self {
        /// Languages that write the day first wherever they are spoken.
        const DAY_FIRST: [&str; 22] = [
            "nl", "fr", "de", "es", "it", "pt", "pl", "cs", "sk", "da", "nb", "nn", "fi", "el", "ro", "bg",
            "hr", "sl", "tr", "ru", "uk", "et",
        ];
        let locale = locale.split(['.', '@']).next().unwrap_or_default();
        let (language, country) = locale.split_once('_').unwrap_or((locale, ""));
        match (language, country) {
            ("en", "US" | "PH") => Self::MonthFirst,
            ("en", "GB" | "IE" | "AU" | "NZ" | "IN" | "ZA") => Self::DayFirst,
            (_, "CA") => Self::Unknown,
            (language, _) if DAY_FIRST.contains(&language) => Self::DayFirst,
            _ => Self::Unknown,
        }
    }
}

/// What a text is read against.
struct Typed {
    now: DateTime<FixedOffset>,
    order: Order,
}

impl Typed {
    /// `zone` makes a time of one without an offset.
    fn read(
        &self,
        text: &str,
        zone: impl Fn(NaiveDateTime) -> Result<DateTime<FixedOffset>, String>,
    ) -> Result<DateTime<FixedOffset>, String> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time);
        }
        let (rest, offset) = split_offset(text)?;
        let (date, time) = split_date(rest).ok_or(EXPECTED)?;
        let local = self.date(date)?.and_time(clock(time).ok_or(EXPECTED)?);
        match offset {
            None => zone(local),
            Some(offset) => match offset.from_local_datetime(&local) {
                LocalResult::Single(time) => Ok(time),
                _ => Err(EXPECTED.to_owned()),
            },
        }
    }

    fn date(&self, text: &str) -> Result<NaiveDate, String> {
        let today = self.now.date_naive();
        let later = |days| today.checked_add_days(Days::new(days)).ok_or_else(|| EXPECTED.to_owned());
        match text.to_lowercase().as_str() {
            "today" | "heute" | "vandaag" | "aujourd'hui" | "aujourd’hui" => return Ok(today),
            "tomorrow" | "morgen" | "demain" => return later(1),
            _ => {}
        }
        if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(date);
        }
        let separator = text.chars().find(|c| ['.', '/', '-'].contains(c)).ok_or(EXPECTED)?;
        let parts: Vec<&str> = text.trim_end_matches(separator).split(separator).collect();
        let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 2);
        let (first, second, year) = match parts.as_slice() {
            [first, second] => (number(first), number(second), None),
            [first, second, year] if year.len() == 4 => {
                (number(first), number(second), year.parse::<i32>().ok())
            }
            _ => return Err(EXPECTED.to_owned()),
        };
        let (first, second) = first.zip(second).ok_or(EXPECTED)?;
        // `1.12.` is written day first wherever it is written.
        let order = if separator == '.' { Order::DayFirst } else { self.order };
        let (day, month) = match order {
            Order::DayFirst => (first, second),
            Order::MonthFirst => (second, first),
            Order::Unknown if first > 12 => (first, second),
            Order::Unknown if second > 12 => (second, first),
            Order::Unknown if first == second => (first, second),
            Order::Unknown => {
                return Err(format!(
                    "{text} may be a day and a month or a month and a day: write the year first, such as 2026-12-01"
                ));
            }
        };
        let dated = |year| NaiveDate::from_ymd_opt(year, month, day);
        let nearest = || {
            let this = dated(chrono::Datelike::year(&today)).filter(|date| *date >= today);
            this.or_else(|| dated(chrono::Datelike::year(&today) + 1))
        };
        year.map_or_else(nearest, dated).ok_or_else(|| format!("{text} is no day of the calendar"))
    }
}

/// An offset at the end: `Z`, `UTC`, `+01:00`, `+0100`, `+01`.
fn split_offset(text: &str) -> Result<(&str, Option<FixedOffset>), String> {
    let utc = FixedOffset::east_opt(0);
    for name in ["Z", "z", "UTC", "GMT"] {
        if let Some(rest) = text.strip_suffix(name) {
            return Ok((rest.trim_end(), utc));
        }
    }
    // A sign after the time of day; those in a date stand before it.
    let Some(colon) = text.find(':') else { return Ok((text, None)) };
    let Some(at) = text.get(colon..).and_then(|rest| rest.find(['+', '-'])).map(|at| colon + at) else {
        return Ok((text, None));
    };
    let (rest, offset) = text.split_at(at);
    let digits: String = offset.chars().skip(1).filter(|c| *c != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EXPECTED.to_owned());
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return Err(EXPECTED.to_owned()),
    };
    let minutes = minutes.parse::<i32>().ok().filter(|minutes| *minutes < 60);
    let seconds = hours.parse::<i32>().ok().zip(minutes).map(|(h, m)| h * 3600 + m * 60);
    let seconds = seconds.map(|seconds| if offset.starts_with('-') { -seconds } else { seconds });
    match seconds.and_then(FixedOffset::east_opt) {
        Some(offset) => Ok((rest.trim_end(), Some(offset))),
        None => Err(EXPECTED.to_owned()),
    }
}

/// Date and time of day.
fn split_date(text: &str) -> Option<(&str, &str)> {
    if let Some((date, time)) = text.split_once(char::is_whitespace) {
        return Some((date.trim_end_matches(','), time.trim_start()));
    }
    text.split_once('T')
}

/// `08:30`, `8:30:15`, `8h30`, `8 h`, `8:30 pm`.
fn clock(text: &str) -> Option<NaiveTime> {
    let text = text.trim().to_lowercase();
    let text = text.trim_end_matches("uhr").trim_end_matches("uur").trim_end();
    let (text, shift) = match (text.strip_suffix("pm"), text.strip_suffix("am")) {
        (Some(rest), _) => (rest.trim_end(), Some(12)),
        (_, Some(rest)) => (rest.trim_end(), Some(0)),
        _ => (text, None),
    };
    let mut parts = text.split([':', 'h']).map(str::trim);
    let number = |part: Option<&str>| match part {
        None | Some("") => Some(0),
        Some(digits) if digits.len() <= 2 => digits.parse::<u32>().ok(),
        Some(_) => None,
    };
    let is_alone = !text.contains([':', 'h']);
    if is_alone && shift.is_none() {
        return None;
    }
    let (hour, minute, second) =
        (parts.next()?.parse::<u32>().ok()?, number(parts.next())?, number(parts.next())?);
    let hour = match shift {
        None => hour,
        Some(shift) if (1..=12).contains(&hour) => hour % 12 + shift,
        Some(_) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// A time of this machine's zone.
fn local(time: NaiveDateTime) -> Result<DateTime<FixedOffset>, String> {
    if let Some(unknown) = unknown_zone() {
        return Err(format!(
            "$TZ is \"{unknown}\", which is no time zone of this machine: set it to one such as Europe/Brussels, or give the \
             time with its offset"
        ));
    }
    in_zone(time, &Local)
}

/// A time of a zone: one that there is, and once.
fn in_zone<Z: TimeZone>(time: NaiveDateTime, zone: &Z) -> Result<DateTime<FixedOffset>, String> {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(time) => Ok(time.fixed_offset()),
        LocalResult::Ambiguous(one, other) => {
            // Of this machine's zone they do not come in order.
            let (first, second) = if one <= other { (one, other) } else { (other, one) };
            let form = "%Y-%m-%d %H:%M %:z";
            Err(format!(
                "{} comes twice, since the clocks are set back: write {} for the first, or {} for the second",
                time.format("%Y-%m-%d %H:%M"),
                first.fixed_offset().format(form),
                second.fixed_offset().format(form)
            ))
        }
        LocalResult::None => Err(format!(
            "{} does not exist, since the clocks are set forward then: write a time before or after",
            time.format("%Y-%m-%d %H:%M")
        )),
    }
}

/// The zone that `$TZ` names, where this machine knows none of that name: it would be read as UTC, in silence.
fn unknown_zone() -> Option<String> {
    let named = std::env::var("TZ").ok()?;
    is_unknown(&named, Path::new("/usr/share/zoneinfo")).then_some(named)
}

fn is_unknown(named: &str, folder: &Path) -> bool {
    let name = named.strip_prefix(':').unwrap_or(named);
    // A rule spelled out: letters, then an offset. CET-1CEST,M3.5.0,M10.5.0/3.
    let after = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_rule = after.len() < name.len()
        && after.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
    let is_known =
        name.is_empty() || name == "UTC" || Path::new(name).is_file() || folder.join(name).is_file();
    !is_known && !is_rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn typed(order: Order) -> Typed {
        Typed { now: "2026-11-29T16:00:00+01:00".parse().unwrap(), order }
    }

    fn brussels(time: NaiveDateTime) -> Result<DateTime<FixedOffset>, String> {
        in_zone(time, &FixedOffset::east_opt(3600).unwrap())
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        for (text, order, wanted) in [
            ("2026-12-01T08:30:00+02:00", Order::Unknown, "2026-12-01T08:30:00+02:00"),
            ("2026-12-01T08:30Z", Order::Unknown, "2026-12-01T08:30:00+00:00"),
            ("2026-12-01 08:30 UTC", Order::Unknown, "2026-12-01T08:30:00+00:00"),
            ("2026-12-01 08:30 -0500", Order::Unknown, "2026-12-01T08:30:00-05:00"),
            ("2026-12-01T08:30+01", Order::Unknown, "2026-12-01T08:30:00+01:00"),
            (" 2026-12-01 08:30 ", Order::Unknown, "2026-12-01T08:30:00+01:00"),
            ("2026-12-01 08:30:15", Order::Unknown, "2026-12-01T08:30:15+01:00"),
            ("tomorrow 08:30", Order::Unknown, "2026-11-30T08:30:00+01:00"),
            ("Morgen 8:30 Uhr", Order::Unknown, "2026-11-30T08:30:00+01:00"),
            ("demain 8h30", Order::Unknown, "2026-11-30T08:30:00+01:00"),
            ("vandaag 17:00", Order::Unknown, "2026-11-29T17:00:00+01:00"),
            ("today 5 pm", Order::MonthFirst, "2026-11-29T17:00:00+01:00"),
            ("01.12.2026 08:30", Order::MonthFirst, "2026-12-01T08:30:00+01:00"),
            ("1.12. 08:30", Order::Unknown, "2026-12-01T08:30:00+01:00"),
            ("1.2. 08:30", Order::Unknown, "2027-02-01T08:30:00+01:00"),
            ("05/06/2027 08:30", Order::DayFirst, "2027-06-05T08:30:00+01:00"),
            ("05/06/2027 08:30", Order::MonthFirst, "2027-05-06T08:30:00+01:00"),
            ("31/12/2026 08:30", Order::Unknown, "2026-12-31T08:30:00+01:00"),
            ("12/31/2026 08:30", Order::Unknown, "2026-12-31T08:30:00+01:00"),
            ("1-12-2026 08:30", Order::DayFirst, "2026-12-01T08:30:00+01:00"),
        ] {
            let read = typed(order).read(text, brussels).map(|time| time.to_rfc3339());
            assert_eq!(read.as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_known_or_asked_for() {
        for (locale, order) in [
            ("nl_BE.UTF-8", Order::DayFirst),
            ("en_GB", Order::DayFirst),
            ("en_US.UTF-8", Order::MonthFirst),
            ("C.UTF-8", Order::Unknown),
            ("", Order::Unknown),
            ("ja_JP.UTF-8", Order::Unknown),
            ("fr_CA", Order::Unknown),
        ] {
            assert_eq!(Order::of(locale), order, "{locale}");
        }
    }

    #[test]
    fn what_is_no_time_or_may_be_two_is_asked_about() {
        for (text, expected) in [
            ("", "expected"),
            ("soon", "expected"),
            ("2026-12-01", "expected"),
            ("2026-12-01 25:00", "expected"),
            ("2026-12-01 8", "expected"),
            ("2026-13-01 08:30", "expected"),
            ("31.11.2026 08:30", "no day of the calendar"),
            ("05/06/2027 08:30", "year first"),
            ("2026-12-01 08:30 +99:00", "expected"),
            ("2026-12-01 08:30 pm x", "expected"),
            ("2026-12-01 08:30+a€", "expected"),
            ("2026-12-01 08:30+€€", "expected"),
            ("2026-12-01 08:30+01:99", "expected"),
        ] {
            let error = typed(Order::Unknown).read(text, brussels).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    /// Two offsets, as a zone has where its clocks change.
    #[derive(Debug, Clone)]
    struct Changing(LocalResult<i32>);

    impl TimeZone for Changing {
        type Offset = FixedOffset;
        fn from_offset(_: &FixedOffset) -> Self {
            Self(LocalResult::None)
        }
        fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<FixedOffset> {
            LocalResult::None
        }
        fn offset_from_local_datetime(&self, _: &NaiveDateTime) -> LocalResult<FixedOffset> {
            self.0.map(|hours| FixedOffset::east_opt(hours * 3600).unwrap())
        }
        fn offset_from_utc_date(&self, _: &NaiveDate) -> FixedOffset {
            FixedOffset::east_opt(3600).unwrap()
        }
        fn offset_from_utc_datetime(&self, _: &NaiveDateTime) -> FixedOffset {
            FixedOffset::east_opt(3600).unwrap()
        }
    }

    #[test]
    fn an_hour_that_a_change_of_the_clocks_leaves_out_or_repeats_is_asked_about() {
        let time = "2027-03-28T02:30:00".parse().unwrap();
        let missing = in_zone(time, &Changing(LocalResult::None)).unwrap_err();
        assert!(missing.contains("does not exist"), "{missing}");
        for offsets in [LocalResult::Ambiguous(2, 1), LocalResult::Ambiguous(1, 2)] {
            let twice = in_zone(time, &Changing(offsets)).unwrap_err();
            assert!(twice.contains("02:30 +02:00 for the first"), "{twice}");
            assert!(twice.contains("02:30 +01:00 for the second"), "{twice}");
        }
    }

    #[test]
    fn a_mail_leaves_neither_in_the_past_nor_years_ahead() {
        let now: DateTime<FixedOffset> = "2026-11-29T16:00:00+01:00".parse().unwrap();
        for (text, fits) in [
            ("2026-11-29T15:59:30+01:00", true),
            ("2026-11-29T15:58:00+01:00", false),
            ("1900-01-01T00:00:00Z", false),
            ("2027-11-29T16:00:00+01:00", true),
            ("2126-12-01T08:30:00Z", false),
        ] {
            assert_eq!(check_departure(text.parse().unwrap(), now).is_ok(), fits, "{text}");
        }
    }

    #[test]
    fn a_zone_that_this_machine_does_not_know_is_told_from_rules_and_names() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Europe")).unwrap();
        std::fs::write(folder.path().join("Europe/Brussels"), "TZif").unwrap();
        for (name, unknown) in [
            ("Europe/Brussels", false),
            (":Europe/Brussels", false),
            ("CET-1CEST,M3.5.0,M10.5.0/3", false),
            ("CET-1CEST", false),
            ("", false),
            ("UTC", false),
            ("Europe/Brussel", true),
            ("Brussels", true),
        ] {
            assert_eq!(is_unknown(name, folder.path()), unknown, "{name}");
        }
    }

    #[test]
    fn a_time_is_said_back_with_its_offset() {
        let time = Utc.with_ymd_and_hms(2026, 12, 1, 7, 30, 0).unwrap().with_timezone(&Local).fixed_offset();
        let text = describe(time);
        assert!(text.contains(&time.format("%Y-%m-%d %H:%M:%S %:z").to_string()), "{text}");
    }
}
