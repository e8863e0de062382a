//! Strict reading and writing of the `.npy` files that numpy writes for C-ordered, little-endian arrays.

use crate::Result;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
const WIDTH: usize = 8;
const CHUNK: usize = 1 << 16;

/// A number that the files hold: little-endian, of eight bytes unless said otherwise.
pub trait Element: Copy {
    /// numpy's name of the type.
    const DESCR: &'static str;
    /// Bytes of one.
    const BYTES: usize = WIDTH;
    /// From its bytes, which come first.
    fn decode(bytes: [u8; WIDTH]) -> Self;
    /// To its bytes.
    fn encode(self) -> [u8; WIDTH];
}

/// A 32-bit integer: what scipy keeps column numbers in. Only read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrow(pub(crate) i32);
impl Element for Narrow {
    const DESCR: &'static str = "<i4";
    const BYTES: usize = 4;
    fn decode([a, b, c, d, ..]: [u8; WIDTH]) -> Self {
        Self(i32::from_le_bytes([a, b, c, d]))
    }
    fn encode(self) -> [u8; WIDTH] {
        i64::from(self.0).to_le_bytes()
    }
}
impl Element for f64 {
    const DESCR: &'static str = "<f8";
    fn decode(bytes: [u8; WIDTH]) -> Self {
        Self::from_le_bytes(bytes)
    }
    fn encode(self) -> [u8; WIDTH] {
        self.to_le_bytes()
    }
}
impl Element for i64 {
    const DESCR: &'static str = "<i8";
    fn decode(bytes: [u8; WIDTH]) -> Self {
        Self::from_le_bytes(bytes)
    }
    fn encode(self) -> [u8; WIDTH] {
        self.to_le_bytes()
    }
}

/// A C-ordered array.
#[derive(Debug)]
pub struct Array<T> {
    /// Extent of every axis.
    pub shape: Vec<usize>,
    /// The elements, last axis fastest.
    pub values: Vec<T>,
}

impl<T: Element> Array<T> {
    /// Reads a file whose type must be `T`.
    pub fn read(path: &Path) -> Result<Self> {
        Self::parse(path).map_err(|e| format!("{}: {e}", path.display()).into())
    }

    fn parse(path: &Path) -> Result<Self> {
        let mut file = BufReader::with_capacity(WIDTH * CHUNK, File::open(path)?);
        let mut start = [0; MAGIC.len() + 2];
        file.read_exact(&mut start)?;
        let (magic, length) = start.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err("not a .npy file of version 1.0".into());
        }
        let mut header = vec![0; usize::from(length[0]) + 256 * usize::from(length[1])];
        file.read_exact(&mut header)?;
        let shape = shape::<T>(std::str::from_utf8(&header)?)?;
        let count = shape.iter().product::<usize>();
        let mut values = Vec::with_capacity(count);
        let mut bytes = vec![0; T::BYTES * CHUNK];
        while values.len() < count {
            let part = &mut bytes[..T::BYTES * CHUNK.min(count - values.len())];
            file.read_exact(part)?;
            values.extend(part.chunks_exact(T::BYTES).map(|b| {
                let mut wide = [0; WIDTH];
                wide[..T::BYTES].copy_from_slice(b);
                T::decode(wide)
            }));
        }
        Ok(Self { shape, values })
    }

    /// Rows and columns.
    pub fn two_dimensional(&self) -> Result<(usize, usize)> {
        match self.shape[..] {
            [rows, columns] => Ok((rows, columns)),
            _ => Err(format!("a matrix was expected, not shape {:?}", self.shape).into()),
        }
    }
}

/// The shape in a header such as `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`.
fn shape<T: Element>(header: &str) -> Result<Vec<usize>> {
    if !header.contains(&format!("'descr': '{}'", T::DESCR)) || !header.contains("'fortran_order': False") {
        return Err(format!("not a C-ordered array of {}: {}", T::DESCR, header.trim_end()).into());
    }
    let (_, rest) = header.split_once("'shape': (").ok_or("no shape")?;
    let (extents, _) = rest.split_once(')').ok_or("no end of shape")?;
    extents.split(',').map(str::trim).filter(|e| !e.is_empty()).map(|e| Ok(e.parse()?)).collect()
}

/// Writes a C-ordered array.
pub(crate) fn write<T: Element>(path: &Path, shape: &[usize], values: &[T]) -> Result<()> {
    let shape = if shape.is_empty() { &[values.len()] } else { shape };
    if shape.iter().product::<usize>() != values.len() {
        return Err(format!("shape {shape:?} does not hold {} values", values.len()).into());
    }
    let extents = shape.iter().map(|e| format!("{e},")).collect::<String>();
    let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({extents}), }}", T::DESCR);
    // Data starts at a multiple of 64 bytes, after a line feed.
    let unpadded = MAGIC.len() + 2 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(MAGIC)?;
    file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for value in values {
        file.write_all(&value.encode())?;
    }
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let path = std::env::temp_dir().join(format!("estimand-npy-{}.npy", std::process::id()));
        let values = [1.5, -0.0, f64::INFINITY, f64::MIN_POSITIVE, 3.0, 1e300];
        write(&path, &[2, 3], &values).unwrap();
        let back = Array::<f64>::read(&path).unwrap();
        assert_eq!(back.two_dimensional().unwrap(), (2, 3));
        assert!(back.values.iter().zip(values).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(Array::<i64>::read(&path).unwrap_err().to_string().contains("not a C-ordered array of <i8"));
        assert!(write(&path, &[4], &values).is_err());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn headers_of_other_layouts_are_refused() {
        assert_eq!(shape::<f64>("{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }").unwrap(), [7]);
        assert_eq!(
            shape::<f64>("{'descr': '<f8', 'fortran_order': False, 'shape': (), }").unwrap(),
            [0_usize; 0]
        );
        assert!(shape::<f64>("{'descr': '<f8', 'fortran_order': True, 'shape': (7, 2), }").is_err());
        assert!(shape::<f64>("{'descr': '>f8', 'fortran_order': False, 'shape': (7,), }").is_err());
    }
}
