//! The header in the notation of Python, and the numbers behind it.

use super::{BLOCK, Element, MAGIC};
use std::io::Read;

/// Headers of plain arrays have a hundred bytes or two.
const LONGEST_HEADER: usize = 1 << 16;

/// The types that files hold.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}
use Kind::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};

impl Kind {
    fn size(self) -> usize {
        match self {
            Bool | I8 | U8 => 1,
            I16 | U16 => 2,
            I32 | U32 | F32 => 4,
            I64 | U64 | F64 => 8,
        }
    }
}

/// What a file says of its numbers.
#[derive(Debug)]
pub(super) struct Header {
    kind: Kind,
    big_endian: bool,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

impl Header {
    pub(super) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut start = [0; 8];
        fill(reader, &mut start)?;
        if !start.starts_with(MAGIC) {
            return Err("not an .npy file: it does not begin with \\x93NUMPY".into());
        }
        let length = match start[6] {
            1 => {
                let mut bytes = [0; 2];
                fill(reader, &mut bytes)?;
                usize::from(u16::from_le_bytes(bytes))
            }
            2 | 3 => {
                let mut bytes = [0; 4];
                fill(reader, &mut bytes)?;
                u32::from_le_bytes(bytes) as usize
            }
            version => return Err(format!("version {version} of the format; 1, 2 and 3 are known")),
        };
        if length > LONGEST_HEADER {
            return Err(format!("a header of {length} bytes; plain arrays need a hundred"));
        }
        let mut text = vec![0; length];
        fill(reader, &mut text)?;
        let text = String::from_utf8(text).map_err(|_| "a header that is not text".to_string())?;
        Python(&text)
            .header()
            .ok_or_else(|| format!("a header that is not that of a plain array: {}", text.trim_end()))?
    }

    /// `count` numbers, and nothing after them.
    pub(super) fn values<T: Element>(&self, reader: &mut impl Read, count: usize) -> Result<Vec<T>, String> {
        let size = self.kind.size();
        let mut values = Vec::with_capacity(count.min(BLOCK));
        let mut block = vec![0; BLOCK.min(count.saturating_mul(size))];
        while values.len() < count {
            let now = BLOCK.min((count - values.len()) * size);
            if fill(reader, &mut block[..now]).is_err() {
                return Err(format!("the file ends before the {count} numbers of shape {:?}", self.shape));
            }
            let before = values.len();
            self.decode(&block[..now], &mut values);
            if values.len() != before + now / size {
                return Err(format!(
                    "number {} (a {:?}) does not fit the type `{}`",
                    values.len(),
                    self.kind,
                    T::DESCR
                ));
            }
        }
        match reader.read(&mut [0]) {
            Ok(0) => Ok(values),
            Ok(_) => Err(format!("more bytes than the {count} numbers of shape {:?}", self.shape)),
            Err(e) => Err(e.to_string()),
        }
    }

    /// Appends the numbers, up to the first that the type cannot hold.
    fn decode<T: Element>(&self, block: &[u8], out: &mut Vec<T>) {
        macro_rules! decode {
            ($t:ty, $convert:expr) => {{
                let numbers = block.as_chunks().0.iter();
                if self.big_endian {
                    out.extend(numbers.map_while(|b| $convert(<$t>::from_be_bytes(*b))));
                } else {
                    out.extend(numbers.map_while(|b| $convert(<$t>::from_le_bytes(*b))));
                }
            }};
        }
        match self.kind {
            Bool => out.extend(block.iter().map_while(|b| T::from_int(i128::from(*b != 0)))),
            I8 => decode!(i8, |v| T::from_int(i128::from(v))),
            I16 => decode!(i16, |v| T::from_int(i128::from(v))),
            I32 => decode!(i32, |v| T::from_int(i128::from(v))),
            I64 => decode!(i64, |v| T::from_int(i128::from(v))),
            U8 => decode!(u8, |v| T::from_int(i128::from(v))),
            U16 => decode!(u16, |v| T::from_int(i128::from(v))),
            U32 => decode!(u32, |v| T::from_int(i128::from(v))),
            U64 => decode!(u64, |v| T::from_int(i128::from(v))),
            F32 => decode!(f32, |v| T::from_float(f64::from(v))),
            F64 => decode!(f64, T::from_float),
        }
    }
}

fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => "the file ends inside its header".into(),
        _ => e.to_string(),
    })
}

/// What is left of a text in Python's notation.
struct Python<'a>(&'a str);

impl<'a> Python<'a> {
    /// The dictionary of the header: `None` where the notation is another, an error where it names
    /// something that is not supported.
    fn header(mut self) -> Option<Result<Header, String>> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.eat("{").then_some(())?;
        while !self.eat("}") {
            let key = self.string()?;
            self.eat(":").then_some(())?;
            let new = match key {
                "descr" => descr.replace(self.string()?).is_none(),
                "fortran_order" => fortran.replace(self.boolean()?).is_none(),
                "shape" => shape.replace(self.tuple()?).is_none(),
                _ => false,
            };
            new.then_some(())?;
            if !self.eat(",") {
                self.eat("}").then_some(())?;
                break;
            }
        }
        self.0.trim().is_empty().then_some(())?;
        let (kind, big_endian) = match kind(descr?) {
            Some(kind) => kind,
            None => {
                let known = "bool, integers of 8 to 64 bits, f4 and f8";
                return Some(Err(format!("numbers of type `{}`; {known} can be read", descr?)));
            }
        };
        Some(Ok(Header { kind, big_endian, fortran: fortran?, shape: shape? }))
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = if self.eat("'") { '\'' } else { self.eat("\"").then_some('"')? };
        let (inside, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        Some(inside)
    }

    fn boolean(&mut self) -> Option<bool> {
        if self.eat("True") { Some(true) } else { self.eat("False").then_some(false) }
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        let mut numbers = Vec::new();
        self.eat("(").then_some(())?;
        while !self.eat(")") {
            let rest = self.0.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            numbers.push(rest.get(..digits)?.parse().ok()?);
            self.0 = rest.get(digits..)?;
            if !self.eat(",") {
                self.eat(")").then_some(())?;
                break;
            }
        }
        Some(numbers)
    }
}

/// The type and whether the high byte comes first.
fn kind(descr: &str) -> Option<(Kind, bool)> {
    let big_endian = match descr.get(..1)? {
        "<" | "|" => false,
        ">" => true,
        _ => return None,
    };
    let kind = match descr.get(1..)? {
        "b1" => Bool,
        "i1" => I8,
        "i2" => I16,
        "i4" => I32,
        "i8" => I64,
        "u1" => U8,
        "u2" => U16,
        "u4" => U32,
        "u8" => U64,
        "f4" => F32,
        "f8" => F64,
        _ => return None,
    };
    // `|` says that order does not matter, which holds for single bytes only.
    (kind.size() == 1 || !descr.starts_with('|')).then_some((kind, big_endian))
}
