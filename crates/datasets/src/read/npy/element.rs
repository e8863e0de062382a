//! The numbers that arrays in files can be read as.

mod sealed {
    pub trait Sealed {}
}

/// A number that arrays in files can be read as: `f32`, `f64`, integers, `bool`.
///
/// Floats take any number, rounded to nearest; integers take integers that fit; `bool` takes 0 and 1.
pub trait Element: sealed::Sealed + Copy + 'static {
    /// NumPy's name of the type.
    #[doc(hidden)]
    const DESCR: &'static str;
    #[doc(hidden)]
    fn from_int(v: i128) -> Option<Self>;
    #[doc(hidden)]
    fn from_float(v: f64) -> Option<Self>;
    #[doc(hidden)]
    fn push(self, out: &mut Vec<u8>);
}

macro_rules! integers {
    ($($t:ty as $wire:ty, $descr:literal);*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DESCR: &'static str = $descr;
            fn from_int(v: i128) -> Option<Self> {
                v.try_into().ok()
            }
            fn from_float(_: f64) -> Option<Self> {
                None
            }
            fn push(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&(self as $wire).to_le_bytes());
            }
        }
    )*};
}
integers!(i8 as i8, "|i1"; i16 as i16, "<i2"; i32 as i32, "<i4"; i64 as i64, "<i8";
          u8 as u8, "|u1"; u16 as u16, "<u2"; u32 as u32, "<u4"; u64 as u64, "<u8"; usize as u64, "<u8");

macro_rules! floats {
    ($($t:ty, $descr:literal);*) => {$(
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DESCR: &'static str = $descr;
            fn from_int(v: i128) -> Option<Self> {
                Some(v as $t)
            }
            fn from_float(v: f64) -> Option<Self> {
                let here = v as $t;
                (here.is_finite() || !v.is_finite()).then_some(here)
            }
            fn push(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
floats!(f32, "<f4"; f64, "<f8");

impl sealed::Sealed for bool {}
impl Element for bool {
    const DESCR: &'static str = "|b1";
    fn from_int(v: i128) -> Option<Self> {
        match v {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
    fn from_float(_: f64) -> Option<Self> {
        None
    }
    fn push(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }
}
