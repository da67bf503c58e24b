//! The secrets of a warehouse, kept apart from it: the key that hashes persons' numbers, and the pair that seals originals.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use sha2::{Digest, Sha256};
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::place::Place;
use warehouse::step;

use crate::ledger::ledger_table;

/// The environment variable that names the folder of the keys.
pub const KEYS: &str = "KEHOU_KEYS";
/// The environment variable that gives the key for persons' numbers itself: 64 hex digits.
pub const PERSON_KEY: &str = "KEHOU_PERSON_KEY";

const PERSON_FILE: &str = "person.key";
/// The next key, while a rotation makes it the one in force.
const NEW_FILE: &str = "person.key.new";
/// The key before, until a rotation is done with it.
const OLD_FILE: &str = "person.key.old";
const SEAL_FILE: &str = "seal.key";

/// The mark in the ledger's log that tells which key for persons' numbers is in force: its fingerprint. A commit to the
/// ledger sets it, so lines and key change in one moment.
pub const MARK: &str = "kehou.person-key";

/// What can go wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is not where it should be.
    #[error(
        "the key for persons' numbers is not at {path}: put it back, or name its folder by {KEYS} or the key itself by {PERSON_KEY}; \
             a new key would make every person another one. Where it is lost, `kehou rotate-key` makes a new one from the sealed \
             originals"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key is not the one that the warehouse's persons are hashed with.
    #[error(
        "{what} is not the key that persons of this warehouse are hashed with: with it everybody would be another one. \
         Put the right one back; where it is lost, `kehou rotate-key` makes a new one from the sealed originals"
    )]
    Other {
        /// The file or variable.
        what: String,
    },
    /// The key was rotated while the call worked.
    #[error("the key for persons' numbers was rotated meanwhile; nothing was accepted, run the command again")]
    Rotated,
    /// The private key does not open what this warehouse seals.
    #[error("{path} is not the key that opens the originals of this warehouse")]
    NotTheSeal {
        /// The file.
        path: PathBuf,
    },
    /// A sealed original can't be opened.
    #[error("the sealed original {sha256} can't be opened: {why}")]
    Sealed {
        /// The SHA-256 of the original.
        sha256: String,
        /// What is wrong with it.
        why: String,
    },
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// A key can't be read as one.
    #[error("{what} is no key: {why}")]
    Bad {
        /// The file or variable.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A file of keys failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
}

/// What ingest needs of the keys. The private half of the seal is not among it.
#[derive(Clone)]
pub struct Keys {
    /// The BLAKE3 key that persons' numbers are hashed with.
    pub person: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Keys(secret)")
    }
}

impl Keys {
    /// The keys of the warehouse whose folder of keys is `folder`, or of the environment.
    pub fn open(folder: &Path) -> Result<Keys, KeyError> {
        if let Ok(text) = std::env::var(PERSON_KEY) {
            return Ok(Keys { person: parse(&text, PERSON_KEY)? });
        }
        let path = folder.join(PERSON_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Keys { person: parse(&text, &path.display().to_string())? }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(KeyError::Missing { path }),
            Err(source) => Err(KeyError::Io { path, source }),
        }
    }

    /// The key in force of an open warehouse, by the mark in its ledger. A switch of key files that a kill left half done is
    /// completed here.
    pub async fn in_force(warehouse: &Warehouse, folder: &Path) -> Result<Keys, KeyError> {
        let ledger = ledger_table();
        let version = warehouse.snapshot(&ledger, None).await?.version;
        let mark = warehouse.mark(&ledger, version, MARK).await?;
        let fits = |keys: &Keys| mark.is_none_or(|mark| mark == keys.fingerprint());
        let found = Keys::open(folder);
        if let Ok(keys) = &found
            && fits(keys)
        {
            return found;
        }
        let given = std::env::var_os(PERSON_KEY).is_some();
        if !given && mark.is_some() && Keys::next(folder)?.is_some_and(|next| fits(&next)) {
            switch(folder)?;
            return Keys::open(folder);
        }
        let what = if given { PERSON_KEY.to_owned() } else { folder.join(PERSON_FILE).display().to_string() };
        found.and(Err(KeyError::Other { what }))
    }

    /// The key that a rotation made and that is not in force yet.
    pub(crate) fn next(folder: &Path) -> Result<Option<Keys>, KeyError> {
        let path = folder.join(NEW_FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(Keys { person: parse(&text, &path.display().to_string())? })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::Io { path, source }),
        }
    }

    /// Makes the next key; one that an interrupted rotation made is kept.
    pub(crate) fn make_next(folder: &Path) -> Result<Keys, KeyError> {
        if std::env::var_os(PERSON_KEY).is_some() {
            let why = "a rotation writes the new key to a file: unset the variable".to_owned();
            return Err(KeyError::Bad { what: PERSON_KEY.to_owned(), why });
        }
        let mut key = [0u8; 32];
        getrandom::fill(&mut key).expect("the system gives random bytes");
        write_secret(&folder.join(NEW_FILE), &hex::encode(key))?;
        Keys::next(folder)?.ok_or(KeyError::Missing { path: folder.join(NEW_FILE) })
    }

    /// What tells a key from others without giving it away.
    pub fn fingerprint(&self) -> i64 {
        let digest = blake3::derive_key("kehou: which key persons' numbers are hashed with", &self.person);
        let eight = digest[..8].try_into().expect("eight of 32 bytes");
        // The sign is left out: Delta's own programs count such numbers from 0.
        i64::from_le_bytes(eight) & i64::MAX
    }

    /// Makes the keys of a new warehouse, each file with mode 0600, and gives the public key that originals are sealed to.
    /// Keys that are there already are kept: an interrupted `init` goes on with them.
    pub fn make(folder: &Path) -> Result<String, KeyError> {
        fs::create_dir_all(folder).map_err(|source| KeyError::Io { path: folder.to_owned(), source })?;
        if std::env::var(PERSON_KEY).is_err() {
            let mut key = [0u8; 32];
            getrandom::fill(&mut key).expect("the system gives random bytes");
            write_secret(&folder.join(PERSON_FILE), &hex::encode(key))?;
        }
        let path = folder.join(SEAL_FILE);
        write_secret(&path, Identity::generate().to_string().expose_secret())?;
        let text = fs::read_to_string(&path).map_err(|source| KeyError::Io { path: path.clone(), source })?;
        let identity = Identity::from_str(text.trim())
            .map_err(|why| KeyError::Bad { what: path.display().to_string(), why: why.to_owned() })?;
        Ok(identity.to_public().to_string())
    }
}

/// Where the keys of a warehouse lie: `$KEHOU_KEYS`, else beside its folder as `<folder>.keys`, else (for a store that is
/// no folder) in the user's configuration under the warehouse's id.
pub fn keys_folder(warehouse: Option<&Path>, id: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os(KEYS) {
        return folder.into();
    }
    if let Some(folder) = warehouse {
        let mut name = folder.file_name().unwrap_or_default().to_owned();
        name.push(".keys");
        return folder.with_file_name(name);
    }
    let home = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".config"))).unwrap_or_default();
    home.join("kehou").join(id)
}

/// Copies the key files of a folder that are there to another one, each with mode 0600, in a folder with mode 0700; those that are
/// there already are left as they are. Gives their names.
pub fn copy_keys(from: &Path, to: &Path) -> Result<Vec<&'static str>, KeyError> {
    let mut copied = Vec::new();
    for name in [PERSON_FILE, SEAL_FILE, NEW_FILE, OLD_FILE] {
        let path = from.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(KeyError::Io { path, source }),
        };
        fs::create_dir_all(to).map_err(|source| KeyError::Io { path: to.to_owned(), source })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(to, private).map_err(|source| KeyError::Io { path: to.to_owned(), source })?;
        }
        write_secret(&to.join(name), text.trim_end())?;
        copied.push(name);
    }
    Ok(copied)
}

/// Makes the next key the one in force: two renames, after a kill between which the second is done by whoever comes next.
pub(crate) fn switch(folder: &Path) -> Result<(), KeyError> {
    let [key, new, old] = [PERSON_FILE, NEW_FILE, OLD_FILE].map(|name| folder.join(name));
    let rename = |from: &Path, to: &Path| match fs::rename(from, to) {
        // Somebody else does the same at this moment.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(|source| KeyError::Io { path: from.to_owned(), source }),
    };
    if new.exists() {
        rename(&key, &old)?;
        step::reached("rotate.old_key_aside");
        rename(&new, &key)?;
    }
    step::reached("rotate.switched");
    match fs::remove_file(&old) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(KeyError::Io { path: old, source: error }),
        _ => Ok(()),
    }
}

/// The private key that opens originals.
pub struct SealKey(Identity);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SealKey(secret)")
    }
}

impl SealKey {
    /// Where it lies unless it was taken elsewhere.
    pub fn path(folder: &Path) -> PathBuf {
        folder.join(SEAL_FILE)
    }

    /// Reads it, and makes sure that it is the one that this warehouse seals to.
    pub fn open(path: &Path, warehouse: &Warehouse) -> Result<SealKey, KeyError> {
        let text = fs::read_to_string(path).map_err(|source| KeyError::Io { path: path.to_owned(), source })?;
        let identity = Identity::from_str(text.trim())
            .map_err(|why| KeyError::Bad { what: path.display().to_string(), why: why.to_owned() })?;
        if identity.to_public().to_string() != warehouse.marker().seal_to {
            return Err(KeyError::NotTheSeal { path: path.to_owned() });
        }
        Ok(SealKey(identity))
    }

    /// Opens an original in memory, and makes sure that it is the one of its name.
    pub async fn unseal(&self, warehouse: &Warehouse, sha256: &str) -> Result<Vec<u8>, KeyError> {
        let fault = |why: String| KeyError::Sealed { sha256: sha256.to_owned(), why };
        let sealed = warehouse.get(&Place::Original(sha256.to_owned())).await?;
        let sealed = sealed.ok_or_else(|| fault("it is not kept in this warehouse".to_owned()))?;
        let bytes = age::decrypt(&self.0, &sealed).map_err(|error| fault(error.to_string()))?;
        if hex::encode(Sha256::digest(&bytes)) != sha256 {
            return Err(fault("its bytes are other ones than those that were received".to_owned()));
        }
        Ok(bytes)
    }
}

/// Seals bytes to a public key: only the holder of the private one can open them.
pub fn seal(seal_to: &str, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    let bad = |why: String| KeyError::Bad { what: format!("the warehouse's public key '{seal_to}'"), why };
    let recipient = Recipient::from_str(seal_to).map_err(|why| bad(why.to_owned()))?;
    age::encrypt(&recipient, bytes).map_err(|error| bad(error.to_string()))
}

/// Seals what is read to a public key, piece by piece.
pub fn seal_into(seal_to: &str, mut open: impl Read, sealed: &mut impl Write) -> Result<(), KeyError> {
    let bad = |why: String| KeyError::Bad { what: format!("the warehouse's public key '{seal_to}'"), why };
    let fault = |source| KeyError::Io { path: "the sealed original".into(), source };
    let recipient = Recipient::from_str(seal_to).map_err(|why| bad(why.to_owned()))?;
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(|error| bad(error.to_string()))?;
    let mut writer = encryptor.wrap_output(sealed).map_err(fault)?;
    std::io::copy(&mut open, &mut writer).map_err(fault)?;
    writer.finish().map(|_| ()).map_err(fault)
}

fn parse(text: &str, what: &str) -> Result<[u8; 32], KeyError> {
    let bad = |why: &str| KeyError::Bad { what: what.to_owned(), why: why.to_owned() };
    let bytes = hex::decode(text.trim()).map_err(|_| bad("64 hex digits are expected"))?;
    bytes.try_into().map_err(|_| bad("64 hex digits are expected"))
}

/// Writes a secret that only its owner may read; one that is there is left as it is.
fn write_secret(path: &Path, text: &str) -> Result<(), KeyError> {
    let fault = |source| KeyError::Io { path: path.to_owned(), source };
    if path.exists() {
        return Ok(());
    }
    // Written beside and renamed, so that a kill leaves no half key.
    let half = path.with_extension("half");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&half).map_err(fault)?;
    writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(fault)?;
    fs::rename(&half, path).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_open_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("city.keys");
        assert!(matches!(Keys::open(&keys), Err(KeyError::Missing { .. })));
        let seal_to = Keys::make(&keys).expect("made");
        let person = Keys::open(&keys).expect("opened").person;
        assert_eq!(Keys::make(&keys).expect("made already"), seal_to);
        assert_eq!(Keys::open(&keys).expect("opened").person, person);
        #[cfg(unix)]
        for file in [PERSON_FILE, SEAL_FILE] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(keys.join(file)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_sealed_only_the_private_key_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal_to = Keys::make(folder.path()).expect("made");
        let sealed = seal(&seal_to, "学生编号".as_bytes()).expect("sealed");
        assert!(!sealed.windows(6).any(|window| window == "学生".as_bytes()));
        let private = fs::read_to_string(folder.path().join(SEAL_FILE)).expect("it is there");
        let identity = Identity::from_str(private.trim()).expect("a key");
        assert_eq!(age::decrypt(&identity, &sealed).expect("opened"), "学生编号".as_bytes());
    }

    #[test]
    fn keys_lie_beside_the_warehouse_not_in_it() {
        let folder = keys_folder(Some(Path::new("/srv/city/warehouse")), "id");
        assert_eq!(folder, Path::new("/srv/city/warehouse.keys"));
    }
}
