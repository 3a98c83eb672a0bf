//! What a business system embeds: the engine that runs the plugin, the outbox, what comes in, the vault, and the use cases over them.
//!
//! Arrows go one way: [`app`] → [`outbox`], [`inbound`] → [`engine`] → [`transport`], and [`connections`] → [`vault`],
//! [`transport`]. The command line and the web server are crates of their own and call [`app`]. The rules of business e-mail are
//! not here but in the plugin; see `wit/` for the contract between the two.
//!
//! A business system embeds it in ten lines:
//!
//! ```no_run
//! use postroom::transport::smtp::{Account, Login, Mechanism, Secret, Security};
//! use postroom::{contract::types::Address, engine::*, outbox::*};
//!
//! # async fn send(password: String, id: &str, now: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let login = Login { user: "office".into(), secret: Secret::password(password), mechanism: Mechanism::Auto };
//! let account = Account { login: Some(login), ..Account::new("office", "smtp.example.com", Security::Tls) };
//! let engine = Engine::load("postroom.wasm", &Options::default())?;
//! let plugin = engine.company_plugin("Atelier Nord", Capabilities::over_smtp([account]));
//! let sender = Address { name: None, address: "office@example.com".into() };
//! let mut draft = Draft::of_file("invoice.xml".as_ref(), sender, id.into(), now.into())?;
//! draft.attach("invoice.pdf".as_ref(), "pdf")?;
//! let ready = draft.compose(&plugin).await?; // keep it: nothing is sent before the intent is durable
//! let sent = ready.send(&plugin, &Attempt::by("office", now)).await?;
//! println!("{:?}: {}", sent.timeline.status, sent.timeline.reason.detail);
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod app;
pub mod config;
pub mod connections;
pub mod engine;
pub mod fact_conversion;
pub mod inbound;
pub mod link_token;
pub mod mail_clients;
pub mod mailbox;
pub mod outbox;
pub mod records;
pub mod return_address;
pub mod vault;

pub use postroom_contract as contract;
pub use postroom_model as model;
pub use postroom_store as store;
pub use postroom_transport as transport;
