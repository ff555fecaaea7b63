//! The hub's authorities and its own certificate, at work: one place for whoever
//! enrols, renews or listens.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use doorward_api::authority::AuthorityView;
use doorward_broker::KeyFingerprint;
use doorward_core::ids::DeviceName;
use doorward_store::Certificate;
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;
use secrecy::SecretString;
use tokio::sync::watch;
use tracing::{error, info};

use crate::ca::{
    Authorities, Authority, AuthorityError, DEVICE_DAYS, HubNames, IssueError, LeftOut,
    RolloverError, ServerCredential, SigningRequest, host_name,
};
use crate::keys::CaSealingKey;
use crate::state_dir::StateDir;

/// An authority that ends sooner cannot vouch for a device as long as a certificate
/// lives, with a month to think about it.
const ROLLOVER_BEFORE: SignedDuration = SignedDuration::from_hours((DEVICE_DAYS as i64 + 30) * 24);

/// The hub's authorities and its own certificate; clones share them.
#[derive(Clone)]
pub(crate) struct Certificates(Arc<Shared>);

struct Shared {
    state: StateDir,
    sealing: CaSealingKey,
    authorities: RwLock<Authorities>,
    server: watch::Sender<Arc<ServerCredential>>,
}

/// A certificate for a device, with all that the device is given.
pub(super) struct Issued {
    pub(super) certificate_pem: String,
    /// The authorities that the device is to trust.
    pub(super) ca_pem: String,
    /// Absent if the device keeps it.
    pub(super) key_pem: Option<SecretString>,
    pub(super) key: KeyFingerprint,
    pub(super) until: Timestamp,
    /// The number of the authority that issued it.
    pub(super) authority: u32,
}

impl Certificates {
    /// Opens the authorities, and the hub's certificate for these names.
    ///
    /// # Errors
    /// If a file is damaged, or a certificate is needed and cannot be made.
    pub(super) fn open(
        state: &StateDir,
        sealing: CaSealingKey,
        names: &HubNames,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let authorities = Authorities::open(state, &sealing)?;
        let outcome = authorities.serving(now).server_certificate(state, &sealing, names, now)?;
        tell_left_out(&outcome.left_out);
        let server = watch::Sender::new(Arc::new(outcome.credential));
        let authorities = RwLock::new(authorities);
        Ok(Self(Arc::new(Shared { state: state.clone(), sealing, authorities, server })))
    }

    /// Follows the hub's own certificate: each listener holds the one that is there, and
    /// takes the next one as soon as it comes.
    pub(crate) fn server(&self) -> watch::Receiver<Arc<ServerCredential>> {
        self.0.server.subscribe()
    }

    /// Sees to it that the hub's certificate bears these names and does not end soon.
    /// Waits for the disk if another one is needed.
    ///
    /// # Errors
    /// If one is needed and cannot be made; the one that is there stays.
    pub(super) fn refresh_server(
        &self,
        names: &HubNames,
        now: Timestamp,
    ) -> Result<(), AuthorityError> {
        let shared = &*self.0;
        let authorities = self.read();
        let serving = authorities.serving(now);
        let outcome = serving.server_certificate(&shared.state, &shared.sealing, names, now)?;
        if outcome.reissued {
            info!(names = %outcome.credential.names(), "the hub has another certificate");
            tell_left_out(&outcome.left_out);
            shared.server.send_replace(Arc::new(outcome.credential));
        }
        Ok(())
    }

    /// Issues a certificate to a device: for the key that it has made, or for one that is
    /// made here.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn issue(
        &self,
        name: &DeviceName,
        request: Option<&SigningRequest>,
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        let authorities = self.read();
        let (ca_pem, authority) = (authorities.pem(), authorities.issuing());
        let number = authority.number();
        let Some(request) = request else {
            let made = authority.issue_device(name, now)?;
            return Ok(Issued {
                certificate_pem: made.certificate_pem().to_owned(),
                ca_pem,
                key_pem: Some(made.expose_key_pem()),
                key: made.fingerprint(),
                until: made.expires(),
                authority: number,
            });
        };
        let made = authority.issue_requested(name, request, now)?;
        Ok(Issued {
            certificate_pem: made.pem,
            ca_pem,
            key_pem: None,
            key: made.fingerprint,
            until: made.expires,
            authority: number,
        })
    }

    /// Returns the files of the authorities, keys sealed, as they go into a backup. No
    /// rollover comes in between.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn files(&self) -> std::io::Result<Vec<(String, Vec<u8>)>> {
        let authorities = self.read();
        let read = |path: PathBuf| -> std::io::Result<_> {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, std::fs::read(path)?))
        };
        authorities.files(&self.0.state).into_iter().map(read).collect()
    }

    /// The number of the authority that issues.
    pub(super) fn issuing(&self) -> u32 {
        self.read().issuing().number()
    }

    /// The authorities whose certificates of devices are believed.
    pub(super) fn trusted(&self) -> Vec<CertificateDer<'static>> {
        self.read().certificates()
    }

    /// The authority that vouches for the hub, and the one that follows it.
    pub(super) fn authorities(&self) -> (AuthorityView, Option<AuthorityView>) {
        let authorities = self.read();
        (view(authorities.current()), authorities.next().map(view))
    }

    /// From when on another authority should follow the one that issues.
    pub(super) fn rollover_due(&self) -> Timestamp {
        self.read().issuing().expires() - ROLLOVER_BEFORE
    }

    /// Makes another authority and has it follow. Returns its number. Waits for the disk.
    ///
    /// # Errors
    /// If one follows already, or it cannot be made or written.
    pub(super) fn add_authority(&self, now: Timestamp) -> Result<u32, RolloverError> {
        let Shared { state, sealing, .. } = &*self.0;
        let mut authorities = self.write();
        let added = authorities.add_next(state, sealing, Some(&host_name()), now)?;
        Ok(added.number())
    }

    /// Retires the authority that another one follows, and has the hub vouched for by that
    /// one: at once, or, if the disk fails meanwhile, with the next look at the hub's names.
    /// Returns the number of the one retired. Waits for the disk.
    ///
    /// # Errors
    /// If none follows, or the disk fails before it is retired.
    pub(super) fn retire_authority(&self, now: Timestamp) -> Result<u32, RolloverError> {
        let retired = self.write().retire_current(&self.0.state)?;
        if let Err(error) = self.refresh_server(&self.names(), now) {
            // No reason to say that nothing has changed: whoever believed the authority
            // would go on believing it.
            let error: &dyn std::error::Error = &error;
            error!(error, "the hub still shows a certificate of an authority that was retired");
        }
        Ok(retired)
    }

    /// The names and addresses that the hub's certificate bears.
    pub(super) fn names(&self) -> HubNames {
        self.0.server.borrow().names().clone()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Authorities> {
        self.0.authorities.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A panic cannot leave the authorities half changed: they are replaced whole.
    fn read(&self) -> RwLockReadGuard<'_, Authorities> {
        self.0.authorities.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Issued {
    /// What the database keeps of it.
    pub(super) fn record(&self) -> Certificate {
        Certificate {
            spki_sha256: *self.key.as_bytes(),
            expires: self.until,
            authority: self.authority,
        }
    }
}

fn view(authority: &Authority) -> AuthorityView {
    let bytes = authority.fingerprint();
    let sha256 = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    AuthorityView { number: authority.number(), sha256, until: authority.expires() }
}

fn tell_left_out(left_out: &LeftOut) {
    if !left_out.0.is_empty() {
        info!(names = %left_out.0, "public names and addresses stay out of the certificate");
    }
}
