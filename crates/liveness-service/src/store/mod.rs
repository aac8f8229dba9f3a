// SPDX-License-Identifier: MIT OR Apache-2.0

//! The persistent store: sessions, faces, the audit log and undelivered webhook events, in one SQLite file.
//!
//! Rows are sealed: encrypted and authenticated with ChaCha20-Poly1305, and bound to their place in the file.
//! The audit log is a chain of HMAC-SHA256 signatures. A row is used only if the log describes it. A
//! transaction is on disk before its result is reported.

pub mod audit;
pub mod faces;
mod keys;
pub mod ledger;
pub mod outbox;
pub mod places;
pub mod review;
mod schema;
pub mod sessions;

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use rustix::fs::FileType;

use super::failure::Failure;
use super::private::Folder;
use keys::Keys;
use ledger::Ledger;

/// Entry of `meta` that only the right key opens.
const CHECK: &str = "check";
/// Entry of `meta` with the salt of the key derivation.
const SALT: &str = "salt";
/// All entries of the table `meta`, except the pauses of servers.
const META: [&str; 3] = [SALT, CHECK, audit::HEAD];
/// Time to wait for another process that locks the file.
const BUSY: Duration = Duration::from_secs(10);

/// An open store.
pub struct Store {
    connection: Connection,
    keys: Keys,
    salt: [u8; 32],
    /// The state that the audit log describes, up to the last event read.
    ledger: RefCell<Ledger>,
    /// SQLite's schema version at the last schema check; −1 before the first.
    cookie: Cell<i64>,
}

impl Store {
    /// Opens the store at `path`, or creates it. `secret` is the store's key.
    ///
    /// # Errors
    /// The file or its folder cannot be used, the key does not fit, or the content was changed by another
    /// program.
    pub fn open(path: &Path, secret: &[u8]) -> Result<Self, Failure> {
        let opened = made(path).map_err(|e| Failure::no_input(e.to_string())).and_then(|whole| {
            let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_NOFOLLOW;
            let connection = Connection::open_with_flags(whole, flags).map_err(failed)?;
            schema::harden(&connection)?;
            connection.busy_timeout(BUSY).map_err(failed)?;
            connection
                .execute_batch(
                    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
                )
                .map_err(failed)?;
            begin(&connection, secret)?;
            Self::attach(connection, secret)
        });
        opened.map_err(|failure| failure.about(format!("the store {}", path.display())))
    }

    /// Opens an existing store for reading. Works also if the file or its folder is read-only.
    ///
    /// # Errors
    /// The file cannot be read, the key does not fit, or the content was changed by another program.
    pub fn open_to_read(path: &Path, secret: &[u8]) -> Result<Self, Failure> {
        let opened = read_only(path).and_then(|connection| Self::attach(connection, secret));
        opened.map_err(|failure| failure.about(format!("the store {}", path.display())))
    }

    /// Checks the key and the tables, and replays the log.
    fn attach(connection: Connection, secret: &[u8]) -> Result<Self, Failure> {
        let salt = salt(&connection)?.ok_or_else(no_fit)?;
        let keys = Keys::new(secret, &salt)?;
        let check = get(&connection, CHECK)?.and_then(|sealed| keys.open(CHECK, &sealed));
        check.ok_or_else(no_fit)?;
        let store = Self { connection, keys, salt, ledger: RefCell::default(), cookie: Cell::new(-1) };
        store.look(|_, _| Ok(()))?;
        Ok(store)
    }

    /// Runs `change` in one transaction, which is on disk when this returns, or leaves the store unchanged.
    /// The ledger passed to `change` describes the store before the change.
    fn change<T>(
        &self,
        change: impl FnOnce(&Connection, &Ledger) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).map_err(failed)?;
        self.catch_up(&transaction)?;
        let outcome = change(&transaction, &self.ledger.borrow())?;
        transaction.commit().map_err(failed)?;
        Ok(outcome)
    }

    /// Runs `look` on a consistent snapshot of the store.
    fn look<T>(&self, look: impl FnOnce(&Connection, &Ledger) -> Result<T, Failure>) -> Result<T, Failure> {
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        self.catch_up(&transaction)?;
        look(&transaction, &self.ledger.borrow())
    }

    /// Decrypts a value that was sealed for `place`.
    fn opened(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        self.keys
            .open(place, sealed)
            .ok_or_else(|| Failure::data(format!("the store's {place} has been tampered with")))
    }
}

/// Creates the tables if the file is empty; otherwise checks them.
fn begin(connection: &Connection, secret: &[u8]) -> Result<(), Failure> {
    let transaction =
        Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(failed)?;
    if !schema::is_empty(&transaction)? {
        return schema::check(&transaction);
    }
    schema::make(&transaction)?;
    let salt: [u8; 32] = Keys::random()?;
    let keys = Keys::new(secret, &salt)?;
    set(&transaction, SALT, &salt)?;
    set(&transaction, CHECK, &keys.seal(CHECK, b"")?)?;
    set(&transaction, audit::HEAD, &audit::Head::default().signed(&keys))?;
    transaction.commit().map_err(failed)
}

fn get(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let found = connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
    found.optional().map_err(failed)
}

fn salt(connection: &Connection) -> Result<Option<[u8; 32]>, Failure> {
    Ok(get(connection, SALT)?.and_then(|salt| salt.try_into().ok()))
}

fn set(connection: &Connection, name: &str, value: &[u8]) -> Result<(), Failure> {
    let set = connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![name, value]);
    set.map(|_| ()).map_err(failed)
}

fn no_fit() -> Failure {
    Failure::usage("the key does not fit")
}

/// Creates the store's file (mode 0600) if it is missing and returns its path without symbolic links. SQLite
/// opens this file by name and creates others next to it with the same mode, so no other user may write to
/// the folder.
fn made(path: &Path) -> io::Result<PathBuf> {
    let (folder, name) = Folder::unshared_around(path)?;
    if folder.kind(&name)?.is_none() {
        match folder.create(&name) {
            // Another process has created it in the meantime.
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

/// Opens a connection that changes nothing.
fn read_only(path: &Path) -> Result<Connection, Failure> {
    let failed_to_read = |e: io::Error| Failure::no_input(e.to_string());
    let whole = path.canonicalize().map_err(failed_to_read)?;
    // Opening a FIFO would block until another process writes to it.
    if !fs::metadata(&whole).map_err(failed_to_read)?.is_file() {
        return Err(Failure::no_input("it is no regular file"));
    }
    File::open(&whole).map_err(failed_to_read)?;
    let begin = |connection: Connection| {
        schema::harden(&connection)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.execute_batch("PRAGMA query_only = ON").map_err(failed)?;
        schema::check(&connection)?;
        Ok(connection)
    };
    // With write access, SQLite removes the files it has created next to the database.
    let is_writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    let mode = if is_writable(&whole) && whole.parent().is_some_and(is_writable) {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(&whole, flags).map_err(failed)?;
    // SQLite creates a file next to the database even to read; this query fails if it cannot.
    let beside: Result<i64, _> = connection.query_row("PRAGMA schema_version", [], |row| row.get(0));
    let unwritable = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    };
    match beside {
        Err(error) if unwritable(&error) => {}
        _ => return begin(connection),
    }
    let mut log = whole.clone().into_os_string();
    log.push("-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Failure::no_input(
            "its last changes are still in the file that ends in -wal: copy both to a folder that can be written",
        ));
    }
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    begin(Connection::open_with_flags(immutable(&whole), flags).map_err(failed)?)
}

/// Returns the URI by which SQLite opens a file that no process changes.
fn immutable(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-~".contains(&byte);
    let encoded = path
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    format!("file:{}?immutable=1", encoded.collect::<String>())
}

/// Maps SQLite's errors to messages that the operator can act on.
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
mod attacks;
#[cfg(test)]
mod tests;
