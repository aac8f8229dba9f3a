// SPDX-License-Identifier: MIT OR Apache-2.0

//! The store of the command line's arguments.

use liveness_service::failure::Failure;
use liveness_service::secret;
use liveness_service::store::Store;

use super::cli::StoreArgs;

/// The access that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads the store, even on a read-only file system.
    Read,
    /// Changes an existing store.
    Change,
    /// Changes the store, and creates it if it does not exist.
    Make,
}

/// Opens the store of the arguments.
///
/// # Errors
/// The store or its key is missing or unusable.
pub fn open(args: &StoreArgs, access: Access) -> Result<Store, Failure> {
    let path = args.store.as_ref().ok_or_else(|| Failure::usage("--store FILE says which store"))?;
    // Only commands that add data create a store. For the others, a missing file is most likely a typing error.
    if access != Access::Make && !path.exists() {
        return Err(Failure::no_input(format!("there is no store {}", path.display())));
    }
    let variable = args.key_file.is_none().then_some("LIVENESS_STORE_KEY");
    let key = secret::read("the store's key", args.key_file.as_deref(), variable, &args.secrets.rules())?;
    if access == Access::Read { Store::open_to_read(path, &key) } else { Store::open(path, &key) }
}
