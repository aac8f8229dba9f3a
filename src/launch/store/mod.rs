//! What outlives a session: sessions, faces, the audit log and events not yet delivered, in one SQLite file.
//!
//! All that tells of people is sealed (ChaCha20-Poly1305); the audit log is a chain of signatures (HMAC-SHA256). A
//! transaction is on the disk before anybody is told of it.

pub mod audit;
pub mod faces;
mod keys;
pub mod outbox;
pub mod places;
mod roster;
pub mod sessions;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use rustix::fs::FileType;

use super::cli::StoreArgs;
use super::failure::Failure;
use super::private::Folder;
use super::secret;
use keys::Keys;

const VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE sessions (
        session_id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        expires_at TEXT, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_by_time ON sessions (updated_at);
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, session_id TEXT NOT NULL, event TEXT NOT NULL,
        signature BLOB NOT NULL) STRICT;
    CREATE TABLE faces (
        face_id TEXT PRIMARY KEY, list TEXT NOT NULL, session_id TEXT, added_at TEXT NOT NULL, details BLOB NOT NULL,
        embedding BLOB NOT NULL) STRICT;
    CREATE TABLE outbox (
        event_id TEXT PRIMARY KEY, url TEXT NOT NULL, session_id TEXT NOT NULL, body BLOB NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL) STRICT;
    CREATE INDEX outbox_by_time ON outbox (url, due);
    CREATE INDEX outbox_by_session ON outbox (session_id);";
/// What the right key opens: that the log has had a head from the beginning, which stores of old had only from their first event.
const CHECK: &str = "check";
const HEADED: &[u8] = b"headed";
const BUSY: Duration = Duration::from_secs(10);

pub struct Store {
    connection: Connection,
    keys: Arc<Keys>,
}

impl Store {
    /// Opens or makes the store; `secret` is its key.
    pub fn open(path: &Path, secret: &[u8]) -> Result<Self, Failure> {
        let about = |failure: Failure| failure.about(format!("the store {}", path.display()));
        let whole = made(path).map_err(|e| about(Failure::no_input(e.to_string())))?;
        let keys = Arc::new(Keys::new(secret)?);
        let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(whole, flags).map_err(failed).map_err(about)?;
        let store = Self { connection, keys };
        store.prepare().map_err(about)?;
        Ok(store)
    }

    /// The one that the command line names. Only what adds to it makes a new one: else it is a typing error.
    pub fn of(args: &StoreArgs, make: bool) -> Result<Self, Failure> {
        let path = args.store.as_ref().ok_or_else(|| Failure::usage("--store FILE says which store"))?;
        if !make && !path.exists() {
            return Err(Failure::no_input(format!("there is no store {}", path.display())));
        }
        let variable = args.key_file.is_none().then_some("LIVENESS_STORE_KEY");
        Self::open(path, &secret::read("the store's key", args.key_file.as_deref(), variable, &args.secrets)?)
    }

    fn prepare(&self) -> Result<(), Failure> {
        self.connection.busy_timeout(BUSY).map_err(failed)?;
        self.connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;",
            )
            .map_err(failed)?;
        self.change(|connection| {
            let version: i64 =
                connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
            match version {
                0 => {
                    connection.execute_batch(SCHEMA).map_err(failed)?;
                    connection.pragma_update(None, "user_version", VERSION).map_err(failed)?;
                    self.begin_log(connection)
                }
                VERSION => {
                    let check =
                        self.get(connection, CHECK)?.and_then(|sealed| self.keys.open(CHECK, &sealed));
                    let check = check.ok_or_else(|| Failure::usage("the key does not fit"))?;
                    if check == HEADED { Ok(()) } else { self.begin_log(connection) }
                }
                newer => Err(Failure::data(format!(
                    "it is of version {newer}, this program knows up to {VERSION}"
                ))),
            }
        })
    }

    /// From here on a log without a head is one whose head was removed.
    fn begin_log(&self, connection: &Connection) -> Result<(), Failure> {
        self.sign_empty(connection)?;
        self.set(connection, CHECK, &self.keys.seal(CHECK, HEADED)?)
    }

    /// Makes a change that is there whole, on the disk, or not at all.
    fn change<T>(&self, change: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).map_err(failed)?;
        let outcome = change(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(outcome)
    }

    fn get(&self, connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, Failure> {
        let found = connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
        found.optional().map_err(failed)
    }

    fn set(&self, connection: &Connection, name: &str, value: &[u8]) -> Result<(), Failure> {
        let set = connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![name, value]);
        set.map(|_| ()).map_err(failed)
    }

    /// What was sealed in `place`.
    fn opened(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        self.keys
            .open(place, sealed)
            .ok_or_else(|| Failure::data(format!("the store's {place} has been tampered with")))
    }
}

/// Makes the store's file (0600) unless it is there; returns its path without symbolic links. SQLite opens this file and makes
/// others beside it by their names, with the same rights: nobody else may write to the folder.
fn made(path: &Path) -> io::Result<PathBuf> {
    let (folder, name) = Folder::unshared_around(path)?;
    if folder.kind(&name)?.is_none() {
        match folder.create(&name) {
            // Another session was faster.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => drop(made?),
        }
    }
    if folder.kind(&name)? != Some(FileType::RegularFile) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok(parent.unwrap_or(Path::new(".")).canonicalize()?.join(name))
}

/// SQLite's errors as what the operator can do something about.
fn failed(error: rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Failure::output("the disk is full"),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Failure::output("it cannot be written"),
        Some(ErrorCode::SystemIoFailure) => {
            Failure::output(format!("the file system refuses: {error} (is there room?)"))
        }
        Some(ErrorCode::CannotOpen) => Failure::no_input("it cannot be opened"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::output("another program keeps it busy")
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Failure::data("it is damaged, or no store at all")
        }
        _ => Failure::data(format!("it cannot be used: {error}")),
    }
}

#[cfg(test)]
mod tests;
