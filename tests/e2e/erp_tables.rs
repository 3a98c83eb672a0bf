//! The tables that a business system keeps (`component/python/erp.sql`) in PostgreSQL. The loop on them is tested in SQLite.

use postroom_cluster::Cluster;

#[test]
fn an_erps_tables_are_made_in_postgresql_and_making_them_again_changes_nothing() {
    let cluster = Cluster::start();
    cluster.database("erp");
    let path = postroom_tests::fixtures::folder().join("component/python/erp.sql");
    let tables = std::fs::read_to_string(path).unwrap();
    let account = "INSERT INTO mail_account (company, name, transport) VALUES ('nord', 'office', 'smtp')";
    let mail = "INSERT INTO mail (id, company, document, use_case, request, created, outgoing, message_id, subject, account, \
                next_at) VALUES ('1', 'nord', 'F-1', 'new', 'button', '2026-11-22T08:30:00Z', '{}', '<1@nord.example>', 's', \
                'office', '2026-11-22T08:30:00Z')";
    let file = "INSERT INTO mail_file VALUES ('1', 1, 'a.pdf', 'application/pdf', 'pdf', '\\x25504446')";
    cluster.execute("erp", &[&tables, account, mail, file, &tables]);
    // What the second run left: both rows, each with its defaults.
    let check = "DO $$ BEGIN ASSERT (SELECT count(*) FROM mail JOIN mail_file ON mail = mail.id WHERE state = 'due' AND NOT held \
                 AND revision = 0 AND octet_length(content) = 4) = 1; END $$";
    cluster.execute("erp", &[check]);
}
