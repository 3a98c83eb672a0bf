//! Names and types of a sample package, each with what the check has to say of it.

use super::super::tests::package;

const SAMPLE: &str = "
package depot:labels@0.1.0;
interface files {
    type handle = u32;
    variant block { bytes(list<u8>), base64(string) }
    read: func(file: handle, offset: u32, length: u32) -> result<block, string>;
    fetch: func(file: handle) -> result<list<u8>, string>;
}
interface layout {
    use files.{handle};
    enum level { none, high }
    variant fault { none, other(string) }
    flags extras { barcode }
    record parcel { grams: u32, size: u32, count: u64, logo: option<handle> }
    draw: func(parcel: parcel) -> result<string, fault>;
}
world full { import files; export layout; }
";

const BYTES: &[(&str, &str)] = &[("files.fetch", "the host's answer")];

fn awkward(from: &str, to: &str) -> Vec<String> {
    assert_eq!(SAMPLE.matches(from).count(), 1, "{from}");
    package(&SAMPLE.replace(from, to)).awkward(BYTES)
}

#[test]
fn a_keyword_is_found_in_the_form_that_the_name_takes() {
    let rows = [
        (
            "grams: u32",
            "class: u32",
            "layout.parcel.class: \"class\" is a keyword of Python, JavaScript, Java and C#",
        ),
        ("grams: u32", "%from: u32", "layout.parcel.from: \"from\" is a keyword of Python"),
        ("grams: u32", "event: u32", "layout.parcel.event: \"event\" is a keyword of C#"),
        ("grams: u32", "transient: u32", "layout.parcel.transient: \"transient\" is a keyword of Java"),
        ("grams: u32", "%async: u32", "layout.parcel.async: \"async\" is a keyword of Python"),
        ("grams: u32", "is: u32", "layout.parcel.is: \"is\" is a keyword of Python and C#"),
        (
            "draw: func(parcel:",
            "draw: func(in:",
            "layout.draw.in: \"in\" is a keyword of Python, JavaScript and C#",
        ),
        (
            "draw: func(parcel:",
            "draw: func(%package:",
            "layout.draw.package: \"package\" is a keyword of JavaScript and Java",
        ),
        ("draw: func(parcel:", "draw: func(eval:", "layout.draw.eval: \"eval\" is a keyword of JavaScript"),
        ("draw: func(parcel:", "draw: func(params:", "layout.draw.params: \"params\" is a keyword of C#"),
        ("draw: func", "delete: func", "layout.delete: \"delete\" is a keyword of JavaScript"),
        ("draw: func", "await: func", "layout.await: \"await\" is a keyword of Python and JavaScript"),
        ("draw: func", "default: func", "layout.default: \"default\" is a keyword of JavaScript and Java"),
        ("draw: func", "lambda: func", "layout.lambda: \"lambda\" is a keyword of Python"),
        ("enum level", "enum none", "layout.none: \"none\" is a keyword of Python"),
        (
            "use files.{handle};",
            "use files.{handle, block as %true};",
            "layout.true: \"true\" is a keyword of Python",
        ),
        (
            "flags extras { barcode }",
            "flags extras { new }",
            "layout.extras.new: \"new\" is a keyword of JavaScript",
        ),
        (
            "world full",
            "interface try { f: func(); } world full",
            "try: \"try\" is a keyword of Python and JavaScript",
        ),
        (
            "draw: func",
            "resource job { %yield: func(); } draw: func",
            "layout.[method]job.yield: \"yield\" is a keyword of Python and JavaScript",
        ),
    ];
    for (from, to, expected) in rows {
        assert_eq!(awkward(from, to), [expected], "{to}");
    }
}

#[test]
fn what_is_reserved_nowhere_in_its_form_is_a_name() {
    let rows = [
        // Contextual words.
        ("grams: u32", "value: u32, field: u32, %record: u32, match: u32, %type: u32, get: u32, when: u32"),
        // Words of which a keyword is one part.
        ("grams: u32", "is-new: u32, from-address: u32, class-name: u32, in-stock: u32"),
        // Cases are strings, constants in capitals, or begin with their type.
        ("none, high", "none, high, class, transient, default, in, %from, event"),
        ("none, other(string)", "none, true, other(string), class(string), new(u32), %import"),
        // Types and functions where only capitals are written.
        ("enum level", "enum class"),
        ("draw: func", "event: func"),
        ("flags extras { barcode }", "flags extras { event, %from }"),
    ];
    for (from, to) in rows {
        assert_eq!(awkward(from, to), Vec::<String>::new(), "{to}");
    }
}

#[test]
fn a_type_name_belongs_to_one_interface() {
    assert_eq!(awkward("enum level", "enum block"), ["block is defined in files and layout"]);
    let third = "interface sent { type block = string; enum handle { a } } world full";
    assert_eq!(
        awkward("world full", third),
        ["block is defined in files and sent", "handle is defined in files and sent"]
    );
    // A `use` defines nothing, under its own name or another; an alias of one that is used does.
    assert_eq!(awkward("use files.{handle};", "use files.{handle, block};"), Vec::<String>::new());
    assert_eq!(awkward("use files.{handle};", "use files.{handle, block as piece};"), Vec::<String>::new());
    let alias = "use files.{handle as file}; type handle = file;";
    assert_eq!(awkward("use files.{handle};", alias), ["handle is defined in files and layout"]);
}

#[test]
fn a_length_has_32_bits() {
    let rows = [
        ("size: u32", "size: u64", "layout.parcel.size: 64 bits where 32 count to 4 GiB"),
        (
            "size: u32",
            "message-size: option<s64>",
            "layout.parcel.message-size: 64 bits where 32 count to 4 GiB",
        ),
        ("offset: u32", "offset: u64", "files.read.offset: 64 bits where 32 count to 4 GiB"),
        ("length: u32", "length: list<u64>", "files.read.length: 64 bits where 32 count to 4 GiB"),
        ("size: u32,", "limit: wide,", "layout.parcel.limit: 64 bits where 32 count to 4 GiB"),
        ("other(string)", "limit(u64)", "layout.fault.limit: 64 bits where 32 count to 4 GiB"),
    ];
    for (from, to, expected) in rows {
        let source = SAMPLE.replace(from, to).replace("flags extras", "type wide = u64; flags extras");
        assert_ne!(source, SAMPLE);
        assert_eq!(package(&source).awkward(BYTES), [expected], "{to}");
    }
    assert_eq!(awkward("size: u32", "size-class: u64, resize: u64"), Vec::<String>::new());
}

#[test]
fn bytes_stand_beside_text_or_among_the_exceptions() {
    let alone = |path: &str| {
        format!("{path}: list<u8> alone: a variant that has a string beside it costs less in Python")
    };
    let rows = [
        ("grams: u32", "raw: list<u8>", "layout.parcel.raw"),
        ("grams: u32", "raw: option<list<list<u8>>>", "layout.parcel.raw"),
        ("grams: u32", "raw: tuple<string, list<u8>>", "layout.parcel.raw"),
        ("draw: func(parcel: parcel", "draw: func(raw: list<u8>", "layout.draw.raw"),
        ("-> result<string, fault>", "-> result<string, list<u8>>", "layout.draw"),
        ("base64(string)", "file(handle)", "files.block.bytes"),
        ("type handle = u32;", "type handle = u32; type raw = list<u8>;", "files.raw"),
    ];
    for (from, to, path) in rows {
        assert_eq!(awkward(from, to), [alone(path)], "{to}");
    }
    assert_eq!(awkward("grams: u32", "grams: list<u16>, block: list<u32>"), Vec::<String>::new());
    assert_eq!(
        awkward("-> result<list<u8>, string>", "-> result<string, string>"),
        ["files.fetch may hold bytes and holds none: strike it from the exceptions"]
    );
}
