//! Small edits of a sample package, each with what the check has to say of it.

use super::super::tests::package;

/// Labels for parcels: a plugin that lays them out, a host that has files and a printer.
const SAMPLE: &str = "
/// Labels for parcels.
package depot:labels@0.1.3;
/// Files of the host.
interface files {
    /// A file.
    type handle = u32;
    /// Why a file can't be read.
    variant read-error { unknown-handle, unreadable(string) }
    /// Reads a piece.
    read: func(file: handle, offset: u32, length: u32) -> result<string, read-error>;
}
/// What devices answer. Types alone.
interface answers {
    /// Whether it is worth another try.
    enum verdict { transient, permanent }
    /// What went wrong.
    record failure { verdict: verdict, detail: string }
}
/// The host's printer.
interface printer {
    use answers.{failure};
    /// Where paper comes from.
    enum tray { upper, lower }
    /// A label.
    record page { width: u16, height: u16, text: string }
    /// Prints.
    print: func(page: page, tray: option<tray>) -> result<u32, failure>;
}
/// What a label says.
interface layout {
    use files.{handle};
    /// What is on it beside the address.
    flags extras { barcode, logo }
    /// Where to.
    record address { name: option<string>, street: string, town: string }
    /// What is sent.
    record parcel { to: address, grams: u32, extras: extras, logo: option<handle> }
    /// Why there is no label.
    variant fault { no-street, too-heavy(u32), other(string) }
    /// Draws.
    draw: func(parcel: parcel, language: option<string>) -> result<string, fault>;
    /// Adds up.
    weigh: func(parcels: list<parcel>) -> u32;
}
/// Where parcels are.
interface tracking {
    use answers.{verdict};
    /// A number on the label.
    type code = string;
    /// Follows.
    follow: func(code: code, seen: list<tuple<string, u32>>) -> result<option<string>, verdict>;
    /// A place on the map.
    type position = list<s32, 2>;
    /// Follows for as long as it is asked.
    resource pursuit { next: func() -> future<position>; }
    /// All of a pursuit.
    rest: func(of: borrow<pursuit>) -> stream<position>;
}
/// Prints what is drawn.
interface printing {
    use printer.{tray};
    /// Prints all.
    run: func(labels: list<string>, tray: tray);
}
/// Everything.
world full {
    import files; import printer;
    import log: func(line: string);
    import clock: interface { now: func() -> string; }
    export layout; export tracking; export printing;
    export about: interface { version: func() -> string; }
}
/// Without the printer.
world pure {
    import files; import answers;
    export layout; export tracking;
}
";

/// Appended where a row needs another interface.
const MORE: &str = "
/// New.
interface customs { use answers.{failure}; declare: func(parcel: string) -> result<string, failure>; }
";

/// What is replaced, and by what.
type Edit = (&'static str, &'static str);

/// What the check says of the sample with these edits, and with what is appended.
fn broken(edits: &[Edit], append: &str) -> Vec<String> {
    let mut source = SAMPLE.to_owned();
    for (from, to) in edits {
        assert_eq!(source.matches(from).count(), 1, "{from}");
        source = source.replace(from, to);
    }
    package(SAMPLE).broken_by(&package(&(source + append)))
}

#[track_caller]
fn refused(edits: &[Edit], append: &str, expected: &str) {
    let found = broken(edits, append);
    assert!(found.iter().any(|line| line.contains(expected)), "{edits:?} {append}: {expected}: {found:#?}");
}

#[track_caller]
fn allowed(edits: &[Edit], append: &str) {
    assert_eq!(broken(edits, append), Vec::<String>::new(), "{edits:?} {append}");
}

#[test]
fn a_change_that_breaks_somebody_is_refused_by_name() {
    let rows = [
        // Records.
        ("town: string }", "town: string, country: string }", "layout: address was"),
        ("town: string }", "town: string, country: option<string> }", "layout: address was"),
        ("street: string, town: string", "town: string, street: string", "layout: address was"),
        ("street: string, ", "", "layout: address was"),
        ("grams: u32", "weight: u32", "layout: parcel was"),
        ("grams: u32", "grams: u64", "layout: parcel was"),
        ("logo: option<handle>", "logo: handle", "layout: parcel was"),
        ("record failure { verdict: verdict", "record failure { worth: verdict", "answers: failure was"),
        // Variants, enums, flags, aliases.
        ("other(string) }", "other(string), no-town }", "layout: fault was"),
        ("no-street, too-heavy(u32)", "too-heavy(u32), no-street", "layout: fault was"),
        ("too-heavy(u32)", "too-heavy", "layout: fault was"),
        (
            "enum verdict { transient, permanent }",
            "enum verdict { permanent, transient }",
            "answers: verdict",
        ),
        ("enum tray { upper, lower }", "enum tray { upper, lower, side }", "printer: tray was"),
        ("enum tray { upper, lower }", "enum tray { upper, bottom }", "printer: tray was"),
        ("flags extras { barcode, logo }", "flags extras { barcode, logo, frame }", "layout: extras was"),
        ("type code = string", "type code = u64", "tracking: code was"),
        ("type handle = u32", "type handle = string", "files: handle was"),
        (
            "enum verdict { transient, permanent }",
            "variant verdict { transient, permanent }",
            "answers: verdict",
        ),
        // Signatures.
        ("language: option<string>)", "language: option<string>, dots: option<u32>)", "layout: draw was"),
        ("draw: func(parcel: parcel", "draw: func(of: parcel", "layout: draw was"),
        (
            "(code: code, seen: list<tuple<string, u32>>)",
            "(seen: list<tuple<string, u32>>, code: code)",
            "tracking: follow was",
        ),
        ("list<tuple<string, u32>>", "list<tuple<string, u64>>", "tracking: follow was"),
        (
            "weigh: func(parcels: list<parcel>) -> u32",
            "weigh: func(parcels: list<parcel>) -> result<u32>",
            "layout: weigh was",
        ),
        (
            "weigh: func(parcels: list<parcel>) -> u32",
            "weigh: func(parcels: list<parcel>)",
            "layout: weigh was",
        ),
        ("weigh: func", "weigh: async func", "layout: weigh was `func"),
        ("weigh: func(parcels: list<parcel>)", "weigh: func(parcels: stream<parcel>)", "layout: weigh was"),
        ("weigh: func(parcels: list<parcel>)", "weigh: func(parcels: list<parcel, 4>)", "layout: weigh was"),
        ("list<s32, 2>", "list<s32, 3>", "tracking: position was `list<s32, 2>`"),
        ("stream<position>", "stream<code>", "tracking: rest was"),
        ("future<position>", "future<code>", "tracking: [method]pursuit.next was"),
        ("borrow<pursuit>", "pursuit", "tracking: rest was"),
        // What is gone, by name or behind a gate, or lives elsewhere.
        ("weigh: func(parcels: list<parcel>) -> u32;", "", "layout: weigh is gone"),
        ("weigh: func", "@unstable(feature = scales) weigh: func", "layout: weigh is gone"),
        ("weigh: func", "weight: func", "layout: weigh is gone"),
        ("world pure", "world core", "world pure is gone"),
        // What a world exports.
        (
            "import files; import answers;\n    export layout; export tracking;",
            "import files; import answers;\n    export layout;",
            "world pure, export: tracking is gone",
        ),
        ("export about: interface { version: func() -> string; }", "", "world full, export: about is gone"),
        ("version: func() -> string", "version: func() -> u32", "world full, about: version was"),
        // What hosts would have to provide.
        (
            "    /// Reads a piece.",
            "    size: func(file: handle) -> u32;\n    /// Reads a piece.",
            "files.size is new",
        ),
        (
            "    /// What went wrong.",
            "    ask: func() -> verdict;\n    /// What went wrong.",
            "answers.ask is new",
        ),
        ("    /// Prints.", "    resource job { cancel: func(); }\n    /// Prints.", "printer.job is new"),
        (
            "now: func() -> string;",
            "now: func() -> string; zone: func() -> string;",
            "world full, clock.zone is new",
        ),
        ("now: func() -> string;", "now: func() -> u64;", "world full, clock: now was"),
        ("log: func(line: string)", "log: func(level: u8, line: string)", "world full, import: log was"),
        (
            "import log: func(line: string);",
            "import log: func(line: string); import beep: func();",
            "world full imports beep",
        ),
        (
            "import files; import answers;",
            "import files; import answers; import printer;",
            "world pure imports printer",
        ),
        // By way of an export: its types bring the printer along.
        (
            "export layout; export tracking;\n}",
            "export layout; export tracking; export printing;\n}",
            "world pure imports printer",
        ),
        ("    /// Adds up.", "    use printer.{tray};\n    /// Adds up.", "world pure imports printer"),
        // An import that leaves, also by becoming an export.
        ("import log: func(line: string);", "", "world full, import: log is gone"),
        (
            "import files; import answers;\n    export layout; export tracking;\n}",
            "import files;\n    export layout; export tracking; export answers;\n}",
            "world pure, import: answers is gone",
        ),
        // Versions that hosts do not link across.
        (
            "depot:labels@0.1.3",
            "depot:labels@0.2.0",
            "the package was depot:labels@0.1 and is depot:labels@0.2",
        ),
        ("depot:labels@0.1.3", "depot:labels@1.1.3", "and is depot:labels@1"),
        ("depot:labels@0.1.3", "depot:labels@0.1.4-rc.1", "and is depot:labels@0.1.4-rc.1"),
        ("depot:labels@0.1.3", "depot:stickers@0.1.3", "and is depot:stickers@0.1"),
        ("depot:labels@0.1.3", "depot:labels@0.0.3", "and is depot:labels@0.0.3"),
    ];
    for (from, to, expected) in rows {
        refused(&[(from, to)], "", expected);
    }
    let rows: [(&[Edit], &str, &str); 5] = [
        (
            &[("flags extras", "flags details"), ("extras: extras", "extras: details")],
            "",
            "layout: extras is gone",
        ),
        (
            &[
                (
                    "    /// Where paper comes from.\n    enum tray { upper, lower }\n",
                    "    use answers.{tray};\n",
                ),
                ("    /// What went wrong.", "    enum tray { upper, lower }\n    /// What went wrong."),
            ],
            "",
            "printer: tray was",
        ),
        (
            &[("interface printing", "interface output"), ("export printing", "export output")],
            "",
            "interface printing is gone",
        ),
        (
            &[("import files; import answers;", "import files; import answers; import customs;")],
            MORE,
            "world pure imports customs",
        ),
        (
            &[(
                "import files; import answers;",
                "import files; import answers; import wasi:clocks/wall-clock@0.2.0;",
            )],
            "package wasi:clocks@0.2.0 { interface wall-clock { now: func() -> u64; } }",
            "world pure imports wasi:clocks/wall-clock@0.2.0",
        ),
    ];
    for (edits, append, expected) in rows {
        refused(edits, append, expected);
    }
}

#[test]
fn a_change_that_nobody_notices_is_allowed() {
    let rows = [
        // The version, alone and together with what it brings.
        ("depot:labels@0.1.3", "depot:labels@0.1.9"),
        // Words.
        ("/// Where to.", "/// Where it goes, as its label says it.\n    /// In capitals."),
        ("/// Draws.", ""),
        ("weigh: func", "@since(version = 0.1.0) @deprecated(version = 0.1.3)\n    weigh: func"),
        // Order of items says nothing.
        (
            "export layout; export tracking; export printing;",
            "export printing; export tracking; export layout;",
        ),
        // Exported interfaces grow.
        ("    /// Adds up.", "    redraw: func(parcel: parcel, dots: u32) -> string;\n    /// Adds up."),
        (
            "    /// Adds up.",
            "    record place { lines: list<string> }\n    place-of: func(address: address) -> place;\n    /// Adds up.",
        ),
        (
            "    /// Adds up.",
            "    resource stack { constructor(); push: func(parcel: parcel); }\n    /// Adds up.",
        ),
        ("    use answers.{verdict};", "    use answers.{verdict, failure};\n    use layout.{address};"),
        ("version: func() -> string;", "version: func() -> string; licence: func() -> string;"),
        ("    /// Prints all.", "    test-page: func(tray: tray);\n    /// Prints all."),
        // Types join what hosts provide.
        ("    /// What went wrong.", "    enum medium { paper, screen }\n    /// What went wrong."),
        ("    /// Reads a piece.", "    record range { offset: u32, length: u32 }\n    /// Reads a piece."),
        // Interfaces, exports and worlds join.
        ("export about:", "export ready: func() -> bool;\n    export about:"),
    ];
    for (from, to) in rows {
        allowed(&[(from, to)], "");
    }
    let rows: [(&[Edit], &str); 8] = [
        (
            &[
                ("depot:labels@0.1.3", "depot:labels@0.1.4"),
                (
                    "    /// Adds up.",
                    "    @since(version = 0.1.4)\n    count: func() -> u32;\n    /// Adds up.",
                ),
            ],
            "",
        ),
        (
            &[
                ("    /// Adds up.\n    weigh: func(parcels: list<parcel>) -> u32;\n", ""),
                ("    /// Draws.", "    weigh: func(parcels: list<parcel>) -> u32;\n    /// Draws."),
            ],
            "",
        ),
        (&[], MORE),
        (
            &[("export layout; export tracking;\n}", "export layout; export tracking; export customs;\n}")],
            MORE,
        ),
        (
            &[(
                "export layout; export tracking; export printing;",
                "export layout; export tracking; export printing; export customs;",
            )],
            MORE,
        ),
        (
            &[],
            "world scanning { import files; import scanner; export layout; } interface scanner { scan: func() -> string; }",
        ),
        (&[], "world both { include full; include pure; }"),
        (
            &[("    /// Follows.", "    forget: func(code: code);\n    /// Follows.")],
            "world follower { import tracking; }",
        ),
    ];
    for (edits, append) in rows {
        allowed(edits, append);
    }
}

#[test]
fn growth_of_the_patch_version_is_compared_item_by_item() {
    let found = broken(&[("depot:labels@0.1.3", "depot:labels@0.1.9"), ("grams: u32", "grams: u64")], "");
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("layout: parcel was `record { to: layout.address, grams: u32"),
        "{found:#?}"
    );
}
