//! The plugin under test, loaded once, and offices in which it works.

use postroom::engine::{Accounts, Capabilities, CompanyPlugin, Engine, Options};
use postroom::transport::smtp::{Account, SmtpClient};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// `$POSTROOM_PLUGIN`, or what `cargo xtask plugin` makes.
pub(crate) fn plugin() -> &'static Path {
    static PLUGIN: OnceLock<PathBuf> = OnceLock::new();
    PLUGIN.get_or_init(|| {
        if let Some(named) = std::env::var_os("POSTROOM_PLUGIN") {
            return named.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["xtask", "plugin"]).current_dir(project()).status();
        assert!(built.expect("cargo runs").success(), "`cargo xtask plugin` fails");
        project().join("target/plugin/postroom.wasm")
    })
}

/// Where compiled code is kept, for the program's runs too.
pub(crate) fn cache() -> &'static Path {
    // Loading it here first compiles it once instead of once in each of several programs at the same time.
    engine();
    cache_folder()
}

fn cache_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled"))
}

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in a folder of the project")
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        std::fs::create_dir_all(cache_folder()).expect("a folder for compiled code");
        let options = Options { cache: Some(cache_folder().to_owned()), ..Options::default() };
        Engine::load(plugin(), &options).expect("the plugin loads")
    })
}

/// Opens the plugin with one account, named office, over the network.
pub(crate) fn company_plugin(account: Account) -> CompanyPlugin {
    engine().company_plugin(
        "tests",
        Capabilities {
            accounts: Arc::new(Accounts::from([("office".to_owned(), account)])),
            submitter: Arc::new(SmtpClient::default()),
            log: Arc::new(|_, level, text| eprintln!("plugin: {level:?}: {text}")),
            ..Capabilities::default()
        },
    )
}
