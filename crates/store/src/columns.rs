//! How the core's values stand in columns.

use doorward_core::ids::{
    CameraName, CodeId, DeviceName, DoorId, DoorName, EntryId, HouseholdId, PairedDeviceId,
    PersonId, RecordingId,
};
use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A moment, in nanoseconds since 1970: the years 1678 to 2262.
pub(crate) struct Ns(pub(crate) Timestamp);

impl Ns {
    /// For questions: the first or last moment that a column holds instead of one beyond it.
    pub(crate) fn nearest(moment: Timestamp) -> i64 {
        let ns = moment.as_nanosecond();
        i64::try_from(ns).unwrap_or(if ns.is_negative() { i64::MIN } else { i64::MAX })
    }
}

impl ToSql for Ns {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let ns = i64::try_from(self.0.as_nanosecond())
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(ToSqlOutput::Owned(Value::Integer(ns)))
    }
}

impl FromSql for Ns {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_nanosecond(value.as_i64()?.into()).map(Self).map_err(FromSqlError::other)
    }
}

/// A value without parts, as its one word in the core's JSON.
pub(crate) struct Word<T>(pub(crate) T);

impl<T: Serialize> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match serde_json::to_value(&self.0) {
            Ok(serde_json::Value::String(word)) => Ok(ToSqlOutput::Owned(Value::Text(word))),
            Ok(_) => Err(rusqlite::Error::ToSqlConversionFailure("not a word".into())),
            Err(error) => Err(rusqlite::Error::ToSqlConversionFailure(error.into())),
        }
    }
}

impl<T: DeserializeOwned> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let word = serde_json::Value::String(value.as_str()?.to_owned());
        serde_json::from_value(word).map(Self).map_err(FromSqlError::other)
    }
}

/// A value with parts, as the core's JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(|text| ToSqlOutput::Owned(Value::Text(text)))
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(FromSqlError::other)
    }
}

/// An id or a name of the core's.
pub(crate) struct Id<T>(pub(crate) T);

macro_rules! numbers {
    ($($name:ident)+) => {$(
        impl ToSql for Id<$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                i64::try_from(self.0.0)
                    .map(|number| ToSqlOutput::Owned(Value::Integer(number)))
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
            }
        }

        impl FromSql for Id<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                u64::column_result(value).map(|number| Self($name(number)))
            }
        }
    )+};
}

numbers! { CodeId DoorId EntryId HouseholdId PairedDeviceId PersonId RecordingId }

macro_rules! names {
    ($($name:ident)+) => {$(
        impl ToSql for Id<&$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0.as_str()))
            }
        }

        impl FromSql for Id<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                $name::parse(value.as_str()?).map(Self).map_err(FromSqlError::other)
            }
        }
    )+};
}

names! { CameraName DeviceName DoorName }
