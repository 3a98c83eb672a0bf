//! The people of messages as they are stored: a list of lists, since a mailbox has hundreds of thousands of them.

use crate::StoreError;
use crate::mailbox::types::{Person, PersonRole};
use crate::sql::row;
use sqlx::any::AnyRow;

/// Converts people to their column.
pub(crate) fn people_column(people: &[Person]) -> Result<String, StoreError> {
    let row = |person: &Person| (letter(person.role), person.name.clone(), person.address.clone());
    row::to_json(&people.iter().map(row).collect::<Vec<_>>())
}

/// Reads the column `people`.
pub(crate) fn people_of(row: &AnyRow) -> Result<Vec<Person>, StoreError> {
    let people: Vec<(char, Option<String>, String)> = row::json(row, "people")?;
    let person = |(letter, name, address)| Ok(Person { role: role(letter)?, name, address });
    people.into_iter().map(person).collect()
}

fn letter(role: PersonRole) -> char {
    match role {
        PersonRole::From => 'f',
        PersonRole::To => 't',
        PersonRole::Cc => 'c',
        PersonRole::Bcc => 'b',
        PersonRole::ReplyTo => 'r',
    }
}

fn role(letter: char) -> Result<PersonRole, StoreError> {
    let roles = [PersonRole::From, PersonRole::To, PersonRole::Cc, PersonRole::Bcc, PersonRole::ReplyTo];
    let found = roles.into_iter().find(|role| self::letter(*role) == letter);
    found.ok_or_else(|| StoreError::Damaged(format!("the role of a person: {letter}")))
}
