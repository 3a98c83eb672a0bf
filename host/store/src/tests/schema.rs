//! What is in the database, by its own schema: so that no column is forgotten in a test.

use crate::Store;
use crate::schema::dialect::Dialect;
use sqlx::AssertSqlSafe;

/// Every column that holds text, as table and column; those of the migrations' own table are left out.
pub(super) async fn text_columns(store: &Store) -> Vec<(String, String)> {
    let sql = match store.dialect {
        Dialect::Sqlite => {
            "select t.name as tab, c.name as col from sqlite_master as t, pragma_table_info(t.name) as c \
             where t.type = 'table' and t.name not like 'sqlite_%' and upper(c.type) = 'TEXT' order by 1, 2"
        }
        Dialect::Postgres => {
            "select cast(c.table_name as text) as tab, cast(c.column_name as text) as col \
             from information_schema.columns as c join information_schema.tables as t \
             on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE' \
             where c.table_schema = current_schema() and c.data_type in ('text', 'character varying', 'jsonb', 'json') \
             order by 1, 2"
        }
    };
    let columns: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&store.pool).await.unwrap();
    columns.into_iter().filter(|(table, _)| table != "_sqlx_migrations").collect()
}

/// Everything in the database that is text, each with the column it is in.
pub(super) async fn everything(store: &Store) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (table, column) in text_columns(store).await {
        let sql = format!("select {column} from {table} where {column} is not null");
        let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&store.pool).await.unwrap();
        all.extend(found.into_iter().map(|text| (format!("{table}.{column}"), text)));
    }
    all
}
