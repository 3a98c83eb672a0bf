//! The methods of a mailbox, called with another's ids: a part of the matrix.

use super::matrix::{Called, Foreign, describe, now};
use crate::*;
use postroom_model::*;

/// Filters of conversations by another's ids, and by what is in them.
fn conversation_filters(of: &Foreign) -> Vec<ConversationFilter> {
    let filter = || ConversationFilter { limit: 10, ..ConversationFilter::default() };
    vec![
        ConversationFilter { accounts: vec![of.account], ..filter() },
        ConversationFilter { partner: Some(of.partner.clone()), ..filter() },
        ConversationFilter { address: Some(of.contact.to_string()), ..filter() },
        ConversationFilter { folder: Some(of.folder), ..filter() },
        ConversationFilter { text: Some(of.word.clone()), ..filter() },
        ConversationFilter { assignee: Some(of.user), ..filter() },
        ConversationFilter { after: Some((now(), of.conversations[0])), bookmarked: true, ..filter() },
    ]
}

fn searches(of: &Foreign) -> Vec<SearchFilter> {
    let filter = || SearchFilter { text: of.word.clone(), limit: 10, ..SearchFilter::default() };
    vec![
        filter(),
        SearchFilter { accounts: vec![of.account], ..filter() },
        SearchFilter { folder: Some(of.folder), ..filter() },
        SearchFilter { partner: Some(of.partner.clone()), ..filter() },
    ]
}

/// The same calls for both types: they have the same methods of a mailbox, with few exceptions.
macro_rules! call_mailbox {
    ($store:ident, $of:ident, $own:ident, $add:ident) => {
        for filter in conversation_filters($of) {
            $add("conversations", describe($store.conversations(&filter).await));
        }
        for filter in searches($of) {
            $add("search_messages", describe($store.search_messages(&filter).await));
        }
        let [one, other] = $of.conversations;
        for id in [one, other] {
            $add("conversation", describe($store.conversation(id).await));
            $add("set_done", describe($store.set_done(id, false, true).await));
            $add("assign", describe($store.assign(id, None, Some($own)).await));
            $add("assign", describe($store.assign(id, None, None).await));
            $add("add_note", describe($store.add_note(id, "a note", now()).await));
            $add(
                "set_conversation_private",
                describe($store.set_conversation_private(id, true, now()).await),
            );
        }
        $add("join", describe($store.join(one, other).await));
        $add("mailbox_message", describe($store.mailbox_message($of.message).await));
        $add("split", describe($store.split($of.message).await));
        $add("set_message_private", describe($store.set_message_private($of.message, true, now()).await));
        $add("bookmarks", describe($store.bookmarks(&[$of.account]).await));
        $add("remove_bookmark", describe($store.remove_bookmark($of.bookmark).await));
        $add("map_folder", describe($store.map_folder($of.folder, Some("mine"), 1).await));
        $add("mailbox_folder_list", describe($store.mailbox_folder_list(&[$of.account]).await));
        $add("partner_contacts", describe($store.partner_contacts(&$of.partner).await));
        $add("remove_contact", describe($store.remove_contact(&$of.partner, &$of.contact).await));
        $add("set_index_bodies", describe($store.set_index_bodies($of.account, true, now()).await));
    };
}

pub(super) async fn mailbox_as_user(user_store: UserStore<'_>, of: &Foreign, called: &mut Vec<Called>) {
    let mut add = |method: &str, answer: String| called.push((method.to_owned(), answer));
    let own = user_store.user().await.map_or_else(|_| UserId::new(), |user| user.id);
    call_mailbox!(user_store, of, own, add);
    for is_shared in [true, false] {
        add("bookmark", describe(user_store.bookmark(of.message, "mine", is_shared).await));
    }
    add("hidden_places", describe(user_store.hidden_places(of.account, of.folder, 7, &[1, 2]).await));
    let until = Some(now());
    add("set_answering", describe(user_store.set_answering(of.conversations[0], now(), until).await));
}

pub(super) async fn mailbox_as_administrator(
    admin: CompanyStore<'_>,
    own: UserId,
    of: &Foreign,
    called: &mut Vec<Called>,
) {
    let mut add = |method: &str, answer: String| called.push((method.to_owned(), answer));
    call_mailbox!(admin, of, own, add);
    add("bookmark", describe(admin.bookmark(of.message, "ours").await));
}
