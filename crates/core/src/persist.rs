//! Saving and loading fitted models and whole pipelines, binary and JSON.

use crate::{Error, Float, Result};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// A model that can be saved and loaded.
pub trait Persist: Serialize + DeserializeOwned {
    /// The model's name as files state it, with its type parameters: `LinearModel<f64>`.
    fn type_name() -> String;

    /// Refuses contents that contradict one another, which only a forged file can hold.
    fn check_loaded(&self) -> Result<()> {
        Ok(())
    }

    /// Writes the model to a file, replacing it in one step.
    fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, self.to_bytes()?).map_err(|e| Error::io(path, &e))
    }

    /// Reads a model that [`save`](Self::save) wrote.
    fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(&std::fs::read(path).map_err(|e| Error::io(path, &e))?)
    }

    /// The contents of a model file.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        bincode::serde::encode_to_vec(self, bincode::config::standard())
            .map_err(|e| Error::Persist { what: e.to_string() })
    }

    /// The model in the contents of a model file.
    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (model, _): (Self, usize) = bincode::serde::decode_from_slice(bytes, bincode::config::standard())
            .map_err(|e| Error::Persist { what: e.to_string() })?;
        model.check_loaded()?;
        Ok(model)
    }
}

/// Names a model type for its files: `persist!(LinearModel<F>)`.
#[macro_export]
macro_rules! persist {
    ($name:ident<F> $(, $check:expr)?) => {
        impl<F: $crate::Float> $crate::Persist for $name<F> {
            fn type_name() -> String {
                format!("{}<{}>", stringify!($name), F::NAME)
            }
            $(fn check_loaded(&self) -> $crate::Result<()> {
                let check: fn(&Self) -> $crate::Result<()> = $check;
                check(self)
            })?
        }
    };
}

impl<M: Persist, L: crate::Label + Serialize + DeserializeOwned> Persist for crate::Classifier<M, L> {
    fn type_name() -> String {
        format!("Classifier<{}, {}>", M::type_name(), L::NAME)
    }
    fn check_loaded(&self) -> Result<()> {
        if !self.classes().windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Error::Persist { what: "classes are not sorted".into() });
        }
        self.model().check_loaded()
    }
}

/// An array's length that a loaded model relies on.
pub fn check_len(what: &str, expected: usize, found: usize) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Persist { what: format!("{what} has length {found} where {expected} was expected") })
    }
}

#[doc(hidden)]
pub fn float_name<F: Float>() -> &'static str {
    F::NAME
}
