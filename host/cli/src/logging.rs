//! The log of this program, on standard error: what goes wrong without ending a command, and what an operator reads while `worker`
//! and `serve` run. Events of `tracing` become sentences for people, or JSON with the ids of company, account, mail and attempt for
//! programs that collect logs.
//!
//! Events of our own crates and of the plugin alone are shown: what a dependency logs about a connection may hold anything.

use super::output::{json_text, printable};
use super::{Common, Failure};
use chrono::{Local, SecondsFormat};
use indicatif::ProgressBar;
use serde_json::{Map, Value};
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber, span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Sets the least level that is shown.
const LEVEL: &str = "POSTROOM_LOG";

/// Sets the form: `text` or `json`.
const FORMAT: &str = "POSTROOM_LOG_FORMAT";

/// The target of the plugin's own lines.
const PLUGIN: &str = "plugin";

/// The bar that lines must not be written across.
static PROGRESS: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// The beginning of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    /// The program's name, for a command that a person watches.
    Program,
    /// The local time to the second.
    Seconds,
    /// The local time to the millisecond, with its offset.
    Millis,
}

/// Begins to log.
pub(super) fn begin(common: &Common, prefix: Prefix) -> Result<(), Failure> {
    let layer =
        LogLayer::new(to_standard_error, &environment(LEVEL), &environment(FORMAT), prefix, common.verbose)?;
    // It fails only if this process logs already, as a test may.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(layer));
    Ok(())
}

fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Writes lines above a bar until the guard is dropped.
pub(super) fn above(bar: &ProgressBar) -> AboveBar {
    *PROGRESS.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
    AboveBar
}

/// Lines are written above a bar while this lives.
#[derive(Debug)]
pub(super) struct AboveBar;

impl Drop for AboveBar {
    fn drop(&mut self) {
        *PROGRESS.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Writes events as lines.
struct LogLayer<W> {
    write: W,
    level: LevelFilter,
    json: bool,
    prefix: Prefix,
    verbose: bool,
}

impl<W> LogLayer<W> {
    fn new(write: W, level: &str, format: &str, prefix: Prefix, verbose: bool) -> Result<Self, Failure> {
        let level = match level {
            "" => LevelFilter::INFO,
            level => level.parse().map_err(|_| {
                Failure::input(format!(
                    "{LEVEL} is \"{level}\": expected error, warn, info, debug, trace or off"
                ))
            })?,
        };
        let json = match format {
            "" | "text" => false,
            "json" => true,
            other => return Err(Failure::input(format!("{FORMAT} is \"{other}\": expected text or json"))),
        };
        Ok(Self { write, level, json, prefix, verbose })
    }

    /// Tells whether events like this are shown. The plugin's lines below a warning need `--verbose`.
    fn shows(&self, of: &Metadata<'_>) -> bool {
        match of.target() {
            PLUGIN if self.verbose => true,
            PLUGIN => *of.level() <= Level::WARN && *of.level() <= self.level,
            target => target.starts_with("postroom") && *of.level() <= self.level,
        }
    }

    /// Writes an event as a line. `spans`: the fields of its spans, the outermost first.
    fn line(&self, of: &Metadata<'_>, fields: Fields, spans: Map<String, Value>) -> String {
        if self.json {
            let mut line = Map::new();
            line.insert("time".to_owned(), Local::now().to_rfc3339_opts(SecondsFormat::Millis, false).into());
            line.insert("level".to_owned(), of.level().as_str().to_ascii_lowercase().into());
            line.insert("target".to_owned(), of.target().into());
            line.insert("message".to_owned(), fields.message.into());
            line.extend(spans);
            line.extend(fields.others);
            return json_text(&Value::Object(line).to_string());
        }
        let text = printable(&fields.message);
        if of.target() == PLUGIN {
            let level = match *of.level() {
                Level::ERROR => "error",
                Level::WARN => "warning",
                Level::INFO => "info",
                _ => "debug",
            };
            return format!("plugin: {level}: {text}");
        }
        match self.prefix {
            Prefix::Program if is_above_bar() => text,
            Prefix::Program => format!("postroom: {text}"),
            Prefix::Seconds => format!("{} {text}", Local::now().format("%Y-%m-%d %H:%M:%S")),
            Prefix::Millis => {
                format!("{} {text}", Local::now().to_rfc3339_opts(SecondsFormat::Millis, false))
            }
        }
    }
}

impl<S, W> Layer<S> for LogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Spans carry the ids of the events in them, whatever the level of those is.
        metadata.is_span() && metadata.target().starts_with("postroom") || self.shows(metadata)
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut spans = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                spans.extend(fields.others.clone());
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        (self.write)(&self.line(event.metadata(), fields, spans));
    }
}

fn to_standard_error(line: &str) {
    let bar = PROGRESS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(|| eprintln!("{line}")),
        None => eprintln!("{line}"),
    }
}

fn is_above_bar() -> bool {
    PROGRESS.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// The fields of an event or a span.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "message" => self.message = text,
            name => {
                self.others.insert(name.to_owned(), text.into());
            }
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => {
                self.others.insert(name.to_owned(), value.into());
            }
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.others.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{debug, error, info, info_span, warn};

    /// What is written while `work` runs.
    fn lines(level: &str, format: &str, verbose: bool, work: impl FnOnce()) -> Vec<String> {
        static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = ONE_AT_A_TIME.lock();
        let write = |line: &str| LINES.lock().unwrap().push(line.to_owned());
        let layer = LogLayer::new(write, level, format, Prefix::Program, verbose).unwrap();
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        std::mem::take(&mut *LINES.lock().unwrap())
    }

    #[test]
    fn people_read_the_sentence_alone_and_it_moves_no_cursor() {
        let written = lines("", "", false, || {
            info_span!("mail", mail = 7)
                .in_scope(|| warn!(attempt = 1, "mail 7: away\u{1b}[2J; waiting 3 s"));
        });
        assert_eq!(written, ["postroom: mail 7: away\u{fffd}[2J; waiting 3 s"]);
    }

    #[test]
    fn a_line_of_json_has_the_message_and_the_ids_of_its_spans() {
        let written = lines("", "json", false, || {
            let account = info_span!("account", company = "c", account = "a").entered();
            info_span!("mail", mail = %"m").in_scope(|| error!(attempt = 9, "it said \"no\"\n\u{9b}"));
            drop(account);
        });
        let [line] = &written[..] else { panic!("{written:?}") };
        assert!(!line.contains(['\n', '\u{9b}']), "{line}");
        let line: Value = serde_json::from_str(line).unwrap();
        for (field, value) in [("company", "c"), ("account", "a"), ("mail", "m"), ("level", "error")] {
            assert_eq!(line[field], value, "{line}");
        }
        assert_eq!(line["message"], "it said \"no\"\n\u{9b}");
        assert_eq!(line["attempt"], 9);
        assert!(chrono::DateTime::parse_from_rfc3339(line["time"].as_str().unwrap()).is_ok(), "{line}");
    }

    #[test]
    fn a_level_chooses_among_our_own_events_and_no_dependency_is_shown() {
        let work = || {
            debug!("detail");
            info!("state");
            error!(target: "hyper", "a header");
            info!(target: "plugin", "read");
            warn!(target: "plugin", "odd");
        };
        for (level, verbose, wanted) in [
            ("", false, &["postroom: state", "plugin: warning: odd"][..]),
            ("", true, &["postroom: state", "plugin: info: read", "plugin: warning: odd"]),
            ("debug", false, &["postroom: detail", "postroom: state", "plugin: warning: odd"]),
            ("error", false, &[]),
            ("off", false, &[]),
        ] {
            assert_eq!(lines(level, "text", verbose, work), wanted, "{level} {verbose}");
        }
    }

    #[test]
    fn settings_that_are_not_known_are_refused() {
        for (level, format) in [("loud", ""), ("", "xml")] {
            let refused = LogLayer::new(drop::<&str>, level, format, Prefix::Program, false).map(|_| ());
            assert!(refused.is_err_and(|it| it.message.contains("POSTROOM_LOG")), "{level} {format}");
        }
    }
}
