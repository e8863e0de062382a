//! The JSON format: the same envelope as an object.

use super::floats::Lossless;
use super::{FORMAT_VERSION, Header, Persist, check_name, check_version, damaged};
use crate::Result;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "estimand";

#[derive(Serialize, Deserialize)]
struct Envelope<P> {
    format: String,
    version: u64,
    model: String,
    payload: P,
}

/// Whether the text of a file begins as JSON objects do.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

pub(super) fn write(name: &str, model: &impl Serialize) -> Result<String> {
    to_text(&Envelope {
        format: FORMAT.into(),
        version: FORMAT_VERSION.into(),
        model: name.into(),
        payload: model,
    })
}

pub(super) fn load<M: Persist>(bytes: &[u8]) -> Result<M> {
    // The envelope is read before the payload, which means something only if the model is the right one.
    check_name(&M::type_name(), &describe(bytes)?.model)?;
    let Envelope::<M> { payload, .. } = from_slice(bytes)?;
    payload.check_loaded()?;
    Ok(payload)
}

pub(super) fn describe(bytes: &[u8]) -> Result<Header> {
    if !looks_like(bytes) {
        let hint =
            if bytes.starts_with(b"ESTIMAND") { "; it is a binary model file, use `load`" } else { "" };
        return Err(damaged(format!("not an Estimand model in JSON{hint}")));
    }
    #[derive(Deserialize)]
    struct Start {
        format: Option<String>,
        version: Option<u64>,
    }
    let format_version = match from_slice(bytes)? {
        Start { format: Some(format), version: Some(version) } if format == FORMAT => check_version(version)?,
        _ => {
            return Err(damaged(
                "not an Estimand model in JSON: `format` or `version` is missing or another",
            ));
        }
    };
    let envelope: Envelope<IgnoredAny> = from_slice(bytes)?;
    Ok(Header { format_version, model: envelope.model })
}

pub(super) fn to_text(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(&Lossless(value)).map_err(|e| damaged(format!("cannot be written as JSON: {e}")))
}

pub(super) fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map(|Lossless(value)| value)
        .map_err(|e| damaged(format!("damaged JSON: {e}")))
}
