//! Updates that the owner brings as files: whom they are from, and which version they are.
//!
//! Owns the reading of a minisign signature (<https://jedisct1.github.io/minisign/>) over a package. What
//! is signed is the package's bytes, and a comment that names the file and its version, so that a good
//! signature cannot be moved to another file or another version. It does not know how packages are
//! installed, and fetches nothing.

use std::io::{self, Read};
use std::str::FromStr;

use minisign_verify::{PublicKey, Signature};

/// How much of a package is read at a time.
const CHUNK_BYTES: usize = 1 << 16;

/// A version, and which package of that version it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageVersion {
    numbers: [u32; 3],
    revision: u32,
}

/// The text is no version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is three numbers and perhaps a revision, such as 1.2.3-1")]
pub struct PackageVersionFormat;

/// Why a package is not to be installed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The key's text is no key.
    #[error("the key is not a minisign key: it has two lines, of which the second begins with RW")]
    NotAKey,
    /// The signature's text is no signature.
    #[error(
        "the signature is not one of minisign's: bring the package with the .minisig beside it"
    )]
    NotASignature,
    /// Another key signed it.
    #[error(
        "the package was signed by another key than the one that you trust: bring it from the place \
         that the key is from"
    )]
    OtherKey,
    /// The signature does not fit.
    #[error("the signature does not fit: the package or its signature was changed on the way")]
    Changed,
    /// The signed comment lacks what it has to say.
    #[error(
        "the signature is good, but does not say for which file and version: ask whoever signed it \
         to do so with `packaging/sign`"
    )]
    Unnamed,
    /// It is good for another file.
    #[error(
        "the signature is good for a file of another name: give the package back the name that it \
         had, or bring the signature that belongs to it"
    )]
    OtherFile,
    /// The package could not be read.
    #[error("could not read the package")]
    Read(#[source] io::Error),
}

/// Reads a package to its end and checks that this key signed it, by this name; returns which version
/// was signed.
///
/// # Errors
/// Says what does not fit and what to do; then the package is not to be installed.
pub fn check(
    package: &mut impl Read,
    name: &str,
    signature: &str,
    key: &str,
) -> Result<PackageVersion, UpdateError> {
    let key = PublicKey::decode(key).map_err(|_| UpdateError::NotAKey)?;
    let signature = Signature::decode(signature).map_err(|_| UpdateError::NotASignature)?;
    let mut verifier = key.verify_stream(&signature).map_err(|error| refusal(&error))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match package.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(UpdateError::Read(error)),
        };
        verifier.update(chunk.get(..length).unwrap_or_default());
    }
    verifier.finalize().map_err(|error| refusal(&error))?;
    named(signature.trusted_comment(), name)
}

/// The comment was signed with the package: `file:NAME version:VERSION`.
fn named(comment: &str, name: &str) -> Result<PackageVersion, UpdateError> {
    // Said twice, another program could read the other one.
    let field = |wanted: &str| {
        let fields = comment.split_whitespace().filter_map(|field| field.split_once(':'));
        let mut values = fields.filter(|(key, _)| *key == wanted).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    };
    let (Some(file), Some(version)) = (field("file"), field("version")) else {
        return Err(UpdateError::Unnamed);
    };
    if file != name {
        return Err(UpdateError::OtherFile);
    }
    version.parse().map_err(|PackageVersionFormat| UpdateError::Unnamed)
}

fn refusal(error: &minisign_verify::Error) -> UpdateError {
    use minisign_verify::Error;
    match error {
        Error::UnexpectedKeyId => UpdateError::OtherKey,
        Error::InvalidSignature => UpdateError::Changed,
        // A signature over the file itself instead of its digest: minisign makes none any more.
        Error::UnsupportedLegacyMode
        | Error::InvalidEncoding
        | Error::IoError(_)
        | Error::UnexpectedAlgorithm
        | Error::UnsupportedAlgorithm => UpdateError::NotASignature,
    }
}

impl PackageVersion {
    /// The version of this very program.
    #[must_use]
    pub fn of_this_program() -> Self {
        env!("CARGO_PKG_VERSION").parse().expect("cargo's versions are three numbers")
    }

    /// Whether it lacks what another version has. Revisions of one version have the same program.
    #[must_use]
    pub fn is_older_than(self, other: Self) -> bool {
        self.numbers < other.numbers
    }
}

impl FromStr for PackageVersion {
    type Err = PackageVersionFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (numbers, revision) = text.split_once('-').unwrap_or((text, "0"));
        let number = |text: &str| text.parse().map_err(|_| PackageVersionFormat);
        let parts: Vec<u32> = numbers.split('.').map(number).collect::<Result<_, _>>()?;
        let numbers = parts.try_into().map_err(|_| PackageVersionFormat)?;
        Ok(Self { numbers, revision: number(revision)? })
    }
}

impl std::fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if self.revision > 0 { write!(f, "-{}", self.revision) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "doorward_9.0.0-1_amd64.deb";
    const PACKAGE: &[u8] = b"a package\n";
    const KEY: &str = "untrusted comment: minisign public key A05D70BEF21482D0
RWTQghTyvnBdoMpjkqMB67/3KZp/ttR5wxXJyAuSdDHHcH7OZkt9IXHD
";
    const OTHER_KEY: &str = "untrusted comment: of minisign's own documentation
RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3
";
    /// Made by minisign 0.11 with a key that exists no more.
    const SIGNED: &str = "untrusted comment: doorward 9.0.0-1
RUTQghTyvnBdoJGcnLrgwZJPIJNJXwCCpu8TIcI3m+6Y+cQvHwzl2GzUXrbRwPJwfuq4pGQ8jWvdqJdJAhqBV65eIQ5vi+qoew4=
trusted comment: file:doorward_9.0.0-1_amd64.deb version:9.0.0-1
Q9FAF0wdUsYEnJ6OWdiVOMF00soHufOMKs4LBV/n0pSaKvRZQNeU54BGR5Xn6H6OkfQEecdGytKrXDPh2i2QDQ==
";
    /// The same bytes, by the same key, with a comment of no use.
    const UNNAMED: &str = "untrusted comment: signature from minisign secret key
RUTQghTyvnBdoJGcnLrgwZJPIJNJXwCCpu8TIcI3m+6Y+cQvHwzl2GzUXrbRwPJwfuq4pGQ8jWvdqJdJAhqBV65eIQ5vi+qoew4=
trusted comment: nothing of use
F8nMDym0lLR+f+7DUx1Ne/YS/OkIOJkonJFtp+iUR3PXEU41ShZDbxE6D8IO5rBnFjkP7/YNWYeMnNmVGMawCQ==
";
    /// The same over the file itself, as minisign once did.
    const LEGACY: &str = "untrusted comment: signature from minisign secret key
RWTQghTyvnBdoKkBoillTPD10wqiUtxx8mSrkxSjLZhdhaOonITdZ9tuWS6H6Qsxlkl14TUNsG2kwu1+8h9UAEQqbAF5M8wNyQw=
trusted comment: file:doorward_9.0.0-1_amd64.deb version:9.0.0-1
Bh7cXViX+apHMtaECoTIAKj34MRofDIVre1B22DFbmWBoZfxv8D/QkWy8OaMw1NxkQqct1k/UZclkHYkniTOBA==
";

    fn checked(
        package: &[u8],
        name: &str,
        signature: &str,
        key: &str,
    ) -> Result<PackageVersion, UpdateError> {
        check(&mut &*package, name, signature, key)
    }

    #[test]
    fn a_package_of_the_trusted_key_is_known_with_its_version() {
        let version = checked(PACKAGE, NAME, SIGNED, KEY).unwrap();
        assert_eq!(version.to_string(), "9.0.0-1");
        assert!(!version.is_older_than(PackageVersion::of_this_program()));
    }

    #[test]
    fn whatever_was_changed_is_refused() {
        let changed = checked(b"a packagf\n", NAME, SIGNED, KEY);
        assert!(matches!(changed, Err(UpdateError::Changed)));
        let newer = SIGNED.replace("version:9.0.0", "version:9.0.1");
        assert!(matches!(checked(PACKAGE, NAME, &newer, KEY), Err(UpdateError::Changed)));
        assert!(matches!(checked(PACKAGE, NAME, SIGNED, OTHER_KEY), Err(UpdateError::OtherKey)));
    }

    #[test]
    fn a_good_signature_is_good_for_its_own_file_alone() {
        let moved = checked(PACKAGE, "doorward_9.9.9-1_amd64.deb", SIGNED, KEY);
        assert!(matches!(moved, Err(UpdateError::OtherFile)));
        assert!(matches!(checked(PACKAGE, NAME, UNNAMED, KEY), Err(UpdateError::Unnamed)));
    }

    #[test]
    fn a_comment_that_says_a_thing_twice_is_of_no_use() {
        let once = format!("file:{NAME} version:9.0.0-1");
        assert!(named(&once, NAME).is_ok());
        for more in ["version:9.0.1-1".to_owned(), "version:9.0.0-1".into(), format!("file:{NAME}")]
        {
            let twice = named(&format!("{once} {more}"), NAME);
            assert!(matches!(twice, Err(UpdateError::Unnamed)), "{more}");
        }
    }

    #[test]
    fn what_is_no_signature_or_no_key_is_called_so() {
        for text in ["", "\n\n\n\n", "RWQ", UNNAMED.split_at(80).0, LEGACY] {
            let refused = checked(PACKAGE, NAME, text, KEY);
            assert!(matches!(refused, Err(UpdateError::NotASignature)), "{text}");
        }
        for text in ["", "RWQ", SIGNED] {
            assert!(matches!(checked(PACKAGE, NAME, SIGNED, text), Err(UpdateError::NotAKey)));
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<PackageVersion>().unwrap();
        assert!(version("0.9.9-3").is_older_than(version("0.10.0-1")));
        assert!(!version("1.2.3-1").is_older_than(version("1.2.3-2")));
        for text in ["1.2", "1.2.3.4", "1.2.x", "1.2.3-", "-1", "1.2.3~rc1", "99999999999.0.0"] {
            assert_eq!(text.parse::<PackageVersion>(), Err(PackageVersionFormat), "{text}");
        }
    }
}
