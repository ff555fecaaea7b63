//! Offers to pair one device, or to name the first household.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::ids::PersonId;
use doorward_core::person::Role;
use secrecy::SecretString;

use super::NoRandomness;
use super::token::{Token, TokenDigest};

/// How long an offer stands.
pub(crate) const OFFER_LIFE: Duration = Duration::from_secs(5 * 60);

/// How many wrong tokens void what is on offer. A wrong token says not which offer it
/// was meant for, so that it counts against all.
const WRONG_TRIES: u8 = 5;

/// How many offers stand at a time; the oldest makes way.
const MOST_OFFERS: usize = 8;

/// The token's random bytes: 128 bits.
const TOKEN_BYTES: usize = 16;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// To name the first household of a hub that has none.
    SetUp,
    /// To pair a device for a person whom the household knows.
    KnownPerson(PersonId),
    /// To pair a device for somebody who is added with it.
    NewPerson(Role),
}

/// Why an offer was not taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TakeError {
    /// The token is wrong, was used, is over, or was voided by wrong tries. Whoever asks
    /// is not told which.
    #[error("this pairing link is over or was used; ask for another one")]
    NoSuchOffer,
    /// The offer stands, and whoever took it up cannot use it so.
    #[error("this pairing link is for something else")]
    Unsuitable,
}

struct Offer {
    digest: TokenDigest,
    until: Instant,
    wrong_tries: u8,
    what: Offered,
}

/// The offers that stand.
#[derive(Default)]
pub(crate) struct Offers(Mutex<Vec<Offer>>);

impl Offers {
    /// Makes an offer.
    pub(crate) fn make(&self, what: Offered, now: Instant) -> Result<Token, NoRandomness> {
        let token = Token::draw::<TOKEN_BYTES>()?;
        let mut offers = self.standing(now);
        if offers.len() >= MOST_OFFERS {
            offers.remove(0);
        }
        let until = now + OFFER_LIFE;
        offers.push(Offer { digest: token.digest(), until, wrong_tries: 0, what });
        Ok(token)
    }

    /// Takes an offer up, so that nobody can again. One that does not suit stands.
    pub(crate) fn take_if(
        &self,
        token: &SecretString,
        now: Instant,
        suits: impl FnOnce(Offered) -> bool,
    ) -> Result<Offered, TakeError> {
        let presented = TokenDigest::of(token);
        let mut offers = self.standing(now);
        // All are looked at, whichever it is.
        let matching = offers.iter().enumerate().fold(None, |found, (place, offer)| {
            if offer.digest.is(&presented) { Some((place, offer.what)) } else { found }
        });
        if let Some((place, what)) = matching {
            if !suits(what) {
                return Err(TakeError::Unsuitable);
            }
            offers.remove(place);
            return Ok(what);
        }
        offers.iter_mut().for_each(|offer| offer.wrong_tries = offer.wrong_tries.saturating_add(1));
        offers.retain(|offer| offer.wrong_tries < WRONG_TRIES);
        Err(TakeError::NoSuchOffer)
    }

    /// Voids all offers for a person: the person is gone.
    pub(crate) fn void_for(&self, person: PersonId) {
        self.locked().retain(|offer| offer.what != Offered::KnownPerson(person));
    }

    /// Voids all offers.
    pub(crate) fn void_all(&self) {
        self.locked().clear();
    }

    fn standing(&self, now: Instant) -> MutexGuard<'_, Vec<Offer>> {
        let mut offers = self.locked();
        offers.retain(|offer| now < offer.until);
        offers
    }

    /// Each change is one step, so that a panic elsewhere leaves whole offers.
    fn locked(&self) -> MutexGuard<'_, Vec<Offer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESIDENT: Offered = Offered::NewPerson(Role::Resident);

    fn take(offers: &Offers, token: &SecretString, now: Instant) -> Result<Offered, TakeError> {
        offers.take_if(token, now, |_| true)
    }

    fn wrong() -> SecretString {
        Token::draw::<16>().unwrap().into_secret()
    }

    #[test]
    fn an_offer_is_taken_up_once() {
        let (offers, now) = (Offers::default(), Instant::now());
        let token = offers.make(RESIDENT, now).unwrap().into_secret();
        assert_eq!(take(&offers, &token, now), Ok(RESIDENT));
        assert_eq!(take(&offers, &token, now), Err(TakeError::NoSuchOffer));
    }

    #[test]
    fn an_offer_is_over_after_five_minutes() {
        let (offers, now) = (Offers::default(), Instant::now());
        let token = offers.make(RESIDENT, now).unwrap().into_secret();
        assert_eq!(take(&offers, &token, now + OFFER_LIFE), Err(TakeError::NoSuchOffer));
    }

    #[test]
    fn five_wrong_tries_void_an_offer_and_four_do_not() {
        let (offers, now) = (Offers::default(), Instant::now());
        let token = offers.make(RESIDENT, now).unwrap().into_secret();
        for _ in 0..4 {
            assert_eq!(take(&offers, &wrong(), now), Err(TakeError::NoSuchOffer));
        }
        let later = offers.make(Offered::SetUp, now).unwrap().into_secret();
        assert_eq!(take(&offers, &wrong(), now), Err(TakeError::NoSuchOffer));
        assert_eq!(take(&offers, &token, now), Err(TakeError::NoSuchOffer));
        // That was another wrong one, for the offer that came later.
        assert_eq!(take(&offers, &later, now), Ok(Offered::SetUp));
    }

    #[test]
    fn many_offers_push_out_the_oldest() {
        let (offers, now) = (Offers::default(), Instant::now());
        let first = offers.make(RESIDENT, now).unwrap().into_secret();
        let last = (0..MOST_OFFERS).map(|_| offers.make(RESIDENT, now).unwrap()).last().unwrap();
        assert_eq!(take(&offers, &first, now), Err(TakeError::NoSuchOffer));
        assert_eq!(take(&offers, &last.into_secret(), now), Ok(RESIDENT));
    }

    #[test]
    fn offers_for_a_person_who_is_gone_are_void() {
        let (offers, now) = (Offers::default(), Instant::now());
        let token = offers.make(Offered::KnownPerson(PersonId(3)), now).unwrap().into_secret();
        offers.void_for(PersonId(3));
        assert_eq!(take(&offers, &token, now), Err(TakeError::NoSuchOffer));
    }

    #[test]
    fn an_offer_that_does_not_suit_stands() {
        let (offers, now) = (Offers::default(), Instant::now());
        let token = offers.make(RESIDENT, now).unwrap().into_secret();
        assert_eq!(offers.take_if(&token, now, |_| false), Err(TakeError::Unsuitable));
        assert_eq!(take(&offers, &token, now), Ok(RESIDENT));
    }
}
