//! The exports, an interface each: what [`export_interfaces!`](crate::export_interfaces) is made of. The generator gives names
//! to what it makes for an interface that are not meant to be written; they are written here alone.

pub use super::bindings::exports::postroom::plugin::accounts::__export_postroom_plugin_accounts_0_1_0_cabi as accounts;
pub use super::bindings::exports::postroom::plugin::composing::__export_postroom_plugin_composing_0_1_0_cabi as composing;
pub use super::bindings::exports::postroom::plugin::delivery::__export_postroom_plugin_delivery_0_1_0_cabi as delivery;
pub use super::bindings::exports::postroom::plugin::documents::__export_postroom_plugin_documents_0_1_0_cabi as documents;
pub use super::bindings::exports::postroom::plugin::drafts::__export_postroom_plugin_drafts_0_1_0_cabi as drafts;
pub use super::bindings::exports::postroom::plugin::inbound::__export_postroom_plugin_inbound_0_1_0_cabi as inbound;
pub use super::bindings::exports::postroom::plugin::info::__export_postroom_plugin_info_0_1_0_cabi as info;
pub use super::bindings::exports::postroom::plugin::letters::__export_postroom_plugin_letters_0_1_0_cabi as letters;
pub use super::bindings::exports::postroom::plugin::mailbox::__export_postroom_plugin_mailbox_0_1_0_cabi as mailbox;
pub use super::bindings::exports::postroom::plugin::mailbox_inbound::__export_postroom_plugin_mailbox_inbound_0_1_0_cabi as mailbox_inbound;
pub use super::bindings::exports::postroom::plugin::matching::__export_postroom_plugin_matching_0_1_0_cabi as matching;
pub use super::bindings::exports::postroom::plugin::openings::__export_postroom_plugin_openings_0_1_0_cabi as openings;
pub use super::bindings::exports::postroom::plugin::reading::__export_postroom_plugin_reading_0_1_0_cabi as reading;
pub use super::bindings::exports::postroom::plugin::recipients::__export_postroom_plugin_recipients_0_1_0_cabi as recipients;
pub use super::bindings::exports::postroom::plugin::schedule::__export_postroom_plugin_schedule_0_1_0_cabi as schedule;
pub use super::bindings::exports::postroom::plugin::sent::__export_postroom_plugin_sent_0_1_0_cabi as sent;
pub use super::bindings::exports::postroom::plugin::suppressions::__export_postroom_plugin_suppressions_0_1_0_cabi as suppressions;
pub use super::bindings::exports::postroom::plugin::templates::__export_postroom_plugin_templates_0_1_0_cabi as templates;
pub use super::bindings::exports::postroom::plugin::tracking::__export_postroom_plugin_tracking_0_1_0_cabi as tracking;
pub use super::bindings::exports::postroom::plugin::webhooks::__export_postroom_plugin_webhooks_0_1_0_cabi as webhooks;

/// Exports the interfaces named, implemented by a type: `export_interfaces!(Component: info accounts)`.
///
/// The artefact says which world that is by a `generate!` of its own.
#[macro_export]
macro_rules! export_interfaces {
    ($component:ident: $($interface:ident)*) => { $(
        $crate::component::export_macros::$interface!(
            $component with_types_in $crate::component::bindings::exports::postroom::plugin::$interface
        );
    )* };
}
