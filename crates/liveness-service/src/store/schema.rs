// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tables of a store, and the check that the file has these and no others.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error};

use super::failed;
use crate::failure::Failure;

/// Schema version. Version 1 (0.1.0) stored times, statuses and URLs unencrypted.
pub const VERSION: i64 = 2;
const TABLES: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, session_id TEXT NOT NULL, event TEXT NOT NULL,
        signature BLOB NOT NULL) STRICT;
    CREATE TABLE sessions (session_id TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE faces (face_id TEXT PRIMARY KEY, details BLOB NOT NULL, embedding BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (event_id TEXT PRIMARY KEY, event BLOB NOT NULL, schedule BLOB NOT NULL) STRICT, WITHOUT ROWID;";

/// Hardens a connection to a file that may have been tampered with. The settings belong to the connection,
/// not to the file.
///
/// # Errors
/// SQLite refuses a setting.
pub fn harden(connection: &Connection) -> Result<(), Failure> {
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, value).map_err(failed)?;
    }
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;").map_err(failed)
}

/// Creates the tables in an empty file.
///
/// # Errors
/// The file cannot be written.
pub fn make(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch(TABLES).map_err(failed)?;
    connection.pragma_update(None, "user_version", VERSION).map_err(failed)
}

/// Returns true if the file has no version and no tables yet.
///
/// # Errors
/// The file cannot be read.
pub fn is_empty(connection: &Connection) -> Result<bool, Failure> {
    Ok(version(connection)? == 0 && objects(connection).map_err(failed)?.is_empty())
}

/// Checks that the file has exactly the tables that this version creates.
///
/// # Errors
/// The version differs, or a table, column, index, view or trigger was added or removed: a trigger or a view
/// could hide rows.
pub fn check(connection: &Connection) -> Result<(), Failure> {
    match version(connection)? {
        VERSION => {}
        1 => {
            return Err(Failure::data(
                "it was made by liveness-launch 0.1.0, whose stores are not read any more: begin a new file",
            ));
        }
        0 => return Err(Failure::data("it is no store of liveness-launch")),
        newer => {
            let text = format!("it is of version {newer}, and this program reads version {VERSION}");
            return Err(Failure::data(text));
        }
    }
    let own = Connection::open_in_memory().and_then(|empty| {
        empty.execute_batch(TABLES)?;
        objects(&empty)
    });
    let (own, found) = (own.map_err(failed)?, objects(connection).map_err(failed)?);
    if let Some((kind, name, ..)) = found.iter().find(|object| !own.contains(object)) {
        let text = format!(
            "it has the {kind} {name:?}, which this program has not made: somebody has tampered with it"
        );
        return Err(Failure::data(text));
    }
    match own.iter().find(|object| !found.contains(object)) {
        Some((kind, name, ..)) => Err(Failure::data(format!("its {kind} {name:?} has been removed"))),
        None => Ok(()),
    }
}

/// Returns SQLite's schema version, which changes with every added or removed table, view or trigger.
///
/// # Errors
/// The file cannot be read.
pub fn cookie(connection: &Connection) -> Result<i64, Failure> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0)).map_err(failed)
}

fn version(connection: &Connection) -> Result<i64, Failure> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)
}

/// Type, name, table and SQL of a schema object.
type Object = (String, String, String, Option<String>);

fn objects(connection: &Connection) -> Result<Vec<Object>, Error> {
    let query = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    rows.collect()
}
