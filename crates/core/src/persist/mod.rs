//! Saving and loading fitted models and whole pipelines, binary and JSON.
//!
//! A binary file is one envelope around one model; all numbers are little-endian:
//!
//! | bytes | what | if it is wrong |
//! |---|---|---|
//! | 8 | `ESTIMAND` | not a model file |
//! | 2 | format version, now [`FORMAT_VERSION`] | written by a newer release: upgrade |
//! | 2, then that many | the model's type name, UTF-8: `Chain<StandardScalerModel<f64>, LinearModel<f64>>` | holds another model |
//! | 8 | length of the payload | damaged |
//! | that many | payload: the model's serde form in bincode 2, fixed-width integers | damaged |
//! | 4 | CRC-32 of everything before | damaged |
//!
//! A JSON file is an object with the same fields: `format`, `version`, `model`, `payload`. JSON knows no
//! infinity and no NaN, so they stand there as the strings `"inf"`, `"-inf"` and `"nan"`; every other
//! number is read back to the same bits.
//!
//! Loading trusts nothing: the envelope is checked in the order of the table, decoding allocates in
//! proportion to the file and not to the lengths that it claims, surplus bytes are refused, and the
//! model then checks that its contents agree with one another ([`Persist::check_loaded`]).
//!
//! The payload follows the declaration of the model's fields. Whoever changes those of a published model
//! raises the format version and keeps reading the old one; golden files of every version are kept by
//! the tests of the facade. Serde attributes that need a self-describing format (`flatten`, `untagged`,
//! `skip_serializing_if`) do not work in models.

mod binary;
mod decode;
mod file;
mod floats;
mod json;

use crate::{Classifier, Error, Label, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// The version of the format that this release writes.
pub const FORMAT_VERSION: u16 = 1;

/// A model that can be saved and loaded.
///
/// A classifier is one if its labels are owned: `Classifier<M, String>`, but not `Classifier<M, &'static str>`,
/// whose labels live in the program and cannot come out of a file. Fit to `labels.mapv(String::from)` then.
pub trait Persist: Serialize + DeserializeOwned {
    /// The model's name as files state it, with its type parameters: `LinearModel<f64>`.
    fn type_name() -> String;

    /// Refuses contents that contradict one another, which only a forged file can hold.
    fn check_loaded(&self) -> Result<()> {
        Ok(())
    }

    /// Refuses a classification algorithm whose scores are not those of `k` classes.
    fn check_classes(&self, k: usize) -> Result<()> {
        let _ = k;
        Ok(())
    }

    /// Writes the model to a file, replacing it in one step: a crash leaves the old file or the new one.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::replace(path.as_ref(), &self.to_bytes()?)
    }

    /// Reads a model that [`save`](Self::save) wrote.
    fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::read(path.as_ref(), Self::from_bytes)
    }

    /// The contents of a model file.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        binary::write(&Self::type_name(), self)
    }

    /// The model in the contents of a model file.
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let model: Self = binary::read(&Self::type_name(), bytes)?;
        model.check_loaded()?;
        Ok(model)
    }

    /// Writes the model to a JSON file, replacing it in one step.
    fn save_json(&self, path: impl AsRef<Path>) -> Result<()> {
        file::replace(path.as_ref(), self.to_json()?.as_bytes())
    }

    /// Reads a model that [`save_json`](Self::save_json) wrote.
    fn load_json(path: impl AsRef<Path>) -> Result<Self> {
        file::read(path.as_ref(), json::load)
    }

    /// The model as JSON text.
    fn to_json(&self) -> Result<String> {
        json::write(&Self::type_name(), self)
    }

    /// The model in JSON text.
    fn from_json(text: &str) -> Result<Self> {
        json::load(text.as_bytes())
    }
}

/// What a model file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Version of the file format.
    pub format_version: u16,
    /// The model's type name, as [`Persist::type_name`] gives it.
    pub model: String,
}

/// What kind of model a file holds, binary or JSON: for a program that must choose the type to load.
/// Whether the rest of the file is intact is for `load` to find out.
pub fn describe(path: impl AsRef<Path>) -> Result<Header> {
    let start = file::read_start(path.as_ref(), binary::HEADER_AT_MOST)?;
    match json::looks_like(&start) {
        true => file::read(path.as_ref(), json::describe),
        false => file::named(path.as_ref(), binary::describe(&start)),
    }
}

/// Settings, or anything else that is not a model, as JSON text without an envelope, in which infinite
/// numbers survive.
pub fn settings_to_json(settings: &impl Serialize) -> Result<String> {
    json::to_text(settings)
}

/// Settings from JSON text that [`settings_to_json`] wrote. Unknown names are refused, missing ones
/// take their defaults.
pub fn settings_from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    json::from_slice(text.as_bytes())
}

/// Names a model type for its files: `persist!(LinearModel<F>)`. A second argument checks loaded models:
/// `persist!(LinearModel<F>, LinearModel::check)`, a third one those of a classification algorithm:
/// `persist!(LogisticModel<F>, LogisticModel::check, |model, k| …)`.
#[macro_export]
macro_rules! persist {
    ($name:ident<F> $(, $check:expr $(, $check_classes:expr)?)?) => {
        impl<F: $crate::Float> $crate::Persist for $name<F> {
            fn type_name() -> String {
                format!("{}<{}>", stringify!($name), F::NAME)
            }
            $(
                fn check_loaded(&self) -> $crate::Result<()> {
                    let check: fn(&Self) -> $crate::Result<()> = $check;
                    check(self)
                }
                $(
                    fn check_classes(&self, k: usize) -> $crate::Result<()> {
                        let check: fn(&Self, usize) -> $crate::Result<()> = $check_classes;
                        check(self, k)
                    }
                )?
            )?
        }
    };
}

impl<M: Persist, L: Label + Serialize + DeserializeOwned> Persist for Classifier<M, L> {
    fn type_name() -> String {
        format!("Classifier<{}, {}>", M::type_name(), L::NAME)
    }
    fn check_loaded(&self) -> Result<()> {
        let classes = Classifier::classes(self);
        if classes.len() < 2 || !classes.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(damaged("classes are not two or more in ascending order"));
        }
        self.model().check_loaded()?;
        self.model().check_classes(classes.len())
    }
}

/// An array's length that a loaded model relies on.
pub fn check_len(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(damaged(format!("{what} has length {found} where {expected} was expected")))
    }
}

fn damaged(what: impl Into<String>) -> Error {
    Error::Persist { what: what.into() }
}

/// Refuses a format that this release does not know.
fn check_version(version: u64) -> Result<u16> {
    match u16::try_from(version) {
        Ok(0) => Err(damaged("format version 0 does not exist")),
        Ok(known @ 1..=FORMAT_VERSION) => Ok(known),
        _ => Err(damaged(format!(
            "written in format version {version}, this release reads up to {FORMAT_VERSION}; upgrade estimand to load it"
        ))),
    }
}

/// Refuses another model than the one asked for.
fn check_name(wanted: &str, found: &str) -> Result<()> {
    if wanted == found { Ok(()) } else { Err(damaged(format!("holds a {found}, asked for was a {wanted}"))) }
}
