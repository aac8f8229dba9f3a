//! What outlives a session: sessions, faces, the audit log and events not yet delivered, in one SQLite file.
//!
//! Everything that decides what happens is sealed (ChaCha20-Poly1305, bound to its row) or stands in the audit log, a chain
//! of signatures (HMAC-SHA256). Nothing is done with a row that the log does not speak of. A transaction is on the disk
//! before anybody is told of it.

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

/// The name of the entry that only the right key opens.
const CHECK: &str = "check";
const SALT: &str = "salt";
/// All that stands in the table `meta`, besides servers' pauses.
const META: [&str; 3] = [SALT, CHECK, audit::HEAD];
const BUSY: Duration = Duration::from_secs(10);

pub struct Store {
    connection: Connection,
    keys: Keys,
    salt: [u8; 32],
    /// The state that the log describes, as far as it was read.
    ledger: RefCell<Ledger>,
    /// SQLite's number of the schema that was checked last.
    cookie: Cell<i64>,
}

impl Store {
    /// Opens or makes the store; `secret` is its key.
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

    /// Opens a store without changing anything, also where its file or its folder cannot be written.
    pub fn open_to_read(path: &Path, secret: &[u8]) -> Result<Self, Failure> {
        let opened = read_only(path).and_then(|connection| Self::attach(connection, secret));
        opened.map_err(|failure| failure.about(format!("the store {}", path.display())))
    }

    /// Checks the tables and the key, and reads the log.
    fn attach(connection: Connection, secret: &[u8]) -> Result<Self, Failure> {
        let salt = salt(&connection)?.ok_or_else(no_fit)?;
        let keys = Keys::new(secret, &salt)?;
        let check = get(&connection, CHECK)?.and_then(|sealed| keys.open(CHECK, &sealed));
        check.ok_or_else(no_fit)?;
        let store = Self { connection, keys, salt, ledger: RefCell::default(), cookie: Cell::new(-1) };
        store.look(|_, _| Ok(()))?;
        Ok(store)
    }

    /// Makes a change that is there whole, on the disk, or not at all. The ledger is as the log was before it.
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

    /// Reads what stands in the store at one moment.
    fn look<T>(&self, look: impl FnOnce(&Connection, &Ledger) -> Result<T, Failure>) -> Result<T, Failure> {
        let transaction = self.connection.unchecked_transaction().map_err(failed)?;
        self.catch_up(&transaction)?;
        look(&transaction, &self.ledger.borrow())
    }

    /// What was sealed in `place`.
    fn opened(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        self.keys
            .open(place, sealed)
            .ok_or_else(|| Failure::data(format!("the store's {place} has been tampered with")))
    }
}

/// Makes the tables where the file is empty.
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

/// A connection that changes nothing.
fn read_only(path: &Path) -> Result<Connection, Failure> {
    let failed_to_read = |e: io::Error| Failure::no_input(e.to_string());
    let whole = path.canonicalize().map_err(failed_to_read)?;
    // A FIFO would not be opened before somebody writes to it.
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
    // Who may write also takes away, at the end, what SQLite makes beside the file.
    let is_writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    let mode = if is_writable(&whole) && whole.parent().is_some_and(is_writable) {
        OpenFlags::SQLITE_OPEN_READ_WRITE
    } else {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(&whole, flags).map_err(failed)?;
    // SQLite needs to make a file beside it, even to read.
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

/// The address by which SQLite opens a file that nobody changes meanwhile.
fn immutable(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.-~".contains(&byte);
    let encoded = path
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    format!("file:{}?immutable=1", encoded.collect::<String>())
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
mod attacks;
#[cfg(test)]
mod tests;
