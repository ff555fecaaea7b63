//! What the authenticator says: for which name, how it looked at the person, and which key is new
//! (section 6.1).

use p256::ecdsa::VerifyingKey;

use super::not_verified::NotVerified;

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const KEY_INCLUDED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// The longest name of a key that the specification allows.
const MAX_ID_BYTES: usize = 1023;

/// A key on P-256 for ES256 as COSE writes it, in CTAP2's canonical form: `{1: 2, 3: -7, -1: 1, -2: x,
/// -3: y}`, of which this is all before `x`, and all between `x` and `y`.
const COSE_BEFORE_X: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const COSE_BEFORE_Y: [u8; 3] = [0x22, 0x58, 0x20];

/// What an authenticator said.
pub(super) struct AuthenticatorData<'a> {
    pub(super) rp_id_hash: &'a [u8; 32],
    pub(super) counter: u32,
    flags: u8,
    pub(super) new_key: Option<NewKey<'a>>,
}

/// A key that the authenticator has just made.
pub(super) struct NewKey<'a> {
    pub(super) id: &'a [u8],
    /// SEC 1, uncompressed, and on the curve.
    pub(super) point: [u8; 65],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of it. What extensions say stands last, was not asked for and is not looked at.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, NotVerified> {
        let mut rest = bytes;
        let rp_id_hash = take::<32>(&mut rest)?;
        let [flags] = *take::<1>(&mut rest)?;
        let counter = u32::from_be_bytes(*take::<4>(&mut rest)?);
        let new_key = match flags & KEY_INCLUDED {
            0 => None,
            _ => Some(NewKey::read(&mut rest)?),
        };
        if flags & EXTENSIONS == 0 && !rest.is_empty() {
            return Err(NotVerified::AuthenticatorData);
        }
        Ok(Self { rp_id_hash, counter, flags, new_key })
    }

    /// Checks that the person was there and was verified, by a finger, a face or the device's own
    /// code, and that the flags make sense.
    pub(super) fn check_person(&self) -> Result<(), NotVerified> {
        if self.flags & USER_PRESENT == 0 || self.flags & USER_VERIFIED == 0 {
            return Err(NotVerified::Person);
        }
        if self.flags & BACKED_UP != 0 && self.flags & BACKUP_ELIGIBLE == 0 {
            return Err(NotVerified::AuthenticatorData);
        }
        Ok(())
    }
}

impl<'a> NewKey<'a> {
    fn read(rest: &mut &'a [u8]) -> Result<Self, NotVerified> {
        let _model = take::<16>(rest)?;
        let length = usize::from(u16::from_be_bytes(*take::<2>(rest)?));
        if length == 0 || length > MAX_ID_BYTES {
            return Err(NotVerified::AuthenticatorData);
        }
        let (id, after) = rest.split_at_checked(length).ok_or(NotVerified::AuthenticatorData)?;
        *rest = after;
        if *take::<10>(rest)? != COSE_BEFORE_X {
            return Err(NotVerified::Key);
        }
        let x = take::<32>(rest)?;
        if *take::<3>(rest)? != COSE_BEFORE_Y {
            return Err(NotVerified::Key);
        }
        let y = take::<32>(rest)?;
        let mut point = [0x04; 65];
        let (_, both) = point.split_at_mut(1);
        let (to_x, to_y) = both.split_at_mut(32);
        to_x.copy_from_slice(x);
        to_y.copy_from_slice(y);
        VerifyingKey::from_sec1_bytes(&point).map_err(|_| NotVerified::Key)?;
        Ok(Self { id, point })
    }
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], NotVerified> {
    let (taken, after) = rest.split_first_chunk().ok_or(NotVerified::AuthenticatorData)?;
    *rest = after;
    Ok(taken)
}
