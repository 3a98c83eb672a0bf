//! Everything a person or CI runs: `cargo xtask plugin | demo | test | sheet | fuzz | bench | presets | clients | tidy`.
//!
//! `demo` and `test` are the two commands of the README: on a fresh machine they install what they lack, say so,
//! and then do their job.

mod bench;
mod checks;
mod clients;
mod contract;
mod demo;
mod deny;
mod foreign;
mod fuzz;
mod packages;
mod plugin;
mod presets;
mod progress;
mod run;
mod test;
mod tidy;

use anyhow::bail;
use plugin::Artefact;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  plugin [--for-tests]
                  build target/plugin/postroom.wasm and target/plugin/postroom-core.wasm, with the contract beside
                  them as postroom.wit and postroom.wit.wasm; for the component tests also postroom-misbehave.wasm
  demo [OPTIONS]  send a sample company's mails to a catcher inside the program; options go to `postroom demo`
  test [TIER…]    everything CI checks, or some of: checks, unit, clients, component, e2e, fuzz
  sheet           draw every kind, use case and language in light, dark and on a phone: target/sheet/*.png, all in
                  target/sheet/all.png
  fuzz [TARGET…] [--seconds N] [--minimise]
                  feed every fuzz target, or those named, with input made up for it: for 60 seconds each, or N; with
                  --minimise keep the smallest set of inputs that reaches all that was reached
  bench compose [--json]
                  composing in the sandbox against the same code native and against other languages
  bench send [--json] [--mails N] [--queued N] [--only NAME] [--workers]
                  a thousand invoices to one server, with and without the outbox, against other languages; then
                  100,000 that wait; with --workers also 1, 2 and 4 workers on PostgreSQL
  presets FOLDER  compare the mail providers that are known (guest/src/domain/account/providers.txt) with a copy of
                  Thunderbird's database, github.com/thunderbird/autoconfig: servers, ports, security, logins and
                  domains, as a table of what differs; FOLDER is the checkout, or its folder ispdb
  clients [FILE]  make the host's data of mail clients (host/postroom/src/mail_clients/data/caniemail.json) anew: from the npm package
                  `caniemail`, or from FILE, what caniemail.com publishes as data.json
  tidy [--names | --prose | --documents]
                  layering, names, rules and the truth of documents; with --names list every name that the project does
                  not use, with --prose every docstring and comment to reword, with --documents what documents name and
                  is not there

Environment:
  CARGO_TARGET_DIR       where to build; the plugin is copied to target/plugin all the same
  POSTROOM_NO_INSTALL=1  never install packages: fail and say what is missing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<()> {
    let (command, rest) = match arguments {
        [] => {
            println!("{HELP}");
            return Ok(());
        }
        [command, rest @ ..] => (command.as_str(), rest),
    };
    match command {
        "plugin" if rest == ["--for-tests"] => plugin::build(Artefact::ALL),
        "plugin" => plugin::build(Artefact::SHIPPED),
        "demo" => demo::run(rest),
        "test" => test::run(rest),
        "sheet" => test::sheet(),
        "fuzz" => fuzz::run(rest),
        "bench" => bench::run(rest),
        "clients" => clients::run(rest),
        "presets" => presets::run(rest),
        "tidy" if rest == ["--names"] => tidy::list_names(),
        "tidy" if rest == ["--prose"] => tidy::list_prose(),
        "tidy" if rest == ["--documents"] => tidy::list_documents(),
        "tidy" => tidy::run(),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("no such command \"{other}\"\n\n{HELP}"),
    }
}
