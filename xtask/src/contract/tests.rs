//! The checks on small contracts, and on our own.

use super::*;

const OLD: &str = "
/// A package.
package a:b@0.1.0;
/// Given by the host.
interface post {
    /// Why not.
    enum fault { /// No.
        no, /// Later.
        later }
    /// Sends.
    send: func(text: string) -> result<u32, fault>;
}
/// Made by the plugin.
interface work {
    use post.{fault};
    /// A name.
    type name = string;
    /// A thing.
    record thing { /// One.
        one: option<name>, /// Two.
        two: list<u8> }
    /// What came of it.
    variant outcome { /// Good.
        good(thing), /// Bad.
        bad(fault) }
    /// Does it.
    run: func(of: thing) -> outcome;
}
/// A world.
world plugin {
    import post;
    export work;
}
";

pub(super) fn package(source: &str) -> Package {
    let mut resolve = Resolve::default();
    let id = resolve.push_str("test.wit", source).unwrap_or_else(|error| panic!("{error:?}\n{source}"));
    Package { resolve, id }
}

fn broken(replace: &str, by: &str) -> Vec<String> {
    assert!(OLD.contains(replace), "{replace}");
    package(OLD).broken_by(&package(&OLD.replacen(replace, by, 1)))
}

#[test]
fn what_may_grow_is_compatible() {
    let rows = [
        ("package a:b@0.1.0", "package a:b@0.1.9"),
        ("/// Does it.", "/// Does it, and says so."),
        ("    /// Does it.", "    /// More.\n more: func();\n    /// Does it."),
        ("    /// A name.", "    /// A colour.\n enum colour { /// R.\n red }\n    /// A name."),
        ("/// A world.", "/// New.\ninterface news { /// F.\n f: func(); }\n/// A world."),
        ("export work;", "export work;\n export news;"),
        ("/// A world.", "/// Another.\nworld other { import post; import work; }\n/// A world."),
    ];
    let with_news =
        OLD.replacen("/// A world.", "/// New.\ninterface news { /// F.\n f: func(); }\n/// A world.", 1);
    for (replace, by) in rows {
        let new = if by.contains("export news") {
            with_news.replacen(replace, by, 1)
        } else {
            OLD.replacen(replace, by, 1)
        };
        assert_ne!(new, OLD, "{by}");
        assert_eq!(package(OLD).broken_by(&package(&new)), Vec::<String>::new(), "{by}");
    }
}

#[test]
fn what_hosts_rely_on_may_not_change() {
    let rows = [
        ("package a:b@0.1.0", "package a:b@0.2.0", "the package was a:b@0.1 and is a:b@0.2"),
        (
            "one: option<name>",
            "one: name",
            "work: thing was `record { one: option<work.name>, two: list<u8> }` and is `record { one: work.name, two: list<u8> }`",
        ),
        (
            "two: list<u8> }",
            "two: list<u8>, /// Three.\n three: bool }",
            "work: thing was `record { one: option<work.name>, two: list<u8> }` and is `record { one: option<work.name>, two: list<u8>, three: bool }`",
        ),
        (
            "bad(fault) }",
            "bad(fault), /// Ugly.\n ugly }",
            "work: outcome was `variant { good(work.thing), bad(work.fault) }` and is `variant { good(work.thing), bad(work.fault), ugly }`",
        ),
        ("type name = string", "type name = u32", "work: name was `string` and is `u32`"),
        (
            "later }",
            "later, /// Never.\n never }",
            "post: fault was `enum { no, later }` and is `enum { no, later, never }`",
        ),
        (
            "run: func(of: thing)",
            "run: func(on: thing)",
            "work: run was `func(of: work.thing) -> work.outcome` and is `func(on: work.thing) -> work.outcome`",
        ),
        (
            "-> result<u32, fault>",
            "-> result<u64, fault>",
            "post: send was `func(text: string) -> result<u32, post.fault>` and is `func(text: string) -> result<u64, post.fault>`",
        ),
        ("    /// Does it.\n    run: func(of: thing) -> outcome;", "", "work: run is gone"),
        (
            "    /// Sends.",
            "    /// Waits.\n wait: func();\n    /// Sends.",
            "post.wait is new, and hosts provide post",
        ),
        ("    export work;\n", "    export news;\n", "world plugin, export: work is gone"),
        (
            "import post;",
            "import post;\n    import news;",
            "world plugin imports news, which hosts do not provide",
        ),
        ("world plugin", "world renamed", "world plugin is gone"),
        ("interface work", "interface works", "interface work is gone"),
    ];
    for (replace, by, expected) in rows {
        let mut new = OLD.replacen(replace, by, 1);
        assert_ne!(new, OLD, "{replace}");
        if by.contains("news;") {
            new.push_str("/// New.\ninterface news { /// F.\n f: func(); }\n");
        }
        if by == "interface works" {
            new = new.replace("export work;", "export works;");
        }
        let found = package(OLD).broken_by(&package(&new));
        assert!(found.iter().any(|line| line == expected), "{by}: {found:#?}");
    }
    assert_eq!(broken("/// No.", "/// Not."), Vec::<String>::new());
}

#[test]
fn every_item_without_documentation_is_named() {
    assert_eq!(package(OLD).undocumented(), Vec::<String>::new());
    let rows = [
        ("/// A package.\n", "package"),
        ("/// Given by the host.\n", "post"),
        ("/// Why not.\n", "post.fault"),
        ("/// Later.\n", "post.fault.later"),
        ("/// Sends.\n", "post.send"),
        ("/// A name.\n", "work.name"),
        ("/// Two.\n", "work.thing.two"),
        ("/// Good.\n", "work.outcome.good"),
        ("/// A world.\n", "world plugin"),
    ];
    for (comment, item) in rows {
        assert_eq!(package(&OLD.replacen(comment, "\n", 1)).undocumented(), [item]);
    }
}

#[test]
fn our_own_contract_is_documented_and_compatible_with_itself() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    check_docs(&wit).unwrap();
    check_compatible(&wit, &wit).unwrap();
}

#[test]
fn our_own_contract_has_names_for_every_language() {
    check_names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
}

#[test]
fn the_first_tag_switches_the_comparison_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        git(root, &[&identity[..], arguments].concat()).unwrap()
    };
    let write = |source: &str| fs::write(root.join("wit/all.wit"), source).unwrap();
    fs::create_dir(root.join("wit")).unwrap();
    write("package a:b@0.1.0; interface early { f: func(); }");
    run(&["init", "--quiet"]);
    run(&["add", "wit"]);
    run(&["commit", "--quiet", "-m", "early"]);
    write(OLD);
    assert_eq!(check_against_release(root).unwrap(), "no release yet, the contract may still change");
    run(&["tag", "v0.0.9"]);
    run(&["commit", "--quiet", "-a", "-m", "release"]);
    run(&["tag", "v0.0.10"]);
    assert_eq!(check_against_release(root).unwrap(), "compatible with v0.0.10");
    write(&OLD.replace("one: option<name>", "one: name"));
    let refused = format!("{:#}", check_against_release(root).unwrap_err());
    assert!(refused.starts_with("compared with v0.0.10: 1 incompatible changes"), "{refused}");
}

#[test]
fn drafts_would_import_nothing_but_what_hosts_provide() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().unwrap();
    for entry in ["wit", "docs/drafts"].iter().flat_map(|it| fs::read_dir(root.join(it)).unwrap()) {
        let file = entry.unwrap().path();
        fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let later = "package postroom:plugin@0.1.0;
        world later { include plugin; export mailbox; export reminders; }
        world later-core { include core; export reminders; }";
    fs::write(folder.path().join("later.wit"), later).unwrap();
    let package = Package::read(folder.path()).unwrap();
    let imports =
        |world: &str| package.items(&package.worlds()[world].imports).into_keys().collect::<Vec<_>>();
    assert_eq!(imports("core"), ["attachments", "log", "transport", "types"]);
    assert_eq!(imports("plugin"), ["attachments", "imap", "log", "smtp", "transport", "types", "web"]);
    assert_eq!(imports("later"), imports("plugin"));
    assert_eq!(imports("later-core"), imports("core"));
    check_names(folder.path()).unwrap();
}

#[test]
fn the_core_is_the_plugin_without_what_reaches_a_network() {
    let wit = Package::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")).unwrap();
    let exports = |world: &str| wit.items(&wit.worlds()[world].exports).into_keys().collect::<Vec<_>>();
    let (all, pure) = (exports("plugin"), exports("core"));
    let connected: Vec<_> = all.iter().filter(|it| !pure.contains(it)).collect();
    assert_eq!(connected, ["delivery", "mailbox-inbound", "sent"]);
    assert_eq!(all.len(), pure.len() + connected.len(), "what the core exports, the plugin does");
    let everything: Vec<_> = wit.interfaces().into_keys().collect();
    let known = |it: &&&str| {
        let worlds = wit.worlds();
        let plugin = worlds["plugin"];
        wit.items(&plugin.imports).contains_key(**it) || wit.items(&plugin.exports).contains_key(**it)
    };
    assert_eq!(
        everything.iter().filter(known).count(),
        everything.len(),
        "an interface of no world is a draft"
    );
    for types in ["transport", "types"] {
        assert!(wit.interfaces()[types].functions.is_empty(), "hosts have nothing to provide for {types}");
    }
}
