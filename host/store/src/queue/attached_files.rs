//! Storing the files of mails that enter the outbox: a row for each file of each mail, and its bytes once for the company.

use crate::StoreError;
use crate::error::or_taken;
use crate::mail::types::FilePlace;
use crate::queue::enqueue::Entering;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use data_encoding::HEXLOWER;
use postroom_model::MailId;
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeMap;

/// Inserts the files of mails: one on a disk by its path, any other by its bytes.
pub(crate) async fn insert_files(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct FileRow<'a> {
        mail: String,
        handle: u32,
        name: String,
        media_type: String,
        role: String,
        size: i64,
        sha256: String,
        path: Option<&'a str>,
    }
    let (mut all, mut contents) = (Vec::new(), BTreeMap::new());
    for (mail, file) in entering.iter().flat_map(|it| it.mail.files.iter().map(|file| (it.mail.id, file))) {
        let path = match &file.place {
            FilePlace::Disk(path) => {
                let text = path.to_str().filter(|_| path.is_absolute());
                Some(text.ok_or_else(|| StoreError::invalid("file", "expected an absolute path in UTF-8"))?)
            }
            FilePlace::Stored(content) => {
                contents.entry(file.sha256).or_insert((mail, content));
                None
            }
        };
        all.push(FileRow {
            mail: mail.to_string(),
            handle: file.handle,
            name: row::without_zeros(&file.name),
            media_type: row::without_zeros(&file.media_type),
            role: row::without_zeros(&file.role),
            size: row::whole(file.size),
            sha256: HEXLOWER.encode(&file.sha256),
            path,
        });
    }
    for (sha256, (mail, content)) in contents {
        insert_content(connection, mail, sha256, content).await?;
    }
    if all.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into files (mail, handle, name, media_type, role, size, sha256, path) \
         select {}, {}, {}, {}, {}, {}, {}, {} from {}",
        each.text("mail"),
        each.number("handle"),
        each.text("name"),
        each.text("media_type"),
        each.text("role"),
        each.number("size"),
        each.bytes("sha256"),
        each.text("path"),
        each.row(),
    );
    rows::bulk_query(sql, &all)?
        .execute(connection)
        .await
        .map_err(or_taken("a file", "of the same number"))?;
    Ok(())
}

/// Stores the bytes of a file once for the company, however many mails carry it: a logo is in every mail.
async fn insert_content(
    connection: &mut AnyConnection,
    mail: MailId,
    sha256: [u8; 32],
    content: &[u8],
) -> Result<(), StoreError> {
    let known = sqlx::query(
        "select 1 from contents join mails on mails.company = contents.company where mails.id = $1 and sha256 = $2",
    );
    let known = known.bind(mail.to_string()).bind(sha256.to_vec()).fetch_optional(&mut *connection).await?;
    if known.is_some() {
        return Ok(());
    }
    sqlx::query(
        "insert into contents (company, sha256, content) select company, $1, $2 from mails where id = $3 \
         on conflict (company, sha256) do nothing",
    )
    .bind(sha256.to_vec())
    .bind(content.to_vec())
    .bind(mail.to_string())
    .execute(connection)
    .await?;
    Ok(())
}
