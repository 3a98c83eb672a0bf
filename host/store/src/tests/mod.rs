//! One suite, two databases. SQLite runs with every `cargo test`; PostgreSQL with `cargo xtask test`, which installs it.

mod access;
mod accounts;
mod again;
mod attempts;
mod audit;
mod backup;
mod batches;
mod clock_skew;
mod dump;
mod erasure;
mod fixture;
mod interleavings;
mod invitations;
mod isolation;
mod late_reports;
mod mailbox;
mod mailbox_fixture;
mod mailbox_matrix;
mod mailbox_people;
mod mailbox_words;
mod mails;
mod matrix;
mod notices;
mod orphaned;
mod pauses;
mod platform;
mod queue;
mod quota;
mod recent;
mod reported;
mod reports;
mod schema;
mod secrets;

use super::{Location, Store};
use postroom_cluster::Cluster;
use std::future::Future;
use std::pin::Pin;

type Case = fn(Store) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The cases, each a test of its own on SQLite, and all of them one test on PostgreSQL.
macro_rules! suite {
    ($($group:ident: $($case:ident),+ $(,)?;)+) => {
        $($(
            #[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
                $group::$case(store).await;
            }
        )+)+

        const SUITE: &[(&str, Case)] = &[$($((stringify!($case), |store| Box::pin($group::$case(store)))),+),+];
    };
}

suite! {
    again:
        what_failed_for_everybody_is_asked_for_again_once,
        a_later_revision_forbids_it_whether_it_left_or_failed,
        what_was_emptied_since_it_was_shown_does_not_come_back,
        of_many_who_send_one_mail_again_at_once_one_does_and_the_others_know_it;
    access:
        a1_an_account_shows_itself_to_nobody_but_its_users,
        a1_every_method_of_a_user_refuses_a_forbidden_account_like_a_missing_one,
        a1_every_method_of_an_administrator_stays_in_the_company,
        a1_a_revoked_user_is_out_at_once_and_finds_his_settings_when_he_is_back,
        a1_a_grant_never_crosses_companies;
    accounts:
        what_was_set_up_reads_back_as_it_was_set_up,
        names_are_unique_without_regard_to_case_in_their_company,
        a2_a3_a4_settings_belong_to_a_user_and_an_account,
        a13_the_fallback_is_an_account_of_the_company,
        a13_only_an_administrator_takes_compromised_back,
        d6_folders_are_mapped_by_their_use,
        a_removed_account_leaves_its_mails_and_frees_its_name,
        a_removed_company_leaves_nothing,
        only_the_operator_gives_permissions,
        settings_that_the_plugin_could_not_read_are_refused;
    clock_skew:
        a_clock_that_went_back_leaves_no_mail_behind_and_wakes_none_that_sleeps,
        a_program_goes_on_until_a_migration_says_that_it_must_know_it;
    audit:
        whoever_asks_holds_releases_or_cancels_is_on_record,
        what_the_machinery_does_to_mails_and_accounts_is_on_record,
        no_statement_changes_what_is_on_record,
        a_failed_change_leaves_no_record_and_a_company_takes_its_own_with_it,
        a_log_that_was_changed_behind_the_program_shows_where,
        many_who_write_at_once_make_one_chain_for_each_company;
    backup:
        what_had_not_ended_is_held_until_a_person_speaks;
    erasure:
        an_erased_person_occurs_nowhere_and_every_count_stays,
        nothing_is_erased_while_a_mail_is_leaving,
        mails_that_ended_long_ago_lose_their_content_and_no_others;
    invitations:
        an_invitation_is_used_once_and_by_its_own_company_alone;
    attempts:
        who_takes_and_who_releases_at_the_same_moment_agree_on_what_left,
        a_report_that_contradicts_the_decision_is_an_alarm_and_changes_nothing,
        a_decision_is_about_the_result_that_was_read;
    batches:
        a_batch_is_one_account_s_and_is_found_by_its_name_in_any_case,
        many_who_open_a_batch_of_one_name_at_once_open_one,
        a_batch_is_counted_by_where_its_mails_are_and_what_was_sent_again_once,
        a_word_about_a_half_sent_batch_changes_what_has_not_left_and_says_the_rest,
        a_word_about_mails_is_about_all_of_them_or_none,
        a_word_about_a_batch_decides_no_doubt_and_keeps_the_times_that_were_asked_for,
        an_id_names_that_batch_whatever_others_are_called;
    interleavings:
        two_holders_a_person_and_a_clock_in_every_order;
    isolation:
        a_user_reaches_nothing_of_another_account_or_company_by_any_method,
        an_administrator_reaches_nothing_of_another_company_by_any_method,
        what_a_company_changes_of_its_own_changes_nothing_next_door,
        asking_for_what_another_account_was_asked_for_names_and_changes_nothing,
        the_fallback_is_no_way_around_the_mails_own_account,
        the_record_names_a_user_of_the_company_or_the_administrator;
    late_reports:
        a_report_is_about_a_recipient_of_its_mail_or_about_another_address,
        after_an_erasure_no_report_brings_the_address_back,
        every_text_column_is_erased_or_holds_nothing_of_a_person,
        what_an_erasure_rewrites_it_rewrites_in_every_column;
    mailbox:
        one_program_at_a_time_follows_a_mailbox,
        a_cursor_moves_from_where_it_was_read_and_with_what_it_moved_over,
        a_message_seen_twice_is_one_and_a_similar_one_is_another,
        a_message_that_moves_keeps_its_bookmark_and_conversation,
        a_folder_that_is_numbered_anew_keeps_its_conversations,
        flags_and_folders_are_as_the_server_has_them,
        a_message_is_found_by_its_clues_with_what_is_known_of_it,
        no_subject_of_many_keeps_a_message_from_its_conversation,
        a_message_is_classified_once_and_only_people_are_unread;
    mailbox_people:
        conversations_are_paged_newest_first_and_none_is_left_out,
        a_partner_s_conversations_are_those_of_all_their_addresses,
        a1_a_contact_of_an_account_is_seen_by_its_users_alone,
        a1_a_partner_of_an_account_has_no_name_in_another_mailbox,
        what_two_people_change_at_once_one_of_them_learns_of_it,
        d9_what_is_private_is_in_no_list_count_subject_or_search_of_others,
        d9_what_a_server_finds_of_the_private_and_the_erased_is_hidden,
        d10_what_people_split_and_join_the_rules_leave_alone,
        conversations_that_become_one_lose_nothing_that_people_did,
        the_rules_join_no_conversations_of_two_partners,
        a_bookmark_is_its_user_s_or_shared;
    mailbox_words:
        words_are_found_in_subjects_people_files_and_numbers,
        no_search_is_syntax_of_a_database,
        bodies_are_searched_where_that_is_wanted_and_forgotten_where_it_is_not,
        an_erased_person_is_taken_out_of_the_index_and_does_not_come_back,
        retention_takes_old_messages_out_of_the_index,
        an_account_or_company_that_is_removed_takes_its_index_with_it;
    mails:
        a_kept_mail_comes_back_byte_for_byte,
        a11_the_mails_of_an_account_are_listed_newest_first,
        an_attempt_is_on_disk_before_it_is_made,
        nobody_sends_while_an_attempt_is_open,
        what_came_of_an_attempt_is_kept_though_access_was_revoked,
        a13_a_fallback_is_an_attempt_of_its_own_by_the_companys_fallback_account,
        facts_are_a_set,
        what_strangers_write_is_kept_within_bounds,
        many_at_once_lose_nothing;
    notices:
        a_status_change_is_added_with_every_fact_of_a_company_that_has_records_and_of_no_other,
        notices_are_told_in_order_for_each_document_and_once_per_id,
        one_lease_owner_notifies_a_company_at_a_time_and_a_dead_one_leaves_nothing,
        a_person_is_erased_in_notices_too_and_a_company_takes_them_with_it;
    pauses:
        an_account_is_paused_once_and_each_try_in_vain_makes_it_longer,
        mails_of_an_account_that_was_put_right_go_on_at_once,
        what_left_before_a_refusal_is_the_pace_from_then_on;
    platform:
        a14_an_address_on_the_platform_is_one_companys_for_ever,
        a14_a_company_that_is_renamed_claims_its_new_address_and_keeps_the_old_one,
        a14_companies_that_come_to_the_platform_at_once_share_no_address,
        a14_nobody_comes_to_the_platform_without_a_claim;
    recent:
        a_mail_that_was_enqueued_here_is_claimed_as_it_would_be_read,
        a_mail_is_handed_over_once_and_while_a_worker_claims,
        what_happened_to_a_mail_since_it_was_enqueued_is_read;
    queue:
        more_who_work_at_once_than_there_are_connections_all_come_to_an_end,
        f3_the_same_question_twice_is_one_mail_and_again_is_another,
        f3_many_who_ask_the_same_at_once_get_one_mail,
        no_two_holders_have_a_mail_and_a_dead_ones_come_back,
        a_pace_slows_down_and_loses_nothing,
        the_journal_writes_many_at_once_and_refuses_each_by_itself,
        what_is_said_of_one_mail_at_once_counts_in_its_order,
        what_failed_for_everybody_is_sent_again_when_it_is_asked_for_again,
        what_has_left_is_nobodys_to_take,
        who_took_a_mail_in_doubt_and_fell_silent_hides_no_doubt_from_a_person,
        what_waits_for_its_account_goes_on_with_it,
        a_logo_is_kept_once_however_many_mails_carry_it;
    quota:
        a_full_day_puts_mails_off_and_the_oldest_makes_room_for_the_next,
        what_is_in_hand_counts_and_puts_nothing_off,
        days_of_mails_leave_day_by_day_each_once,
        a_clock_gone_back_leaves_no_account_without_room;
    orphaned:
        mails_of_a_removed_account_are_held_and_say_so,
        a_mail_in_hand_when_its_account_is_removed_ends_as_its_lease_owner_reports,
        what_was_held_for_a_setting_goes_on_with_another;
    reports:
        a_report_finds_its_mail_by_attempt_and_by_every_message_id,
        a_dead_address_is_not_written_to_until_somebody_releases_it,
        spellings_of_one_address_are_one_and_words_are_bounded;
    reported:
        a_report_finds_the_mail_that_its_account_submitted_and_no_other,
        a_pixel_is_judged_by_when_the_mail_left_and_what_is_known,
        c4_how_an_opening_is_checked_is_remembered_for_each_mail;
    secrets:
        a_sealed_secret_is_found_by_owner_and_kind_alone,
        a_sealed_secret_is_replaced_only_by_who_saw_it_last,
        secrets_go_with_their_account_and_company,
        a_secret_is_written_under_a_key_that_is_in_use_and_under_no_other,
        what_was_given_for_one_server_goes_when_the_account_has_another;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test e2e"]
async fn the_whole_suite_holds_on_postgresql() {
    let cluster = Cluster::start();
    let mut failed = Vec::new();
    for (number, (name, case)) in SUITE.iter().enumerate() {
        let store = Store::open(&cluster.database(&format!("case_{number}")).parse().unwrap()).await.unwrap();
        let open = store.clone();
        if let Err(error) = tokio::spawn(async move { case(store).await }).await {
            failed.push(format!("{name}: {error}"));
        }
        open.close().await;
    }
    assert!(failed.is_empty(), "{} of {} cases fail:\n{}", failed.len(), SUITE.len(), failed.join("\n"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test e2e"]
async fn programs_that_start_at_once_on_postgresql_bring_the_schema_up_to_date_once() {
    let cluster = Cluster::start();
    let location: Location = cluster.database("at_once").parse().unwrap();
    let opened = (0..4).map(|_| {
        let location = location.clone();
        tokio::spawn(async move { Store::open(&location).await.map(|_| ()) })
    });
    for task in opened.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test e2e"]
async fn a_postgresql_server_that_goes_away_is_an_error_that_passes() {
    let cluster = Cluster::start();
    let store = Store::open(&cluster.database("gone").parse().unwrap()).await.unwrap();
    assert_eq!(store.companies().await.unwrap(), []);
    cluster.stop();
    let error = store.companies().await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    cluster.again();
    assert_eq!(store.companies().await.unwrap(), []);
}
