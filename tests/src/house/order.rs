//! What a person types to make things happen in the house.

use std::str::FromStr;

use serde::Deserialize;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::House;
use super::door::{ContactFault, Leaf, LockFault, Visitor};

/// The orders, for people.
pub const HELP: &str = "  48210573                               type a code on the keypad
  lock none|silent|jammed|sticky         mend or break the lock
  contact none|missing|lying             mend or break the contact
  visitor polite|absent|careless         who comes next
  open, close                            push the door by hand
  ring                                   ring the bell";

/// One order.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// Type this on the keypad. Whatever has a digit first is a code, right or wrong.
    Type(String),
    /// Break or mend the lock.
    Lock(LockFault),
    /// Break or mend the contact.
    Contact(ContactFault),
    /// Say who comes next.
    Visitor(Visitor),
    /// Move the leaf.
    Push(Leaf),
    /// Ring the bell of the keypad.
    Ring,
}

/// Not an order.
#[derive(Debug, thiserror::Error)]
#[error("not an order; these are:\n{HELP}")]
pub struct NotAnOrder;

impl FromStr for Order {
    type Err = NotAnOrder;

    fn from_str(line: &str) -> Result<Self, NotAnOrder> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["open"] => Ok(Self::Push(Leaf::Open)),
            ["ring"] => Ok(Self::Ring),
            ["close"] => Ok(Self::Push(Leaf::Closed)),
            ["lock", fault] => word(fault).map(Self::Lock),
            ["contact", fault] => word(fault).map(Self::Contact),
            ["visitor", visitor] => word(visitor).map(Self::Visitor),
            [first, ..] if first.starts_with(|c: char| c.is_ascii_digit()) => {
                Ok(Self::Type(words.concat()))
            }
            _ => Err(NotAnOrder),
        }
    }
}

impl Order {
    /// Carries the order out; codes go to `keypad`.
    pub fn carry_out(self, house: &House, keypad: &str) {
        match self {
            Self::Type(code) => drop(house.type_code(keypad, &code)),
            Self::Lock(fault) => house.set_lock_fault(fault),
            Self::Contact(fault) => house.set_contact_fault(fault),
            Self::Visitor(visitor) => house.set_visitor(visitor),
            Self::Push(leaf) => house.push(leaf),
            Self::Ring => house.ring(keypad),
        }
    }
}

/// Reads an enum's variant by its name in the dialect.
fn word<'de, T: Deserialize<'de>>(word: &'de str) -> Result<T, NotAnOrder> {
    T::deserialize(StrDeserializer::<WordError>::new(word)).map_err(|_| NotAnOrder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_with_spaces() {
        assert_eq!("4821 0573".parse::<Order>().unwrap(), Order::Type("48210573".to_owned()));
    }

    #[test]
    fn faults_are_named_as_in_the_help() {
        assert_eq!("lock jammed".parse::<Order>().unwrap(), Order::Lock(LockFault::Jammed));
        assert_eq!("contact lying".parse::<Order>().unwrap(), Order::Contact(ContactFault::Lying));
        assert!("lock tired".parse::<Order>().is_err());
    }
}
