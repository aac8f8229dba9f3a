//! The store that the command line names.

use liveness_service::failure::Failure;
use liveness_service::secret;
use liveness_service::store::Store;

use super::cli::StoreArgs;

/// The access to a store that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads it, also where nothing can be written.
    Read,
    /// Changes one that is there.
    Change,
    /// Makes a new one where there is none.
    Make,
}

/// Opens the store that `args` name.
pub fn open(args: &StoreArgs, access: Access) -> Result<Store, Failure> {
    let path = args.store.as_ref().ok_or_else(|| Failure::usage("--store FILE says which store"))?;
    // Only what adds to it makes a new one: else it is a typing error.
    if access != Access::Make && !path.exists() {
        return Err(Failure::no_input(format!("there is no store {}", path.display())));
    }
    let variable = args.key_file.is_none().then_some("LIVENESS_STORE_KEY");
    let key = secret::read("the store's key", args.key_file.as_deref(), variable, &args.secrets.rules())?;
    if access == Access::Read { Store::open_to_read(path, &key) } else { Store::open(path, &key) }
}
