//! The binary format: the envelope, and the codec that writes what is in it.

use super::decode::decode;
use super::{FORMAT_VERSION, Header, check_name, check_version, damaged};
use crate::Result;
use bincode::config::standard;
use serde::{Serialize, de::DeserializeOwned};

const MAGIC: &[u8; 8] = b"ESTIMAND";
/// Magic, version and length of the name.
const NAME_AT: usize = MAGIC.len() + 2 + 2;
const CHECKSUM: usize = 4;
/// More bytes than this no header has.
pub(super) const HEADER_AT_MOST: u64 = NAME_AT as u64 + u16::MAX as u64;

pub(super) fn write(name: &str, model: &impl Serialize) -> Result<Vec<u8>> {
    let name_len = u16::try_from(name.len())
        .map_err(|_| damaged(format!("type name of {} bytes is too long", name.len())))?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend(name_len.to_le_bytes());
    bytes.extend(name.as_bytes());
    let length_at = bytes.len();
    bytes.extend([0; 8]);
    let payload_at = bytes.len();
    let codec = standard().with_little_endian().with_fixed_int_encoding();
    bincode::serde::encode_into_std_write(model, &mut bytes, codec)
        .map_err(|e| damaged(format!("{name} cannot be written: {e}")))?;
    let length = (bytes.len() - payload_at) as u64;
    bytes[length_at..payload_at].copy_from_slice(&length.to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    Ok(bytes)
}

pub(super) fn read<M: DeserializeOwned>(wanted: &str, bytes: &[u8]) -> Result<M> {
    check_start(bytes)?;
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(truncated)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(damaged("truncated or damaged: the checksum does not match"));
    }
    let (found, rest) = split_name(body)?;
    check_name(wanted, found)?;
    let (length, payload) = rest.split_first_chunk::<8>().ok_or_else(truncated)?;
    let length = u64::from_le_bytes(*length);
    if length != payload.len() as u64 {
        return Err(damaged(format!("payload of {} bytes where {length} are announced", payload.len())));
    }
    decode(payload)
}

pub(super) fn describe(bytes: &[u8]) -> Result<Header> {
    let format_version = check_start(bytes)?;
    Ok(Header { format_version, model: split_name(bytes)?.0.to_owned() })
}

fn truncated() -> crate::Error {
    damaged("truncated")
}

/// Magic and version.
fn check_start(bytes: &[u8]) -> Result<u16> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        let cut = !bytes.is_empty() && MAGIC.starts_with(bytes);
        let hint = match super::json::looks_like(bytes) {
            true => "; it looks like JSON, use `load_json`",
            false => "",
        };
        return Err(if cut { truncated() } else { damaged(format!("not an Estimand model{hint}")) });
    };
    let version = u16::from_le_bytes(*rest.first_chunk().ok_or_else(truncated)?);
    check_version(version.into())
}

/// The type name, and what follows it.
fn split_name(bytes: &[u8]) -> Result<(&str, &[u8])> {
    let (head, rest) = bytes.split_at_checked(NAME_AT).ok_or_else(truncated)?;
    let length = head.last_chunk().map(|n| u16::from_le_bytes(*n)).unwrap_or_default();
    let (name, rest) = rest.split_at_checked(length.into()).ok_or_else(truncated)?;
    Ok((std::str::from_utf8(name).map_err(|_| damaged("the type name is not text"))?, rest))
}
