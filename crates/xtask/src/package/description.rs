//! What a package is: a value that says which files it has and what the formats must know.

/// A package, in every format.
pub(crate) struct Package {
    /// Its name, which is also the name of the crate that its program comes from.
    pub(crate) name: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// Paragraphs.
    pub(crate) description: &'static [&'static str],
    /// Programs, as they are called in the target folder; each goes to `/usr/bin`.
    pub(crate) programs: &'static [&'static str],
    /// Files of this repository.
    pub(crate) files: &'static [File],
    /// The folder in `packaging/` with `debian/` and `rpm/`, the scripts of those formats.
    pub(crate) folder: &'static str,
    /// Whether the program writes its own manual and completions.
    pub(crate) speaks: Speaks,
    pub(crate) debian: Debian,
    pub(crate) rpm: Rpm,
    pub(crate) image: Option<Image>,
}

/// One file of this repository.
pub(crate) struct File {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) role: Role,
}

impl File {
    /// Where it goes, by its own name if only a folder is named.
    pub(crate) fn place(&self) -> String {
        let name = self.from.rsplit('/').next().unwrap_or(self.from);
        if self.to.ends_with('/') { format!("{}{name}", self.to) } else { self.to.to_owned() }
    }
}

/// What becomes of a file when the package is upgraded or the owner has changed it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is replaced.
    Part,
    /// The owner's changes stay.
    Configuration,
    /// As a part; kept out of images, where nobody reads it.
    Document,
    /// As a part, for a service manager, which an image has not.
    Service,
}

/// Whether a program writes its own manual.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// `PROGRAM manual` and `PROGRAM completions` do.
    ForItself,
    /// A page of this repository does, for a program with a window and no command line.
    Through(&'static str),
}

/// What Debian's format must know beside.
pub(crate) struct Debian {
    pub(crate) section: &'static str,
    /// Besides the libraries, which are read from the program. `@VERSION@` is the package's own.
    pub(crate) depends: &'static [&'static str],
    pub(crate) recommends: &'static [&'static str],
    pub(crate) suggests: &'static [&'static str],
}

/// What RPM must know beside.
pub(crate) struct Rpm {
    /// Besides the libraries, which rpmbuild reads from the program. `@VERSION@` is the package's own.
    pub(crate) requires: &'static [&'static str],
    /// What the scripts use, which has to be there before and after them, too.
    pub(crate) scripts: &'static [&'static str],
    pub(crate) recommends: &'static [&'static str],
}

/// What an image must know beside.
pub(crate) struct Image {
    pub(crate) uid: u32,
    pub(crate) state: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) ports: &'static [&'static str],
}
